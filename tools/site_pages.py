"""Pages of the documentation site that are made when it is built, so that they are never older than what they tell.

README → index, CHANGELOG → changelog, models/weights/*.md → model cards, the service's OpenAPI schema → API,
docstrings → code, screenshots of the browser tests → pictures.
"""

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from tools.code_pages import code_page
from tools.site_pictures import pictures_of, with_pictures

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "models/weights"
INSIDE_SITE = {
    "models/weights/": "models/vehicles.md",
    "docs/decisions/": "decisions/0001-the-footage-names-the-violation.md",
}
BESIDE_DOCS = {"../CHANGELOG.md": "changelog.md"}
IMAGE = re.compile(r"(!\[[^\]]*\]\()docs/")
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#]+?)(#[^)]*)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Pages that the navigation does not name yet go to its end: none is written and then not found."""
    named = str(config.nav)
    docs = Path(config.docs_dir)
    unnamed = [str(page.relative_to(docs)) for page in sorted(docs.rglob("*.md"))]
    config.nav = [*(config.nav or []), *(page for page in unnamed if page not in named)]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the made pages to those that lie in docs/."""
    for place, text in made_pages().items():
        files.append(File.generated(config, place, content=text))
    for place, picture in pictures_of(Path(config.docs_dir)):
        files.append(File.generated(config, place, content=picture))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the screenshots where a page asks for them, and links to what lies beside docs/ where the site has it."""
    for in_repository, in_site in BESIDE_DOCS.items():
        markdown = markdown.replace(f"]({in_repository})", f"]({in_site})")
    return with_pictures(markdown, depth=page.file.src_uri.count("/"))


def made_pages() -> Mapping[str, str]:
    """Place in the site → Markdown."""
    pages = {
        "index.md": for_site((ROOT / "README.md").read_text(encoding="utf-8")),
        "changelog.md": for_site((ROOT / "CHANGELOG.md").read_text(encoding="utf-8")),
        "api.md": api_page(),
        "code.md": code_page(),
    }
    for card in sorted(WEIGHTS.glob("*.md")):
        pages[f"models/{card.name}"] = for_site(card.read_text(encoding="utf-8"))
    return pages


def for_site(text: str) -> str:
    """Links as the site knows them; what is no page of it stays as words."""

    def place(match: re.Match[str]) -> str:
        words, target, anchor = match[1], match[2], match[3] or ""
        if target.startswith(("http:", "https:")):
            return match[0]
        folder = target.rstrip("/") + "/"
        if folder in INSIDE_SITE:
            return f"[{words}]({INSIDE_SITE[folder]})"
        if target.startswith("docs/") and target.endswith(".md"):
            return f"[{words}]({target.removeprefix('docs/')}{anchor})"
        return words

    return IMAGE.sub(r"\1", LINK.sub(place, text))


def openapi() -> dict[str, Any]:
    """The schema of a service over an empty record."""
    from service.application import create_application, open_record  # noqa: PLC0415 - only for this page
    from service.settings import Settings  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        record = open_record(Settings(state=Path(folder), database=None, evidence=None))
        try:
            return create_application(record).openapi()
        finally:
            record.engine.dispose()


def api_page() -> str:
    """Every door of the service: what it does, what it takes, what it answers."""
    schema = openapi()
    lines = [
        "# API",
        "",
        "JSON over HTTP. People sign in at `POST /api/v1/session` and send the `csrf` of its answer as `X-CSRF-Token`",
        "with everything that changes something; workers send their token as `Authorization: Bearer …`. Errors are",
        "`application/problem+json` (RFC 9457). A running service gives its schema at `/openapi.json`.",
        "",
    ]
    for path, doors in schema["paths"].items():
        for method, door in doors.items():
            lines += door_lines(method.upper(), path, door)
    lines += ["## Shapes", ""]
    for name, shape in sorted(schema["components"]["schemas"].items()):
        lines += shape_lines(name, shape)
    return "\n".join(lines) + "\n"


def door_lines(method: str, path: str, door: Mapping[str, Any]) -> Iterator[str]:
    """One door as a section."""
    yield f"## {method} {path}"
    yield ""
    yield door.get("description", door.get("summary", ""))
    yield ""
    parameters = [one for one in door.get("parameters", []) if one["in"] in ("query", "path")]
    if parameters:
        yield from ("| parameter | in | type | required |", "|---|---|---|---|")
        for one in parameters:
            required = "yes" if one.get("required") else "no"
            yield f"| `{one['name']}` | {one['in']} | {type_of(one['schema'])} | {required} |"
        yield ""
    body = door.get("requestBody", {}).get("content", {})
    for kind, content in body.items():
        yield f"Body ({kind}): {type_of(content.get('schema', {}))}"
        yield ""
    for status, answer in sorted(door["responses"].items()):
        if status.startswith("2"):
            shapes = [type_of(one.get("schema", {})) for one in answer.get("content", {}).values()]
            yield f"Answers {status}: {', '.join(shapes) or 'nothing'}"
            yield ""


def shape_lines(name: str, shape: Mapping[str, Any]) -> Iterator[str]:
    """One shape as a table of its fields."""
    yield from (f"### {name}", "", shape.get("description", ""), "")
    properties = shape.get("properties", {})
    if properties:
        yield from ("| field | type | required |", "|---|---|---|")
        for field, kind in properties.items():
            required = "yes" if field in shape.get("required", []) else "no"
            yield f"| `{field}` | {type_of(kind)} | {required} |"
        yield ""


def type_of(schema: Mapping[str, Any]) -> str:
    """A schema in few words."""
    if "$ref" in schema:
        return f"`{schema['$ref'].rsplit('/', 1)[-1]}`"
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " or ".join(type_of(one) for one in schema[key])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "anything")
