"""The page of the code's own words: what each module takes, gives and never does, from its docstrings."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = {
    "detector/contract": "The only door between the detector and the service: camera file, packet, seal.",
    "detector/rules": "One file a rule. A rule is a pure function over one candidate.",
    "detector/judging": "From detections and lamp readings to candidates. No clock, no pixels.",
    "detector/watching": "One camera over time, and what a run gives.",
    "detector/evidence": "Writing, signing, sending and checking packets.",
    "models": "What looks at one picture.",
    "benchmarks": "Measuring against truth.",
}
INTRODUCTION = """# The code's own words

For people who build on it or check it. Made from the docstrings when the site is built; whatever begins with an
underscore is left out. Rooms, and what may import what, are told in the README.
"""


def code_page() -> str:
    """The whole page."""
    lines = [INTRODUCTION]
    for room, words in ROOMS.items():
        lines += [f"## {room}", "", words, ""]
        for path in sorted((ROOT / room).glob("*.py")):
            lines += module_lines(path)
    return "\n".join(lines) + "\n"


def module_lines(path: Path) -> Iterator[str]:
    """One module: its docstring, then its public names with their first line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    words = ast.get_docstring(tree)
    if not words:
        return
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    yield from (f"### {name}", "", "```text", words, "```", "")
    told = [line for node in tree.body for line in _told(node)]
    if told:
        yield from (*told, "")


def _told(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
        yield f"- `{node.name}({_arguments(node.args)})`{_first_line(node)}"
    if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
        yield f"- **`{node.name}`**{_first_line(node)}"
        for inner in node.body:
            if (
                isinstance(inner, ast.FunctionDef)
                and not inner.name.startswith("_")
                and ast.get_docstring(inner)
            ):
                yield f"    - `{inner.name}({_arguments(inner.args)})`{_first_line(inner)}"


def _arguments(arguments: ast.arguments) -> str:
    named = [one.arg for one in (*arguments.posonlyargs, *arguments.args) if one.arg not in ("self", "cls")]
    only = [f"{one.arg}=" for one in arguments.kwonlyargs]
    return ", ".join([*named, *only])


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    words = (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ")
    return f": {words}" if words else ""
