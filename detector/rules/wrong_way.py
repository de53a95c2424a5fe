"""Driving against the one way of a lane (Decree 168/2024 art. 6.9.d, 7.7.a, 9.3.c).

The vehicle went over the lane's whole arrow from head to tail, inside the lane, without turning, faster than a bike
is pushed. Whoever reverses some metres never comes that far; anything unknown gives no case.
"""

from detector.judging.act_candidates import WrongWayCandidate
from detector.types import Verdict

NAME = "wrong_way"
VERSION = "1"
LEAST_FRAMES = 5
LONGEST_STEP_S = 0.6
"""Oncoming riders are missed now and then; over a longer time another vehicle may have taken this one's place."""
MOST_FORWARDS = 0.1
"""Boxes tremble: this share of the arrow may seem to be driven the right way."""


def judge(candidate: WrongWayCandidate) -> tuple[Verdict, str]:
    """The verdict of this rule and the one word why."""
    return _doubt(candidate) or _drive(candidate)


def _doubt(candidate: WrongWayCandidate) -> tuple[Verdict, str] | None:
    """What forbids a case: too little was seen of the vehicle."""
    seen = candidate.seen
    if seen.touches_gap:
        return Verdict.NOT_JUDGED, "gap_in_footage"
    if candidate.frames < LEAST_FRAMES or seen.too_thinly:
        return Verdict.NOT_JUDGED, "too_few_frames"
    if candidate.longest_step_s > LONGEST_STEP_S:
        return Verdict.NOT_JUDGED, "out_of_sight"
    return None


def _drive(candidate: WrongWayCandidate) -> tuple[Verdict, str]:
    if not candidate.stayed_in_lane:
        return Verdict.NOT_JUDGED, "outside_lane"
    if candidate.forwards_share > MOST_FORWARDS:
        return Verdict.NOT_JUDGED, "turned_round"
    if candidate.mean_kmh < candidate.least_kmh:
        return Verdict.NOT_JUDGED, "too_slow"
    return Verdict.WRONG_WAY, "drove_against"
