"""A camera that was moved is noticed, by day and in the dark; one that was not is left alone."""

import json
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from detector.contract.camera import Camera, LaneDirection, NoStopZone, SolidLine, load_camera
from detector.fitness.drift import drawn_places, measure_drift, overlay, still_of
from ngatu import app

CLIPS = Path(__file__).parents[3] / "fixtures" / "clips"
Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def camera() -> Camera:
    return load_camera(CLIPS / "day_runners.camera.json")


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    """A picture a second of the same camera, traffic and all."""
    with av.open(str(CLIPS / "day_runners.mp4")) as container:
        return [
            np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
            for number, frame in enumerate(container.decode(video=0))
            if number % 25 == 0
        ]


def turned(
    picture: Picture, *, across: float = 0.0, down: float = 0.0, degrees: float = 0.0, zoom: float = 1.0
) -> Picture:
    """What the camera would show after it was moved by shares of the width, rolled and zoomed."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, zoom)
    matrix[:, 2] += (across * width, down * width)
    return np.asarray(
        cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8
    )


def darkened(picture: Picture, light: float) -> Picture:
    """Less light and more noise."""
    noisy = picture * light + np.random.default_rng(1).normal(0, 6, picture.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("light", [1.0, 0.3], ids=["by day", "in the dark"])
@pytest.mark.parametrize(
    ("what", "change", "expected", "is_beyond"),
    [
        ("not moved", {}, 0.0, False),
        ("shaken by wind", {"across": 0.003}, 0.003, False),
        ("pushed aside", {"across": 0.02}, 0.02, True),
        ("sagged", {"down": 0.04}, 0.04, True),
        ("zoomed", {"zoom": 1.05}, 0.025, True),
        ("rolled", {"degrees": 3.0}, 0.026, True),
    ],
)
def test_how_far_a_camera_was_moved(
    what: str, change: dict[str, float], expected: float, is_beyond: bool, light: float,
    pictures: list[Picture], camera: Camera,
) -> None:  # fmt: skip
    reference, now = still_of(pictures[:8]), still_of(pictures[8:])
    drift = measure_drift(reference, darkened(turned(now, **change), light), drawn_places(camera))
    assert drift.moved == pytest.approx(expected, abs=0.006), what
    assert drift.is_beyond_limit is is_beyond, what


@pytest.mark.parametrize("grey", [0, 120, 255], ids=["black", "fog", "white"])
def test_what_cannot_be_compared_is_not_called_unmoved_nor_moved(
    grey: int, pictures: list[Picture], camera: Camera
) -> None:
    drift = measure_drift(pictures[0], np.full_like(pictures[0], grey), drawn_places(camera))
    assert (drift.moved, drift.is_beyond_limit) == (None, False)


def test_another_place_is_not_told_as_a_small_drift(pictures: list[Picture], camera: Camera) -> None:
    elsewhere = np.asarray(cv2.rotate(pictures[0][:, ::-1], cv2.ROTATE_180), np.uint8)
    drift = measure_drift(pictures[0], elsewhere, drawn_places(camera))
    assert drift.moved is None or drift.is_beyond_limit


def test_the_overlay_draws_where_the_line_was_and_where_it_is(
    pictures: list[Picture], camera: Camera
) -> None:
    now = turned(pictures[8], down=0.04)
    shown = overlay(now, camera, measure_drift(pictures[0], now, drawn_places(camera)))
    rows_of = {
        name: np.argwhere((shown == colour).all(axis=2))[:, 0].mean() / shown.shape[0]
        for name, colour in (("drawn", (40, 40, 230)), ("now", (60, 200, 60)))
    }
    assert rows_of["now"] - rows_of["drawn"] == pytest.approx(0.04 * 16 / 9, abs=0.01)


@pytest.mark.parametrize("part", ["lanes", "solid_lines", "no_stop_zones"])
def test_the_overlay_draws_all_that_is_judged(part: str, pictures: list[Picture], camera: Camera) -> None:
    lane = camera.lanes[0]
    arrow = LaneDirection(arrow=((0.5, 0.95), (0.5, 0.8)), length_m=8)
    drawn = {
        "lanes": (lane.model_copy(update={"direction": arrow}),),
        "solid_lines": (SolidLine(id="V1", line=((0.4, 0.95), (0.4, 0.8))),),
        "no_stop_zones": (NoStopZone(id="Z1", area=((0.2, 0.6), (0.3, 0.6), (0.3, 0.7)), most_s=10),),
    }
    more = camera.model_copy(update={part: drawn[part]})
    red = {
        one: int((overlay(pictures[0], one, None) == (40, 40, 230)).all(axis=2).sum())
        for one in (camera, more)
    }
    assert red[more] > red[camera] + 100
    assert len(drawn_places(more)) > len(drawn_places(camera))


def test_the_command_keeps_a_calibration_picture_and_notices_the_move(
    tmp_path: Path, pictures: list[Picture]
) -> None:
    settings = json.loads((CLIPS / "day_runners.camera.json").read_text(encoding="utf-8"))
    settings["sources"] = {"main": str(CLIPS / "day_runners.mp4"), "sub": str(CLIPS / "day_runners.sub.mp4")}
    settings["calibration_picture"] = "calibrated.png"
    camera_file = tmp_path / "camera.json"
    camera_file.write_text(json.dumps({**settings, "calibration_picture": None}), encoding="utf-8")
    kept = CliRunner().invoke(
        app, ["check", str(camera_file), "--json", "--keep-picture", str(tmp_path / "calibrated.png")]
    )
    assert kept.exit_code == 0, kept.output
    camera_file.write_text(json.dumps(settings), encoding="utf-8")
    assert view_of(CliRunner().invoke(app, ["check", str(camera_file), "--json"]).stdout) == "good"
    calibrated = cv2.imread(str(tmp_path / "calibrated.png"))
    cv2.imwrite(str(tmp_path / "calibrated.png"), turned(np.asarray(calibrated, np.uint8), across=0.05))
    moved = CliRunner().invoke(
        app, ["check", str(camera_file), "--json", "--overlay", str(tmp_path / "overlay.jpg")]
    )
    assert (moved.exit_code, view_of(moved.stdout)) == (1, "unfit")
    assert (tmp_path / "overlay.jpg").stat().st_size > 10_000


def view_of(said: str) -> str:
    (view,) = [check for check in json.loads(said.splitlines()[-1])["checks"] if check["name"] == "view"]
    return str(view["grade"])
