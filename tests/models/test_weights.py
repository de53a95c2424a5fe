"""Network files are found, checked and named."""

import hashlib
import shutil
from pathlib import Path

import pytest

from models import weights
from models.errors import WeightsAltered, WeightsMissing

ENTRY = """[eyes]
file = "eyes.onnx"
sha256 = "{digest}"
input = [64, 32]
classes = ["one", "two"]
recipe = "models/training/eyes.py"
card = "eyes.md"
"""


def folder_with(path: Path, network: bytes = b"network") -> Path:
    (path / "eyes.onnx").write_bytes(network)
    (path / weights.RECORD).write_text(ENTRY.format(digest=hashlib.sha256(network).hexdigest()))
    return path


def test_a_network_is_read_with_what_is_known_of_it(tmp_path: Path) -> None:
    eyes = weights.load("eyes", folder_with(tmp_path))
    assert eyes.network == b"network"
    assert (eyes.input_width_px, eyes.input_height_px, eyes.classes) == (64, 32, ("one", "two"))
    assert weights.checksums(tmp_path) == {"eyes": eyes.sha256}


def test_an_altered_file_is_refused_with_both_checksums(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    (folder / "eyes.onnx").write_bytes(b"another")
    with pytest.raises(WeightsAltered, match=r"'eyes'.*has SHA-256 .*weights\.toml says .*restore"):
        weights.load("eyes", folder)
    with pytest.raises(WeightsAltered):
        weights.checksums(folder)


def test_a_network_in_two_files_is_checked_as_a_whole(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    (folder / "eyes.bin").write_bytes(b" constants")
    entry = ENTRY.format(digest=hashlib.sha256(b"network constants").hexdigest())
    (folder / weights.RECORD).write_text(entry + 'constants = "eyes.bin"\n')
    assert weights.load("eyes", folder).constants == b" constants"
    (folder / "eyes.bin").write_bytes(b" Constants")
    with pytest.raises(WeightsAltered, match="'eyes'"):
        weights.load("eyes", folder)


def test_a_missing_file_is_said_with_its_recipe(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    (folder / "eyes.onnx").unlink()
    with pytest.raises(WeightsMissing, match=r"eyes\.onnx is missing: .*models/training/eyes\.py"):
        weights.load("eyes", folder)


def test_an_unknown_network_is_said_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"no network 'ears'.*known are eyes"):
        weights.load("ears", folder_with(tmp_path))


def test_a_missing_record_is_said_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"weights\.toml is missing"):
        weights.load("eyes", tmp_path)


def test_every_shipped_network_is_there_unaltered_with_card_and_recipe() -> None:
    for name in weights.checksums():
        shipped = weights.load(name)
        assert (weights.FOLDER / shipped.card).is_file(), name
        assert (weights.FOLDER.parent.parent / shipped.recipe).is_file(), name


def test_the_shipped_networks_stay_under_forty_megabytes() -> None:
    shipped = [weights.load(name) for name in weights.checksums()]
    assert sum(len(one.network) + len(one.constants) for one in shipped) < 40e6


def test_a_detector_does_not_open_on_altered_weights(tmp_path: Path) -> None:
    from models.vehicles import open_vehicle_detector

    folder = tmp_path / "weights"
    shutil.copytree(weights.FOLDER, folder)
    for name in ("vehicles.onnx", "vehicles_int8.bin"):
        with (folder / name).open("ab") as file:
            file.write(b"!")
    with pytest.raises(WeightsAltered):
        open_vehicle_detector(folder=folder)
