"""The truth page over acts that no stop line tells: proposed at their moments, what is drawn for them shown."""

from pathlib import Path

import pytest

from benchmarks.truth import TruthVerdict, load_truth
from benchmarks.truth_page.application import _lines
from benchmarks.truth_page.frames import ClipFrames
from benchmarks.truth_page.running import open_marking
from benchmarks.violations import MOST_APART_S
from detector.contract.camera import load_camera
from tests.benchmarks.test_truth_page import CLIPS, folder_with_clip


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("day_against", "wrong_way"), ("day_lanes", "wrong_lane"), ("day_stops", "illegal_stop")],
)
def test_acts_that_no_stop_line_tells_are_proposed_at_their_moments(
    name: str, verdict: TruthVerdict, tmp_path: Path
) -> None:
    clip, path = folder_with_clip(tmp_path, name), tmp_path / "junction.truth.json"
    with ClipFrames(clip) as frames:
        marking = open_marking(
            clip, frames=frames, camera_file=None, truth_file=path, proposes=True, say=lambda _: None
        )
    true = [
        row.cross_s for row in load_truth(CLIPS / f"{name}.truth.json").crossings if row.verdict == verdict
    ]
    found = [row.cross_s for row in load_truth(path).crossings if row.verdict == verdict]
    assert true
    assert found == pytest.approx(true, abs=MOST_APART_S)
    assert [row.verdict for row in marking.draft.crossings].count(verdict) == len(true)


def test_what_is_drawn_for_every_kind_lies_over_the_picture() -> None:
    cameras = [
        load_camera(CLIPS / f"{name}.camera.json") for name in ("day_against", "day_lanes", "day_stops")
    ]
    lines = [_lines(camera) for camera in cameras]
    assert lines[0][0] == cameras[0].lanes[0].stop_line
    assert cameras[0].lanes[0].direction is not None
    assert cameras[0].lanes[0].direction.arrow in lines[0]
    assert cameras[1].solid_lines[0].line in lines[1]
    assert len(lines[2]) == len(cameras[2].lanes) + sum(len(zone.area) for zone in cameras[2].no_stop_zones)
