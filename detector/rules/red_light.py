"""Running a red light (Law 36/2024 art. 11.4; Decree 168/2024 art. 6.9.b, 7.7.c).

The vehicle was seen before the line, crossed it while the governing signal had been red for at least `grace_s`,
and entered the junction while it was still red. Anything unknown gives no case.
"""

from detector.judging.candidate import Candidate, touches_gap
from detector.types import Verdict
from models.types import LampColour

NAME = "red_light"
VERSION = "1"
LEAST_POINTS_IN_APPROACH = 2
LONGEST_STEP_S = 0.4
"""Between two frames a vehicle is taken to drive on evenly; over a longer time it may have braked behind the line."""


def judge(candidate: Candidate) -> tuple[Verdict, str]:
    """The verdict of this rule and the one word why."""
    return doubt(candidate) or excuse(candidate) or _entry(candidate)


def doubt(candidate: Candidate) -> tuple[Verdict, str] | None:
    """What forbids any automatic case: too little was seen of the vehicle, the signal or the moment."""
    not_judged = Verdict.NOT_JUDGED
    if candidate.points_in_approach < LEAST_POINTS_IN_APPROACH:
        return not_judged, "first_seen_past_line"
    if touches_gap(candidate):
        return not_judged, "gap_in_footage"
    if candidate.analysed_fps < candidate.settings.least_analysed_fps:
        return not_judged, "too_few_frames"
    if candidate.colour_at_crossing in (LampColour.UNKNOWN, LampColour.OFF):
        return not_judged, "signal_unknown"
    return None


def excuse(candidate: Candidate) -> tuple[Verdict, str] | None:
    """What makes a crossing no offence of this kind: the colour, the grace time, the place at red onset."""
    if candidate.red_since_s is None:
        return Verdict.LAWFUL, str(candidate.colour_at_crossing)
    if candidate.over_line_at_onset:
        return Verdict.ALREADY_OVER, "over_line_at_onset"
    if candidate.crossing.cross_s - candidate.red_since_s < candidate.settings.grace_s:
        return Verdict.NOT_JUDGED, "grace"
    if _may_have_crossed_before_red(candidate):
        return Verdict.NOT_JUDGED, "hidden_at_line"
    if candidate.took_free_exit:
        return Verdict.LAWFUL, "free_on_red"
    return None


def _may_have_crossed_before_red(candidate: Candidate) -> bool:
    """Whether the vehicle was out of sight while it crossed, and red was not on yet when it was last seen before."""
    seen_before_s = candidate.crossing.seen_before_s
    if seen_before_s is None or candidate.red_since_s is None:
        return False
    out_of_sight = candidate.crossing.cross_s - seen_before_s > LONGEST_STEP_S
    return out_of_sight and seen_before_s < candidate.red_since_s


def _entry(candidate: Candidate) -> tuple[Verdict, str]:
    if candidate.entered_junction_s is None:
        return Verdict.NOT_JUDGED, "did_not_enter"
    if candidate.colour_at_entry is not LampColour.RED:
        return Verdict.NOT_JUDGED, "entered_after_red"
    return Verdict.RED_LIGHT, "ran_red"
