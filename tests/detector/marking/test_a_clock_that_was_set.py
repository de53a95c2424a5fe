"""Where the recorder's clock was set, every file is still there, in its order; evidence never guesses between two."""

from datetime import timedelta
from pathlib import Path

import pytest

from detector.contract.recordings import segments_as_recorded
from detector.errors import GapInFootage
from detector.marking.footage import open_footage
from tests.detector.marking.test_marked_packets import at
from tests.detector.recording.recorded_clips import record_clip

CLIP = Path(__file__).parents[3] / "fixtures" / "clips" / "day_runners.mp4"
CAMERA = "ben-do"


@pytest.mark.parametrize("step_s", [-10.0, 45.0], ids=["back", "on"])
def test_nothing_is_lost_where_the_clock_was_set_and_only_what_is_certain_is_evidence(
    step_s: float, tmp_path: Path
) -> None:
    before = record_clip(tmp_path, CAMERA, CLIP, started_at=at(0), segment_s=4.0)
    again_at = before[-1].ended_at + timedelta(seconds=step_s)
    behind = record_clip(
        tmp_path, CAMERA, CLIP, started_at=again_at, segment_s=4.0, follows=True, clock_step_s=step_s
    )
    found = segments_as_recorded(tmp_path, CAMERA, at(0), behind[-1].ended_at)
    assert [placed.segment.name for placed in found] == [one.name for one in (*before, *behind)]
    assert all(placed.path.is_file() for placed in found)

    def footage_at(second: float, *, for_looking: bool = False) -> float:
        moment = at(second)
        stretch = (moment - timedelta(seconds=2), moment + timedelta(seconds=2))
        with open_footage(tmp_path, CAMERA, *stretch, around=moment, for_looking=for_looking) as footage:
            return footage.second_of(moment)

    whole_s = (before[-1].ended_at - at(0)).total_seconds()
    assert footage_at(2.0) > 0
    assert footage_at(whole_s + step_s + 12.0) > 0
    if step_s < 0:
        with pytest.raises(GapInFootage, match="clock was set back, two files show"):
            footage_at(whole_s - 3.0)
        assert footage_at(whole_s - 3.0, for_looking=True) > 0
    else:
        assert footage_at(whole_s - 3.0) > 0
        with pytest.raises(GapInFootage, match="nothing is recorded"):
            footage_at(whole_s + 20.0)
