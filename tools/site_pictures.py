"""Screenshots of the documentation site: made by the browser tests, taken in, lighter, when the site is built.

A page says `{{ screenshot NAME: caption }}` on a line of its own. Without the picture (the browser tests did not run
here) the line says nothing; with NGATU_DOCS_NEED_PICTURES it is a warning, which a strict build does not accept.
"""

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

import cv2

ROOT = Path(__file__).parents[1]
SCREENSHOTS = ROOT / "test-output/screenshots"
NEEDED = "NGATU_DOCS_NEED_PICTURES"
WIDTH_PX, QUALITY = 1200, 80
ASKED = re.compile(r"^\{\{ screenshot (?P<name>[\w-]+): (?P<caption>.+?) \}\}$", re.MULTILINE)
log = logging.getLogger("mkdocs.screenshots")


def asked_in(folder: Path) -> Iterator[str]:
    """The names that the pages below a folder ask for."""
    for page in sorted(folder.rglob("*.md")):
        yield from (match["name"] for match in ASKED.finditer(page.read_text(encoding="utf-8")))


def light_picture(path: Path) -> bytes:
    """A screenshot as WebP, at most as wide as a page of the site."""
    picture = cv2.imread(str(path))
    if picture is None:
        raise ValueError(f"{path}: is no picture; run make pictures")
    if picture.shape[1] > WIDTH_PX:
        height = round(picture.shape[0] * WIDTH_PX / picture.shape[1])
        picture = cv2.resize(picture, (WIDTH_PX, height), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])[1].tobytes()


def pictures_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """(place in the site, bytes) of every picture that the pages ask for and that is there."""
    for name in sorted(set(asked_in(folder))):
        path = SCREENSHOTS / f"{name}.png"
        if path.is_file():
            yield f"pictures/{name}.webp", light_picture(path)


def with_pictures(markdown: str, *, depth: int) -> str:
    """A page with its pictures in place; `depth` folders lie between it and the site's top."""

    def place(match: re.Match[str]) -> str:
        name, caption = match["name"], match["caption"]
        if (SCREENSHOTS / f"{name}.png").is_file():
            return f"![{caption}]({'../' * depth}pictures/{name}.webp)\n\n*{caption}*"
        if os.environ.get(NEEDED):
            log.warning("screenshot %s: the browser tests made none of that name", name)
        return ""

    return ASKED.sub(place, markdown)
