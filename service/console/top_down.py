"""The vehicle's way from above, as shapes for an SVG: a packet and the drawing of its lane in, places in pixels out.

      approach   │ stop line      junction          forward is to the right; each piece of the way has the colour
    ─────────────┼──────────────────────────        that the signal had then
      ● ● ● ●  ● │ ●   ●    ●      ●
    ─────────────┼──────────────────────────

No camera file holds metres over the road's plane, so this is a schematic, and its caption says which:
flattened    the lane's two sides, drawn to meet in the distance, are made parallel: one vanishing point is undone
straightened the picture is only turned so that the stop line stands upright, where no sides are drawn to the line
Sideways one lane's width is one length; along the road nothing is to scale.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from service.cameras.shapes import Place

WIDTH, HEIGHT, MARGIN = 300.0, 132.0, 8.0
ASPECT = 16 / 9
"""Packets do not say how wide the picture was."""
BEAT_S = 0.5
AT_THE_LINE = 0.08
"""In picture heights: how far a corner of the approach may lie from the end of the stop line that it stands for."""
NEAREST_HORIZON = 0.12
"""Of the way to the vanishing point: what lies nearer to it is not drawn, it would reach into the infinite."""
LEAST_SIDE = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A piece of the way while the signal had one colour."""

    colour: str
    points: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TopDown:
    """All shapes, in a box of WIDTH by HEIGHT. `way` says how the picture was made one from above."""

    way: str
    approach: str
    junction: str
    exits: tuple[str, ...]
    stop_line: tuple[Place, Place]
    pieces: tuple[Piece, ...]
    beats: tuple[Place, ...]
    """Where it was every BEAT_S from the crossing: the wider apart, the faster."""
    crossing: Place
    entry: Place | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Frame:
    """The stop line's own axes: `along` it and `behind` it, in picture heights, from its middle."""

    middle: Place
    along: Place
    behind: Place
    half_length: float

    def place(self, place: Sequence[float]) -> Place:
        x, y = place[0] * ASPECT - self.middle[0], place[1] - self.middle[1]
        return x * self.along[0] + y * self.along[1], x * self.behind[0] + y * self.behind[1]


Flatten = Callable[[Place], Place | None]


def top_down_of(packet: dict[str, Any], lane: dict[str, Any] | None) -> TopDown | None:
    """The schematic of a crossing; None for other kinds, an officer's marking, and a lane that is not drawn."""
    if lane is None or packet.get("act") or len(packet["track"]) < 2:
        return None
    frame = _frame_of(lane)
    if frame is None:
        return None
    vanishing = _vanishing_point(lane, frame)
    flatten: Flatten = _plain(frame) if vanishing is None else _flattening(frame, vanishing)
    track = [(point["at_s"], _ground(point["box"])) for point in packet["track"]]
    way = [(at_s, place) for at_s, ground in track if (place := flatten(frame.place(ground))) is not None]
    if len(way) < 2:
        return None
    outline = {name: _outline(lane[name], frame, flatten) for name in ("approach", "junction")}
    to_px = _scale([place for _, place in way], outline["approach"])
    entered_s = packet["entered_junction_s"]
    return TopDown(
        way="straightened" if vanishing is None else "flattened",
        approach=_points(map(to_px, outline["approach"])),
        junction=_points(map(to_px, outline["junction"])),
        exits=tuple(
            _points(map(to_px, _outline(exit_, frame, flatten))) for exit_ in lane.get("free_on_red", ())
        ),
        stop_line=(to_px((0.0, -1.0)), to_px((0.0, 1.0))),
        pieces=tuple(_pieces(way, packet["signal"]["timeline"], to_px)),
        beats=tuple(to_px(_at(way, at_s)) for at_s in _beats(way, packet["cross_s"])),
        crossing=to_px(_at(way, packet["cross_s"])),
        entry=None if entered_s is None or entered_s > way[-1][0] else to_px(_at(way, entered_s)),
    )


def _frame_of(lane: dict[str, Any]) -> _Frame | None:
    (ax, ay), (bx, by) = ((place[0] * ASPECT, place[1]) for place in lane["stop_line"])
    length = math.hypot(bx - ax, by - ay)
    if length < LEAST_SIDE:
        return None
    along = ((bx - ax) / length, (by - ay) / length)
    middle = ((ax + bx) / 2, (ay + by) / 2)
    back = [sum(place[axis] for place in lane["approach"]) / len(lane["approach"]) for axis in (0, 1)]
    behind = (-along[1], along[0])
    side = (back[0] * ASPECT - middle[0]) * behind[0] + (back[1] - middle[1]) * behind[1]
    if side < 0:
        behind = (-behind[0], -behind[1])
    return _Frame(middle=middle, along=along, behind=behind, half_length=length / 2)


