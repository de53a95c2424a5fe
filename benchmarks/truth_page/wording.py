"""The page in a reader's language; its texts lie in locales/ beside it, English sentences are their names."""

from functools import lru_cache
from gettext import GNUTranslations
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from service.console.texts import LANGUAGES, language_of, translations

__all__ = ["LANGUAGES", "language_of", "page"]
HERE = Path(__file__).parent
LOCALES = HERE / "locales"
VERDICTS = (
    "red_light", "stop_line", "lawful", "already_over", "not_judgeable", "wrong_way", "wrong_lane", "illegal_stop",
)  # fmt: skip
"""In the order of their keys, 1 and on."""
CLASSES = ("motorbike", "car", "bus", "truck", "bicycle")
COLOURS = ("red", "yellow", "green", "off", "unknown")
SAID_BY_SCRIPT = (
    "saved", "saving", "not saved", "no class", "proposed", "own", "sure", "not sure", "signal turns",
    "picture missing", "nothing left to confirm", "opened elsewhere", "draw the box first", "class of vehicle",
    "file changed", "cannot write",
)  # fmt: skip
"""Short names of what the page's script says; `texts` holds what they read as."""


def catalogue(language: str) -> GNUTranslations:
    """The page's texts in one language."""
    return translations(language, LOCALES)


def page(language: str, *, clip: str, truth_file: str) -> str:
    """The page for one clip."""
    texts = catalogue(language)
    spoken = {name: texts.gettext(name) for name in (*SAID_BY_SCRIPT, *VERDICTS, *CLASSES, *COLOURS)}
    template = _environment(language).get_template("page.html.j2")
    return template.render(
        language=language, clip=clip, truth_file=truth_file, texts=spoken, verdicts=VERDICTS, colours=COLOURS
    )


@lru_cache
def _environment(language: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    return made
