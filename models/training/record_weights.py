"""Writes a network's checksum and facts into models/weights/weights.toml.

In: name, file (and a second one), input size, classes, recipe. Out: the entry, others untouched. Offline only.
"""

import argparse
import hashlib
import json
import tomllib
from pathlib import Path

from models.weights import FOLDER, RECORD


def record(
    name: str, files: list[str], size: tuple[int, int], classes: list[str], recipe: str, card: str
) -> None:
    """Add or replace the entry `name`."""
    path = FOLDER / RECORD
    entries = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    entries[name] = {
        **dict(zip(("file", "constants"), files, strict=False)),
        "sha256": hashlib.sha256(b"".join((FOLDER / file).read_bytes() for file in files)).hexdigest(),
        "input": list(size),
        "classes": classes,
        "recipe": recipe,
        "card": card,
    }
    path.write_text("\n".join(_section(key, entries[key]) for key in sorted(entries)), encoding="utf-8")


def _section(name: str, entry: dict[str, object]) -> str:
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entry.items()]
    return "\n".join([f"[{name}]", *lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument(
        "files", nargs="+", help="file names inside models/weights: one, or OpenVINO's .xml and .bin"
    )
    parser.add_argument("--size", nargs=2, type=int, required=True, metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--classes", nargs="+", required=True)
    parser.add_argument("--recipe", required=True)
    parser.add_argument("--card", help="the model card, when it is not named like the file")
    told = parser.parse_args()
    card = told.card or f"{Path(told.files[0]).stem}.md"
    record(told.name, told.files, tuple(told.size), told.classes, told.recipe, card)


if __name__ == "__main__":
    main()