def _vanishing_point(lane: dict[str, Any], frame: _Frame) -> Place | None:
    """Where the two sides of the approach meet, in the stop line's axes; None where they do not, or are not drawn."""
    corners = [frame.place(place) for place in lane["approach"]]
    near = [_side_from((end * frame.half_length, 0.0), corners) for end in (-1, 1)]
    if near[0] is None or near[1] is None:
        return None
    (first, one), (second, other) = near[0], near[1]
    across = one[0] * other[1] - one[1] * other[0]
    if abs(across) < LEAST_SIDE:
        return None
    share = ((second[0] - first[0]) * other[1] - (second[1] - first[1]) * other[0]) / across
    found = (first[0] + share * one[0], first[1] + share * one[1])
    return None if abs(found[1]) < LEAST_SIDE else found


def _side_from(end: Place, corners: Sequence[Place]) -> tuple[Place, Place] | None:
    """The corner at one end of the stop line, and the direction of the side that leads away from the line there."""
    number = min(range(len(corners)), key=lambda each: math.dist(corners[each], end))
    corner = corners[number]
    if math.dist(corner, end) > AT_THE_LINE:
        return None
    beside = (corners[number - 1], corners[(number + 1) % len(corners)])
    back = max(beside, key=lambda place: place[1] - corner[1])
    if back[1] - corner[1] < LEAST_SIDE:
        return None
    return corner, (back[0] - corner[0], back[1] - corner[1])


def _plain(frame: _Frame) -> Flatten:
    return lambda place: (-place[1] / frame.half_length, place[0] / frame.half_length)


def _flattening(frame: _Frame, vanishing: Place) -> Flatten:
    """Undo one vanishing point: widths shrink with the distance to it, lengths with its square."""
    across, behind = vanishing

    def flatten(place: Place) -> Place | None:
        nearness = 1 - place[1] / behind
        if nearness < NEAREST_HORIZON:
            return None
        centre = across * place[1] / behind
        forward = behind * (1 - 1 / nearness)
        return forward / frame.half_length, (place[0] - centre) / nearness / frame.half_length

    return flatten


def _outline(area: Sequence[Sequence[float]], frame: _Frame, flatten: Flatten) -> list[Place]:
    """The corners of an area, as far as they lie this side of the horizon."""
    return [found for place in area if (found := flatten(frame.place(place))) is not None]


def _scale(way: Sequence[Place], approach: Sequence[Place]) -> Callable[[Place], Place]:
    """Fits the way, and as much of the approach as is as long, into the box; the two axes each by themselves."""
    first, last = min(place[0] for place in way), max(place[0] for place in way)
    first, last = min(first, -0.2), max(last, 0.2)
    behind = max(min((place[0] for place in approach), default=first), 1.6 * first)
    first, last = min(first, behind), last + 0.06 * (last - first)
    most = max(1.15, *(abs(place[1]) for place in way))
    wide, high = (WIDTH - 2 * MARGIN) / (last - first), (HEIGHT - 2 * MARGIN) / (2 * most)
    return lambda place: (
        round(MARGIN + (place[0] - first) * wide, 1),
        round(HEIGHT / 2 + place[1] * high, 1),
    )


def _pieces(
    way: Sequence[tuple[float, Place]], spans: Sequence[dict[str, Any]], to_px: Callable[[Place], Place]
) -> Iterator[Piece]:
    """The way cut where the signal changed."""
    cuts = [
        way[0][0],
        *(span["from_s"] for span in spans if way[0][0] < span["from_s"] < way[-1][0]),
        way[-1][0],
    ]
    for from_s, to_s in pairwise(sorted(cuts)):
        middle_s = (from_s + to_s) / 2
        colour = next(
            (span["colour"] for span in spans if span["from_s"] <= middle_s <= span["to_s"]), "unknown"
        )
        places = [_at(way, from_s), *(place for at_s, place in way if from_s < at_s < to_s), _at(way, to_s)]
        yield Piece(colour=colour, points=_points(map(to_px, places)))


def _beats(way: Sequence[tuple[float, Place]], from_s: float) -> Iterator[float]:
    first, last = math.ceil((way[0][0] - from_s) / BEAT_S), math.floor((way[-1][0] - from_s) / BEAT_S)
    return (from_s + number * BEAT_S for number in range(first, last + 1))


def _at(way: Sequence[tuple[float, Place]], at_s: float) -> Place:
    """Where the vehicle was, between the two frames beside the moment."""
    for (from_s, one), (to_s, other) in pairwise(way):
        if at_s <= to_s and to_s > from_s:
            share = max(0.0, (at_s - from_s) / (to_s - from_s))
            return one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1])
    return way[-1][1]


def _ground(box: Sequence[float]) -> Place:
    return box[0] + box[2] / 2, box[1] + box[3]


def _points(places: Iterator[Place] | Sequence[Place]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
