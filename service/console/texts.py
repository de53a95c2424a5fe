"""Texts of the console from gettext catalogues: sentences are English msgids, codes have a text in both languages."""

import io
from datetime import date, datetime
from functools import lru_cache
from gettext import GNUTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

LOCALES = Path(__file__).parents[1] / "locales"
TEMPLATES = Path(__file__).parents[1] / "templates"
LANGUAGES = ("vi", "en")
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def language_of(wanted: str | None) -> str:
    """A language that there is; Vietnamese unless another was chosen."""
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


@lru_cache
def translations(language: str) -> GNUTranslations:
    """The catalogue of a language, compiled in memory: a fresh clone needs no build step."""
    with (LOCALES / f"{language}.po").open("rb") as file:
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
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(vnd=vnd, moment=moment, day=day, seconds=seconds, percent=percent)
    return made


def vnd(amount: int) -> str:
    """19.000.000 ₫, as Vietnamese write it; both languages use it for amounts of the law."""
    return f"{amount:,}".replace(",", ".") + " ₫"


def moment(value: datetime | None) -> str:
    """Vietnam time to the second, or a dash."""
    return value.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S") if value else "–"


def day(value: date | None) -> str:
    """31/12/2026, or a dash."""
    return value.strftime("%d/%m/%Y") if value else "–"


def seconds(value: float | None) -> str:
    """3,42 s, or a dash."""
    return "–" if value is None else f"{value:.2f} s".replace(".", ",")


def percent(value: float) -> str:
    """97 %"""
    return f"{100 * value:.0f} %"
