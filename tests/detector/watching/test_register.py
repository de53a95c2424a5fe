"""Calibration pictures are laid where groups look for them: once for each calibration, never in the watch's way."""

from pathlib import Path

import pytest

from detector.contract.camera import Camera
from detector.errors import SourceUnreadable
from detector.fitness.view_watch import view_name
from detector.watching.register import FixedCameras, KeptViews
from tests.detector.judging.builders import camera


class Register:
    """Tells what the test put into it, and counts how often it was asked for pictures."""

    def __init__(self, picture: bytes | Exception | None) -> None:
        self.told, self.asked = picture, 0

    def cameras(self) -> tuple[Camera, ...]:
        return (camera(),)

    def picture(self, camera: Camera) -> bytes | None:
        self.asked += 1
        if isinstance(self.told, Exception):
            raise self.told
        return self.told


def test_a_picture_is_laid_once_and_takes_the_place_of_one_that_was_learned(tmp_path: Path) -> None:
    register, one = Register(b"jpeg"), camera()
    learned = tmp_path / f"{view_name(one)}.calibrated.png"
    learned.write_bytes(b"the first view")
    views = KeptViews(register, tmp_path)
    views.keep([one])
    views.keep([one])
    assert register.asked == 1
    assert not learned.exists()
    assert (tmp_path / f"{view_name(one)}.calibrated.jpg").read_bytes() == b"jpeg"


@pytest.mark.parametrize("trouble", [None, OSError("away"), SourceUnreadable("away")], ids=str)
def test_without_a_picture_the_watch_goes_on_with_what_it_has(
    trouble: Exception | None, tmp_path: Path
) -> None:
    one = camera()
    learned = tmp_path / f"{view_name(one)}.calibrated.png"
    learned.write_bytes(b"the first view")
    KeptViews(Register(trouble), tmp_path).keep([one])
    assert [path.name for path in tmp_path.iterdir()] == [learned.name]


def test_named_cameras_have_the_picture_of_their_file(tmp_path: Path) -> None:
    one = camera(camera_id="C1")
    (tmp_path / "drawn.jpg").write_bytes(b"jpeg")
    named = FixedCameras([one], {"C1": tmp_path / "drawn.jpg"})
    assert named.cameras() == (one,)
    assert named.picture(one) == b"jpeg"
    assert FixedCameras([one], {"C1": tmp_path / "missing.jpg"}).picture(one) is None
    assert FixedCameras([one]).picture(one) is None
