"""The way from above: drawn from what was measured, straight where the vehicle drove straight."""

import json
from typing import Any

import pytest

from service.console.top_down import HEIGHT, WIDTH, top_down_of
from tests.service.console.evidence import CLIPS, NAME, packet_content, runners
from tests.service.packets import ACTS, act_packet_of, packet_of

LANE: dict[str, Any] = json.loads((CLIPS / f"{NAME}.camera.json").read_text(encoding="utf-8"))["lanes"][0]
APART = {**LANE, "approach": [[0, 0.9], [1, 0.9], [1, 1]]}
"""An approach that does not reach the stop line: it has no sides to make parallel."""


@pytest.mark.parametrize(
    ("lane", "way", "most_aside_px"), [(LANE, "flattened", 8.0), (APART, "straightened", 40.0)]
)
@pytest.mark.parametrize("which", range(len(runners())))
def test_a_runner_drives_forward_over_the_line_and_into_the_junction(
    lane: dict[str, Any], way: str, most_aside_px: float, which: int
) -> None:
    seen = top_down_of(packet_content(which), lane)
    assert seen is not None
    assert seen.entry is not None
    assert seen.way == way
    line_x = seen.stop_line[0][0]
    assert seen.crossing[0] == pytest.approx(line_x, abs=2.0)
    assert seen.beats[0][0] < line_x < seen.entry[0] < seen.beats[-1][0]
    assert max(y for _, y in seen.beats) - min(y for _, y in seen.beats) < most_aside_px
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in seen.beats)


def test_the_way_has_the_colour_that_the_signal_had() -> None:
    packet = packet_content(0)
    cross_s = packet["cross_s"]
    packet["signal"]["timeline"] = [
        {"colour": "yellow", "from_s": 0.0, "to_s": cross_s},
        {"colour": "red", "from_s": cross_s, "to_s": 60.0},
    ]
    seen = top_down_of(packet, LANE)
    assert seen is not None
    assert [piece.colour for piece in seen.pieces] == ["yellow", "red"]
    assert seen.pieces[1].points.startswith(f"{seen.crossing[0]},{seen.crossing[1]} ")


NOTHING: list[tuple[str, dict[str, Any], dict[str, Any] | None]] = [
    ("a lane that is not drawn", packet_of(), None),
    ("a vehicle that was seen once", {**packet_of(), "track": packet_of()["track"][:1]}, LANE),
    ("a stop line without length", packet_of(), {**LANE, "stop_line": [[0.5, 0.5], [0.5, 0.5]]}),
    *((f"an act of {kind}", act_packet_of(kind), LANE) for kind in ACTS),
]


@pytest.mark.parametrize(("packet", "lane"), [row[1:] for row in NOTHING], ids=[row[0] for row in NOTHING])
def test_nothing_is_drawn_of(packet: dict[str, Any], lane: dict[str, Any] | None) -> None:
    assert top_down_of(packet, lane) is None


def test_what_lies_beyond_the_horizon_is_left_out() -> None:
    packet = packet_content(0)
    packet["track"].append({"at_s": packet["track"][-1]["at_s"] + 0.1, "box": [0.5, -0.9, 0.01, 0.01]})
    seen = top_down_of(packet, LANE)
    assert seen is not None
    assert all(0 <= x <= WIDTH for x, _ in seen.beats)
