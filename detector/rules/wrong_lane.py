"""Changing lanes over a solid line (Decree 168/2024 art. 6.2.a, 7.1.e).

The whole lower edge of the vehicle's box was on one side of the line, later on the other, and stayed there, while it
drove along the line. Who comes back swerved, around an obstacle or by mistake: no case, an officer cannot see why.
"""

from detector.judging.act_candidates import LaneChangeCandidate
from detector.types import Verdict

NAME = "wrong_lane"
VERSION = "1"
LEAST_FRAMES_A_SIDE = 3
LONGEST_STEP_S = 0.4
WIDEST_STEP = 0.75
"""A vehicle moves aside a third of its width between two frames at most; more is another one's box."""
MOST_SHAPE_CHANGE = 1.5
"""A box that grows or shrinks by more than this beside its height is cut by a neighbour, before or after."""
LEAST_ALONG_SHARE = 0.5
LEAST_AFTER_S = 0.5


def judge(candidate: LaneChangeCandidate) -> tuple[Verdict, str]:
    """The verdict of this rule and the one word why."""
    return _doubt(candidate) or _change(candidate)


def _doubt(candidate: LaneChangeCandidate) -> tuple[Verdict, str] | None:
    """What forbids a case: too little was seen of the vehicle, or of the whole of it."""
    seen = candidate.seen
    if seen.touches_gap:
        return Verdict.NOT_JUDGED, "gap_in_footage"
    if min(candidate.frames_before, candidate.frames_after) < LEAST_FRAMES_A_SIDE or seen.too_thinly:
        return Verdict.NOT_JUDGED, "too_few_frames"
    if candidate.longest_step_s > LONGEST_STEP_S:
        return Verdict.NOT_JUDGED, "out_of_sight"
    if candidate.widest_step > WIDEST_STEP or candidate.shape_change > MOST_SHAPE_CHANGE:
        return Verdict.NOT_JUDGED, "partly_hidden"
    return None


def _change(candidate: LaneChangeCandidate) -> tuple[Verdict, str]:
    if candidate.along_share < LEAST_ALONG_SHARE:
        return Verdict.NOT_JUDGED, "went_across"
    if candidate.came_back:
        return Verdict.NOT_JUDGED, "came_back"
    if candidate.seconds_after < LEAST_AFTER_S:
        return Verdict.NOT_JUDGED, "track_lost"
    return Verdict.WRONG_LANE, "changed_lanes"
