"""Texts of the console from gettext catalogues: sentences are English msgids, codes have a text in both languages."""

import io
from functools import lru_cache
from gettext import GNUTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from service.console.assets import ASSETS
from service.console.wording import Wording

LOCALES = Path(__file__).parents[1] / "locales"
TEMPLATES = Path(__file__).parents[1] / "templates"
LANGUAGES = ("vi", "en")


def language_of(wanted: str | None) -> str:
    """A language that there is; Vietnamese unless another was chosen."""
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


@lru_cache
def translations(language: str, folder: Path = LOCALES) -> GNUTranslations:
    """The catalogue of a language, compiled in memory: a fresh clone needs no build step."""
    with (folder / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


@lru_cache
def environment(language: str) -> Environment:
    """Templates that speak a language."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["assets"] = ASSETS
    catalogue = translations(language)
    made.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
    wording = Wording(language=language, translate=catalogue.gettext)
    made.filters.update(
        vnd=wording.vnd,
        count=wording.count,
        moment=wording.moment,
        exact_moment=wording.exact_moment,
        day=wording.day,
        seconds=wording.seconds,
        number=wording.number,
        article=wording.article,
        percent=wording.percent,
        span=wording.span,
    )
    return made
