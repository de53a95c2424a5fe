"""A probe measures what is known of a rendered junction, from its file and over RTSP."""

import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner

from detector.contract.camera import Camera, Sources, load_camera
from detector.fitness.measures import CameraMeasure
from detector.fitness.probing import horizon_of, probe_camera
from detector.watching.eyes import Eyes
from detector.watching.opening import open_eyes
from fixtures.rtsp.server import RtspServer
from fixtures.scene.camera import CameraPose
from fixtures.scenes.views import close_view, wide_view
from models.types import Box, LampColour
from ngatu import app

CLIPS = Path(__file__).parents[3] / "fixtures" / "clips"


def camera_named(name: str) -> Camera:
    return load_camera(CLIPS / f"{name}.camera.json")


@pytest.fixture(scope="module")
def eyes() -> Eyes:
    return open_eyes()


@pytest.fixture(scope="module")
def close(eyes: Eyes) -> CameraMeasure:
    return probe_camera(camera_named("day_runners"), base_dir=CLIPS, eyes=eyes, seconds=60.0).measure


def horizon_at(pose: CameraPose) -> float:
    """Where the pose's horizon lies, in picture heights from the top."""
    return 0.5 - math.tan(pose.tilt) * pose.focal_px / 1080


def test_streams_are_measured_as_they_were_rendered(close: CameraMeasure) -> None:
    assert (close.main.codec, close.main.width, close.main.height, close.main.fps) == ("h264", 1920, 1080, 25)
    assert close.sub is not None
    assert (close.sub.width, close.sub.height, close.sub.fps) == (640, 360, 12.5)
    assert close.main.key_frame_interval_s == pytest.approx(1.0)
    size_bits = 8 * (CLIPS / "day_runners.mp4").stat().st_size
    assert close.main.bits_per_s == pytest.approx(size_bits / close.footage_s, rel=0.08)
    assert (close.gaps, close.sub_offset_s) == (0, pytest.approx(0.0, abs=0.041))


def test_plates_and_lamps_are_measured_at_the_line(close: CameraMeasure) -> None:
    heights = sorted(p.height_px for p in close.plates if p.width_px < 2 * p.height_px)
    assert len(heights) >= 3
    assert 25 < heights[len(heights) // 2] < 55, (
        "a motorbike plate at the line is rendered 30 px high, nearer ones are higher"
    )
    (signal,) = close.signals
    assert signal.share(LampColour.RED) > 0.5
    assert signal.share(LampColour.GREEN) > 0.1
    assert not signal.saw_full_cycle


@pytest.mark.parametrize(("name", "pose"), [("day_runners", close_view()), ("day_wide", wide_view())])
def test_the_horizon_is_found_where_the_camera_was_aimed(name: str, pose: CameraPose, eyes: Eyes) -> None:
    measure = probe_camera(camera_named(name), base_dir=CLIPS, eyes=eyes, seconds=60.0).measure
    assert measure.horizon == pytest.approx(horizon_at(pose), abs=0.15)


def test_motorbikes_at_one_distance_tell_no_horizon() -> None:
    assert horizon_of([Box(left=0.1, top=0.4, right=0.2, bottom=0.6)] * 50) is None
    assert horizon_of([]) is None


def test_over_rtsp_the_cameras_clock_is_measured(eyes: Eyes) -> None:
    camera = camera_named("day_runners")
    mounts = {"cam/main": CLIPS / "day_runners.mp4", "cam/sub": CLIPS / "day_runners.sub.mp4"}
    with RtspServer(mounts) as server:
        sources = Sources(main=server.url("cam/main"), sub=server.url("cam/sub"))
        live = camera.model_copy(update={"sources": sources})
        measure = probe_camera(live, base_dir=CLIPS, eyes=eyes, seconds=9.0).measure
    assert measure.clock_source == "rtcp"
    assert measure.clock_offset_ms is not None
    assert abs(measure.clock_offset_ms) < 1000
    assert measure.sub_offset_s is None or abs(measure.sub_offset_s) <= 0.081
    assert measure.footage_s == pytest.approx(9.0, abs=0.1)


@pytest.mark.parametrize(
    ("name", "exit_code", "unfit"), [("day_runners", 0, []), ("day_wide", 1, ["plates at the line"])]
)
def test_the_command_says_fit_or_not(name: str, exit_code: int, unfit: list[str]) -> None:
    answer = CliRunner().invoke(app, ["check", str(CLIPS / f"{name}.camera.json"), "--json"])
    said = json.loads(answer.stdout.splitlines()[-1])
    assert (answer.exit_code, said["fit"]) == (exit_code, exit_code == 0)
    assert [check["name"] for check in said["checks"] if check["grade"] == "unfit"] == unfit
