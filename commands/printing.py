"""What all commands share: the options that many take, and how a result is printed."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

DEFAULT_STATE = Path("var")
State = Annotated[
    Path, typer.Option("--state", help="Folder with database, evidence, keys.", envvar="NGATU_STATE")
]
CameraFile = Annotated[Path, typer.Option("--camera", help="The camera file (JSON).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]


def say(line: str = "") -> None:
    """One line for people."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def say_json(value: dict[str, Any]) -> None:
    """One JSON object on one line, for scripts."""
    say(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def say_figures(figures: dict[str, Any], *, as_json: bool) -> None:
    """Figures of a benchmark: indented for people, on one line for scripts."""
    if as_json:
        say_json(figures)
    else:
        say(json.dumps(figures, ensure_ascii=False, indent=2))
