"""Calibration pictures are laid where groups look for them: once for each calibration, never in the watch's way."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from detector.contract.camera import Camera, Sources
from detector.errors import SourceUnreadable
from detector.fitness.view_watch import view_name
from detector.watching.register import FitCameras, FixedCameras, KeptViews
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


class Registered(Register):
    """A register of several cameras."""

    def __init__(self, *cameras: Camera) -> None:
        super().__init__(b"jpeg")
        self.known = cameras

    def cameras(self) -> tuple[Camera, ...]:
        return self.known


def live(camera_id: str) -> Camera:
    return camera(camera_id=camera_id).model_copy(update={"sources": Sources(main="rtsp://10.0.0.9/main")})


def of_a_file(camera_id: str) -> Camera:
    return camera(camera_id=camera_id).model_copy(update={"sources": Sources(main="clip.mp4")})


def test_a_registered_camera_that_cannot_be_watched_is_left_out_with_one_line_and_the_others_are_watched() -> (
    None
):
    register = Registered(live("C1"), of_a_file("C2"), live("C3"))
    fit = FitCameras(register)
    with capture_logs() as said:
        assert [one.camera_id for one in fit.cameras()] == ["C1", "C3"]
        fit.cameras()
    assert [(line["event"], line["camera_id"]) for line in said] == [("camera_not_watched", "C2")]
    assert "sources.main is no rtsp:// address; use ngatu replay for files" in said[0]["reason"]
    assert fit.picture(live("C1")) == b"jpeg"
    with capture_logs() as said:
        register.known = (live("C2"),)
        assert len(fit.cameras()) == 1
        register.known = (of_a_file("C2"),)
        assert not fit.cameras()
    assert len(said) == 1, "what became unfit again is said again"


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ((live("C1"), of_a_file("C2")), "camera C2: sources.main is no rtsp:// address"),
        ((live("C1"), live("C1")), "camera C1: was named twice"),
        ((live("C1").model_copy(update={"kind": "plain"}),), "camera C1: is a plain one"),
    ],
    ids=["a file", "twice", "plain"],
)
def test_a_named_camera_that_cannot_be_watched_ends_the_watch(named: tuple[Camera, ...], words: str) -> None:
    with pytest.raises(SourceUnreadable, match=words):
        FitCameras(FixedCameras(named))
