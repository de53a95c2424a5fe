"""Scripts and styles: kept for good by browsers at an address that changes with what they say."""

import re
from pathlib import Path

from service.console.assets import ASSETS, STATIC, content_version
from service.console.texts import TEMPLATES
from tests.service.conftest import Service

LINKED = re.compile(r'"\{\{ assets \}\}/([\w.]+)')
IMPORTED = re.compile(r'(?:from|import\()\s*"\./([\w.]+)"')


def test_a_page_names_its_files_with_their_version_and_they_may_be_kept(service: Service) -> None:
    client = service.client("reviewer")
    page = client.get("/queue").text
    named = re.findall(r'(?:href|src)="(/static/[^"#]+)', page)
    assert len(named) > 3
    assert all(path.startswith(f"{ASSETS}/") for path in named)
    for path in named:
        answer = client.get(path)
        assert (answer.status_code, "immutable" in answer.headers["Cache-Control"]) == (200, True), path


def test_an_address_without_a_version_is_asked_for_again(service: Service) -> None:
    assert service.client("reviewer").get("/static/console.js").headers["Cache-Control"] == "no-cache"
    assert service.client("reviewer").get("/static/000000000000/console.js").status_code == 404


def test_another_content_is_another_version(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("one", encoding="utf-8")
    first = content_version(tmp_path)
    (tmp_path / "a.js").write_text("two", encoding="utf-8")
    second = content_version(tmp_path)
    (tmp_path / "a.js").rename(tmp_path / "b.js")
    assert len({first, second, content_version(tmp_path)}) == 3


def test_every_file_that_pages_and_scripts_name_is_there() -> None:
    pages = [path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html")]
    scripts = [path.read_text(encoding="utf-8") for path in STATIC.glob("*.js")]
    named = {name for page in pages for name in LINKED.findall(page)}
    named |= {name for script in scripts for name in IMPORTED.findall(script)}
    assert "console.css" in named
    assert "case.js" in named
    assert sorted(name for name in named if not (STATIC / name).is_file()) == []
    assert [page for page in pages if '"/static/' in page] == []
