"""The signal timeline of a case as shapes for an SVG: lamp spans against crossing and entry. Draws numbers only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 1000, 120
BEFORE_S, AFTER_S = 12.0, 8.0


@dataclass(frozen=True, kw_only=True, slots=True)
class LampBar:
    """One colour from left to left + width, in the drawing's units."""

    colour: str
    left: float
    width: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """A mark of the scale, in seconds from the crossing."""

    x: float
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """All shapes; `path` is the way of the ground point over the stop line, None where it was not tracked."""

    bars: tuple[LampBar, ...]
    ticks: tuple[Tick, ...]
    crossing_x: float
    entry_x: float | None
    path: str | None


def timeline_of(packet: dict[str, Any]) -> Timeline:
    """The timeline of a packet, from 12 s before the crossing to 8 s after it."""
    cross_s = float(packet["cross_s"])
    start, end = cross_s - BEFORE_S, cross_s + AFTER_S

    def x_of(at_s: float) -> float:
        return round(WIDTH * (min(max(at_s, start), end) - start) / (end - start), 1)

    entry_s = packet["entered_junction_s"]
    bars = tuple(
        LampBar(
            colour=span["colour"],
            left=x_of(span["from_s"]),
            width=round(x_of(span["to_s"]) - x_of(span["from_s"]), 1),
        )
        for span in packet["signal"]["timeline"]
        if span["to_s"] > start and span["from_s"] < end
    )
    ticks = tuple(Tick(x=x_of(cross_s + second), label=f"{second:+d} s") for second in range(-10, 8, 2))
    return Timeline(
        bars=bars,
        ticks=ticks,
        crossing_x=x_of(cross_s),
        entry_x=x_of(entry_s) if entry_s is not None else None,
        path=_path([p for p in packet["track"] if start <= p["at_s"] <= end], packet, x_of),
    )


def _path(points: Sequence[dict[str, Any]], packet: dict[str, Any], x_of: Any) -> str | None:
    """The height of the ground point against its height at the crossing, as an SVG path."""
    if len(points) < 2:
        return None
    box = packet["vehicle"]["box"]
    line_y = box[1] + box[3]
    ways = [line_y - (p["box"][1] + p["box"][3]) for p in points]
    reach = max(0.05, *(abs(way) for way in ways))
    places = [
        f"{x_of(point['at_s'])},{round(70 - 34 * way / reach, 1)}"
        for point, way in zip(points, ways, strict=True)
    ]
    return "M" + " L".join(places)
