"""A watched camera that is pushed aside stops judging after two looks, by day and by night, and says so."""

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from detector.contract.camera import Camera, load_camera
from detector.fitness.view_watch import AGAIN_S, CHECK_EVERY_S, FIRST_CHECK_S, ViewWatch, view_name
from tests.detector.fitness.test_drift import CLIPS, Picture, turned

NIGHT = 0.3


@pytest.fixture(scope="module")
def camera() -> Camera:
    return load_camera(CLIPS / "day_runners.camera.json")


@pytest.fixture(scope="module")
def calibrated() -> bytes:
    """A still of the main stream, as the calibration keeps it."""
    with av.open(str(CLIPS / "day_runners.mp4")) as container:
        frame = next(container.decode(video=0))
        return bytes(cv2.imencode(".jpg", frame.to_ndarray(format="bgr24"))[1].tobytes())


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    """Pictures of the sub stream, two seconds apart, traffic and all."""

    def some() -> Iterator[Picture]:
        with av.open(str(CLIPS / "day_runners.sub.mp4")) as container:
            for number, frame in enumerate(container.decode(video=0)):
                if number % 24 == 0:
                    yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)

    return list(some())


def darkened(picture: Picture, light: float) -> Picture:
    """Less light, and noise that is another one in every picture."""
    noise = np.random.default_rng(int(picture.sum()) % 10_000).normal(0, 6, picture.shape)
    return np.clip(picture * light + noise, 0, 255).astype(np.uint8)


class Days:
    """A view that is looked at whenever it wants to be."""

    def __init__(self, camera: Camera, folder: Path, calibrated: bytes | None = None) -> None:
        if calibrated is not None:
            folder.mkdir(exist_ok=True)
            (folder / f"{view_name(camera)}.calibrated.jpg").write_bytes(calibrated)
        self.view, self.at_s = ViewWatch(camera, folder), 0.0

    def looks(self, *pictures: Picture) -> list[str]:
        """The word after each look."""
        words = []
        for picture in pictures:
            while not self.view.wants(self.at_s):
                self.at_s += 1.0
            self.view.see(self.at_s, picture)
            self.view.check()
            words.append(self.view.word)
        return words


def test_a_camera_that_stays_is_left_alone(
    camera: Camera, calibrated: bytes, pictures: list[Picture], tmp_path: Path
) -> None:
    day = Days(camera, tmp_path, calibrated)
    assert day.view.word == "unknown"
    assert day.looks(*pictures[:3], turned(pictures[3], across=0.003)) == ["fit"] * 4
    assert day.at_s == pytest.approx(FIRST_CHECK_S + 3 * CHECK_EVERY_S, abs=3)
    assert day.view.take_overlay() == b""


@pytest.mark.parametrize("light", [1.0, NIGHT], ids=["by day", "in the dark"])
def test_beyond_the_limit_twice_in_a_row_is_moved_and_twice_within_is_back(
    light: float, camera: Camera, calibrated: bytes, pictures: list[Picture], tmp_path: Path
) -> None:
    seen = [darkened(one, light) for one in pictures]
    pushed = [darkened(turned(one, across=0.03), light) for one in pictures]
    day = Days(camera, tmp_path, calibrated)
    assert day.looks(seen[0], pushed[1], seen[2]) == ["fit"] * 3, "once is a truck before the lens"
    assert day.looks(pushed[3]) == ["fit"]
    before_s = day.at_s
    assert day.looks(pushed[4]) == ["moved"]
    assert day.view.moved == pytest.approx(0.03, abs=0.006)
    assert day.at_s - before_s < AGAIN_S + 3, "the second look comes soon"
    overlay = cv2.imdecode(np.frombuffer(day.view.take_overlay(), np.uint8), cv2.IMREAD_COLOR)
    assert overlay.shape[1] == 1280
    assert day.view.take_overlay() == b"", "once"
    assert day.looks(pushed[0], seen[1], seen[2]) == ["moved", "moved", "fit"]


def test_fog_changes_nothing(
    camera: Camera, calibrated: bytes, pictures: list[Picture], tmp_path: Path
) -> None:
    fog = np.full_like(pictures[0], 150)
    day = Days(camera, tmp_path, calibrated)
    assert day.looks(fog) == ["unknown"]
    assert day.looks(pictures[0], fog, fog, fog) == ["fit"] * 4


def test_a_night_that_the_calibration_picture_does_not_know_is_compared_with_a_learned_one(
    camera: Camera, calibrated: bytes, pictures: list[Picture], tmp_path: Path
) -> None:
    day = Days(camera, tmp_path, calibrated)
    day.looks(pictures[0], darkened(pictures[1], 0.5), darkened(pictures[2], NIGHT))
    (learned,) = tmp_path.glob("*.other.png")
    assert float(np.asarray(cv2.imread(str(learned))).mean()) < 60
    for path in tmp_path.glob("*.calibrated.jpg"):
        path.write_bytes(bytes(cv2.imencode(".jpg", np.full((90, 160, 3), 128, np.uint8))[1].tobytes()))
    night = Days(camera, tmp_path)  # a watch that was started again, and sees nothing in the first picture
    pushed = [darkened(turned(one, across=0.03), NIGHT) for one in pictures]
    assert night.looks(darkened(pictures[3], NIGHT), pushed[4], pushed[5]) == ["fit", "fit", "moved"]


def test_without_a_calibration_picture_the_first_view_counts_also_after_a_restart(
    camera: Camera, pictures: list[Picture], tmp_path: Path
) -> None:
    assert Days(camera, tmp_path / "views").looks(pictures[0], pictures[1]) == ["unknown", "fit"]
    pushed = [turned(one, down=0.03) for one in pictures]
    assert Days(camera, tmp_path / "views").looks(pushed[2], pushed[3])[-1] == "moved"
    redrawn = camera.model_copy(update={"lanes": camera.lanes[:1], "solid_lines": ()})
    moved_line = redrawn.lanes[0].model_copy(update={"stop_line": ((0.1, 0.7), (0.8, 0.7))})
    fresh = Days(redrawn.model_copy(update={"lanes": (moved_line,)}), tmp_path / "views")
    assert fresh.looks(pushed[2], pushed[3]) == ["unknown", "fit"], "another drawing, another picture"


def test_a_picture_that_cannot_be_read_or_written_stops_nobody(
    camera: Camera, pictures: list[Picture], tmp_path: Path
) -> None:
    broken = Days(camera, tmp_path, b"no picture")
    assert broken.looks(pictures[0], pictures[1]) == ["unknown", "fit"]
    (tmp_path / "full").write_text("a file where the folder should be")
    assert Days(camera, tmp_path / "full").looks(pictures[0], pictures[1]) == ["unknown", "fit"]
