"""The vehicle and lamp benches on drawn pictures, and what they say of bad input."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import lamps, vehicles
from benchmarks.truth import TruthFileError


def labelled(folder: Path, *, label: str) -> tuple[Path, Path]:
    for name in ("images", "labels"):
        (folder / name).mkdir()
    cv2.imwrite(str(folder / "images/a.png"), np.full((360, 640, 3), 114, dtype=np.uint8))
    (folder / "labels/a.txt").write_text(label)
    return folder / "images", folder / "labels"


def test_the_vehicle_bench_says_every_class(tmp_path: Path) -> None:
    figures = vehicles.run(*labelled(tmp_path, label="0 0.5 0.5 0.1 0.2\n5 0.2 0.2 0.1 0.1\n"))
    assert figures["n"] == 1
    assert figures["ap50"] == {
        "motorbike": 0.0,
        "car": None,
        "bus": None,
        "truck": None,
        "bicycle": None,
        "four_wheeler": 0.0,
    }
    assert set(figures["by_size"]) == {"640x384", "416x256"}
    assert figures["ms"] > 0


@pytest.mark.parametrize("label", ["7 0.5 0.5 0.1 0.1", "0 0.5 0.5", "0 0.5 0.5 0 0.1", "car 1 1 1 1"])
def test_a_bad_label_is_said_with_file_and_line(tmp_path: Path, label: str) -> None:
    with pytest.raises(TruthFileError, match=r"a\.txt:1: .* is not 'class cx cy w h'"):
        vehicles.run(*labelled(tmp_path, label=label))


def test_a_picture_without_labels_is_said(tmp_path: Path) -> None:
    images, labels = labelled(tmp_path, label="")
    (labels / "a.txt").unlink()
    with pytest.raises(TruthFileError, match=r"a\.txt: missing"):
        vehicles.run(images, labels)


def test_a_folder_without_pictures_is_said(tmp_path: Path) -> None:
    with pytest.raises(TruthFileError, match="holds no JPEG or PNG picture"):
        vehicles.run(tmp_path, tmp_path)


def lamp_truth(folder: Path, rows: str) -> Path:
    picture = np.full((24, 24, 3), 30, dtype=np.uint8)
    cv2.circle(picture, (12, 12), 9, (40, 20, 235), -1, cv2.LINE_AA)
    (folder / "red").mkdir()
    cv2.imwrite(str(folder / "red/a.png"), picture)
    (folder / "lamps.csv").write_text(rows)
    return folder / "lamps.csv"


def test_the_lamp_bench_counts_right_reads(tmp_path: Path) -> None:
    figures = lamps.run(tmp_path, lamp_truth(tmp_path, "image,colour\nred/a.png,red\n"))
    assert (figures["n"], figures["accuracy"], figures["red_as_green"]) == (1, 1.0, 0)


BAD = [
    ("no such colour", "image,colour\nred/a.png,pink\n", "colour 'pink'"),
    ("no such picture", "image,colour\nred/b.png,red\n", "red/b.png is neither"),
    ("no columns", "picture\nred/a.png\n", "needs the columns image and colour"),
]


@pytest.mark.parametrize(("rows", "said"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_lamp_truth_is_said(tmp_path: Path, rows: str, said: str) -> None:
    with pytest.raises(TruthFileError, match=said):
        lamps.run(tmp_path, lamp_truth(tmp_path, rows))
