"""Standing where nobody may stand: on a zebra, beside a no-stopping sign (Decree 168/2024 art. 6.2.đ, 7.2.e, 9.1.đ).

The vehicle was seen driving in and stood still for longer than the zone allows. Time in a queue at the zone's signal,
behind a standing vehicle or in traffic of which nothing moves does not count.
"""

from detector.judging.act_candidates import StopCandidate
from detector.types import Verdict

NAME = "illegal_stop"
VERSION = "1"


def judge(candidate: StopCandidate) -> tuple[Verdict, str]:
    """The verdict of this rule and the one word why."""
    if not candidate.seen_arriving:
        return Verdict.NOT_JUDGED, "first_seen_standing"
    if candidate.seen.touches_gap:
        return Verdict.NOT_JUDGED, "gap_in_footage"
    if candidate.seen.too_thinly:
        return Verdict.NOT_JUDGED, "too_few_frames"
    if candidate.counted_s < candidate.most_s:
        return Verdict.NOT_JUDGED, "could_not_drive_on"
    if candidate.has_other_case:
        return Verdict.NOT_JUDGED, "other_case"
    return Verdict.ILLEGAL_STOP, "stood_too_long"
