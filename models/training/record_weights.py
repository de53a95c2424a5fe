"""Writes a network's checksum and facts into models/weights/weights.toml.

In: name, file, input size, classes, recipe. Out: the entry, others untouched. Offline only.
"""

import argparse
import hashlib
import json
import tomllib
from pathlib import Path

from models.weights import FOLDER, RECORD


def record(name: str, file: str, size: tuple[int, int], classes: list[str], recipe: str) -> None:
    """Add or replace the entry `name`; the model card is `<file stem>.md`."""
    path = FOLDER / RECORD
    entries = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    entries[name] = {
        "file": file,
        "sha256": hashlib.sha256((FOLDER / file).read_bytes()).hexdigest(),
        "input": list(size),
        "classes": classes,
        "recipe": recipe,
        "card": f"{Path(file).stem}.md",
    }
    path.write_text("\n".join(_section(key, entries[key]) for key in sorted(entries)), encoding="utf-8")


def _section(name: str, entry: dict[str, object]) -> str:
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entry.items()]
    return "\n".join([f"[{name}]", *lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("file", help="file name inside models/weights")
    parser.add_argument("--size", nargs=2, type=int, required=True, metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--classes", nargs="+", required=True)
    parser.add_argument("--recipe", required=True)
    told = parser.parse_args()
    record(told.name, told.file, tuple(told.size), told.classes, told.recipe)


if __name__ == "__main__":
    main()
