"""Finds, checks and reads the network files that weights.toml names.

In: a network's name. Out: its bytes and what is known of it. Never opens a runtime, never downloads.
"""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import WeightsAltered, WeightsMissing

FOLDER = Path(__file__).parent / "weights"
RECORD = "weights.toml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """One checked network. Width and height are the input size that it was trained for, in px.

    `constants`: the second file of a network that is kept in two (OpenVINO's .xml and .bin); else empty. The checksum
    is over both, one after the other.
    """

    name: str
    path: Path
    sha256: str
    input_width_px: int
    input_height_px: int
    classes: tuple[str, ...]
    recipe: str
    card: str
    network: bytes
    constants: bytes = b""


def load(name: str, folder: Path = FOLDER) -> Weights:
    """The network `name` of weights.toml. Raises WeightsMissing or WeightsAltered."""
    record = _record(folder)
    if name not in record:
        known = ", ".join(sorted(record)) or "none"
        raise WeightsMissing(f"no network '{name}' in {folder / RECORD}: known are {known}; add an entry")
    return _checked(name, record[name], folder)


def checksums(folder: Path = FOLDER) -> dict[str, str]:
    """SHA-256 of every network by its name, each compared with its file on disk first."""
    return {name: _checked(name, entry, folder).sha256 for name, entry in sorted(_record(folder).items())}


def _record(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / RECORD
    if not path.is_file():
        raise WeightsMissing(f"{path} is missing: restore it from the release or the repository")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _checked(name: str, entry: dict[str, Any], folder: Path) -> Weights:
    path = folder / entry["file"]
    network = _read(path, name, entry)
    constants = _read(folder / entry["constants"], name, entry) if "constants" in entry else b""
    digest = hashlib.sha256(network + constants).hexdigest()
    if digest != entry["sha256"]:
        raise WeightsAltered(
            f"network '{name}': {path} has SHA-256 {digest[:12]}…, {RECORD} says {entry['sha256'][:12]}…: "
            "restore the file, or record the new one with models/training/record_weights.py"
        )
    width, height = entry["input"]
    return Weights(
        name=name,
        path=path,
        sha256=digest,
        input_width_px=width,
        input_height_px=height,
        classes=tuple(entry["classes"]),
        recipe=entry["recipe"],
        card=entry["card"],
        network=network,
        constants=constants,
    )


def _read(path: Path, name: str, entry: dict[str, Any]) -> bytes:
    if not path.is_file():
        raise WeightsMissing(
            f"network '{name}': {path} is missing: restore it, or train it with {entry['recipe']}"
        )
    return path.read_bytes()
