"""House rules that no linter knows: sizes, names, broad excepts, skips. Exits 1 when a tracked file breaks one."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

MOST_FUNCTION_LINES = 50
MOST_MODULE_LINES = 400
MOST_FILE_BYTES = 15 * 1024 * 1024
MOST_WEIGHTS_BYTES = 40 * 1024 * 1024
MOST_CLIPS_BYTES = 40 * 1024 * 1024
# The four loops that must survive whatever happens in them: reader, inference, writer, HTTP door.
BROAD_EXCEPT_PLACES = {
    "detector/sources/live.py",
    "detector/watching/camera_group.py",
    "detector/evidence/outbox.py",
    "service/application.py",
}
WRITTEN_ONCE = Path("service/migrations/versions")
"""A migration reads from top to bottom and is never changed: cutting it into functions helps nobody."""
EMPTY_NAMES = {"utils", "helpers", "common", "manager", "misc", "base"}
SKIPS = {"skip", "importorskip", "skipif", "xfail"}


def tracked_files() -> list[Path]:
    """Every file that git tracks and that is still there."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := Path(name)).is_file()]


def breaches_in_code(path: Path) -> Iterator[str]:
    """What one Python file does against the rules."""
    source = path.read_text(encoding="utf-8")
    if source.count("\n") > MOST_MODULE_LINES:
        yield f"{path}: {source.count(chr(10))} lines, at most {MOST_MODULE_LINES}; split it by what it does"
    if path.stem in EMPTY_NAMES:
        yield f"{path}: the name says nothing; name what lives there"
    for node in ast.walk(ast.parse(source)):
        yield from _breaches_at(node, path)


def _breaches_at(node: ast.AST, path: Path) -> Iterator[str]:
    is_test = path.parts[0] == "tests"
    may_be_long = is_test or path.is_relative_to(WRITTEN_ONCE)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not may_be_long:
        lines = (node.end_lineno or node.lineno) - node.body[0].lineno + 1
        if lines > MOST_FUNCTION_LINES:
            yield f"{path}:{node.lineno} {node.name}: {lines} lines, at most {MOST_FUNCTION_LINES}"
    may_be_broad = is_test or str(path) in BROAD_EXCEPT_PLACES
    if isinstance(node, ast.ExceptHandler) and not may_be_broad and _is_broad(node):
        yield f"{path}:{node.lineno}: broad except outside of the four loops that must survive"
    if isinstance(node, ast.Attribute) and is_test and node.attr in SKIPS:
        yield f"{path}:{node.lineno}: a test that skips tests nothing; install what it needs"


def _is_broad(node: ast.ExceptHandler) -> bool:
    return node.type is None or (
        isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}
    )


def breaches_in_sizes(paths: list[Path]) -> Iterator[str]:
    """Files too big to live in the repository, alone or together."""
    for path in paths:
        if path.stat().st_size > MOST_FILE_BYTES:
            yield f"{path}: {path.stat().st_size >> 20} MB, at most {MOST_FILE_BYTES >> 20}"
    for folder, most in (("models/weights", MOST_WEIGHTS_BYTES), ("fixtures/clips", MOST_CLIPS_BYTES)):
        total = sum(path.stat().st_size for path in paths if path.is_relative_to(folder))
        if total > most:
            yield f"{folder}: {total >> 20} MB together, at most {most >> 20}"


def main() -> int:
    """Print each breach on a line; 0 when there is none."""
    paths = tracked_files()
    found = [breach for path in paths if path.suffix == ".py" for breach in breaches_in_code(path)]
    found += breaches_in_sizes(paths)
    sys.stdout.writelines(f"{breach}\n" for breach in found)
    sys.stdout.write(f"house rules: {len(paths)} files, {len(found)} breaches\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
