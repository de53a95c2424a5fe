"""Stopping over the stop line on red: another offence than running it (Decree 168/2024 art. 6.1.a, 7.1.a).

The vehicle crossed the line on red and stood still behind it without entering the junction. An officer decides.
"""

from detector.judging.candidate import Candidate
from detector.rules.red_light import doubt, excuse
from detector.types import Verdict

NAME = "stop_line"
VERSION = "1"


def judge(candidate: Candidate) -> tuple[Verdict, str]:
    """The verdict of this rule and the one word why."""
    return doubt(candidate) or excuse(candidate) or _stop(candidate)


def _stop(candidate: Candidate) -> tuple[Verdict, str]:
    if candidate.entered_junction_s is not None and not candidate.stopped:
        return Verdict.NOT_JUDGED, "entered_junction"
    if not candidate.stopped:
        return Verdict.NOT_JUDGED, "track_lost"
    if not candidate.moved_whole:
        return Verdict.NOT_JUDGED, "partly_hidden"
    return Verdict.STOP_LINE, "stopped_over_line"
