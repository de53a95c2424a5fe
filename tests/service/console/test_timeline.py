"""The case's timeline: where the clip's pictures lie on it, told by the packet or not at all."""

from typing import Any

from service.console.timeline import Timeline, timeline_of
from tests.service.packets import packet_of


def crossing_in_clip_s(timeline: Timeline) -> float:
    """How far into the clip the crossing is, by the timeline."""
    assert timeline.clip_at_s is not None
    return round(timeline.crossing_at_s - timeline.clip_at_s, 3)


def test_the_clip_lies_where_the_packet_says() -> None:
    timeline = timeline_of(packet_of(cross_s=19.2, clip_from_s=12.6))
    assert crossing_in_clip_s(timeline) == 6.6
    assert round(100 * timeline.crossing_at_s / timeline.span_s, 2) == timeline.crossing


def test_of_an_older_packet_nothing_is_guessed() -> None:
    assert timeline_of(packet_of()).clip_at_s is None


def test_what_an_officer_marked_counts_in_seconds_of_the_clip() -> None:
    marking: dict[str, Any] = {"mark_id": "0" * 32, "officer": "Lan"}
    assert crossing_in_clip_s(timeline_of(packet_of(cross_s=6.4, marking=marking))) == 6.4
