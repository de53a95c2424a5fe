"""Where the vehicle is in each of the three stills, so that they can be enlarged onto it. Shares in, shares out."""

from dataclasses import dataclass
from typing import Any

from detector.contract.packet import SCENE_FILES

BEFORE_S, JUNCTION_S = 0.4, 0.3
"""How far the detector takes the stills from the crossing and from the entry into the junction."""
CLIP_MARGIN_S = 6.0
ACT_LABELS = {
    "wrong_way": (
        "Against the arrow: first seen",
        "Against the arrow: half-way",
        "Against the arrow: at its tail",
    ),
    "wrong_lane": ("In its own lane", "On the solid line", "In the other lane"),
    "illegal_stop": ("Standing in the zone", "Its time is over", "Still standing"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Still:
    """One still: its file, its text's msgid, and the vehicle's centre and size in shares of the picture."""

    name: str
    label: str
    x: float
    y: float
    width: float
    height: float


def stills_of(packet: dict[str, Any]) -> tuple[Still, Still, Still]:
    """Before the line, on it, and in the junction or where it stopped."""
    if packet.get("act"):
        return _stills_of_act(packet, packet["act"])
    cross_s, entry_s = packet["cross_s"], packet["entered_junction_s"]
    went_on = packet["kind"] == "red_light"
    track = packet["track"]
    last_s = track[-1]["at_s"] if track else cross_s
    after_s = entry_s + JUNCTION_S if went_on and entry_s is not None else last_s
    return (
        _still("scene_before.jpg", "Before the line", packet, cross_s - BEFORE_S),
        _still("scene_crossing.jpg", "On the line", packet, cross_s),
        _still("scene_junction.jpg", "In the junction" if went_on else "Where it stopped", packet, after_s),
    )


def _stills_of_act(packet: dict[str, Any], act: dict[str, Any]) -> tuple[Still, Still, Still]:
    """As the act begins, at its moment, and at its end, as far as the clip reaches."""
    moment_s = packet["cross_s"]
    times = (
        max(act["from_s"], moment_s - CLIP_MARGIN_S),
        moment_s,
        min(act["to_s"], moment_s + CLIP_MARGIN_S),
    )
    before, at, after = (
        _still(name, label, packet, at_s)
        for name, label, at_s in zip(SCENE_FILES, ACT_LABELS[packet["kind"]], times, strict=True)
    )
    return before, at, after


def _still(name: str, label: str, packet: dict[str, Any], at_s: float) -> Still:
    """The vehicle's box nearest in time; the box at the crossing where it was not tracked."""
    # An officer draws one box, on the frame of the act: in the others nobody knows where the vehicle is.
    unseen = bool(packet.get("marking")) and name != "scene_crossing.jpg"
    seen = min(packet["track"], key=lambda point: abs(point["at_s"] - at_s), default=None)
    left, top, width, height = packet["vehicle"]["box"] if seen is None else seen["box"]
    return Still(
        name=name,
        label=label,
        x=_within(left + width / 2),
        y=_within(top + height / 2),
        width=0.0 if unseen else _within(width),
        height=0.0 if unseen else _within(height),
    )


def _within(share: float) -> float:
    return round(min(max(share, 0.0), 1.0), 4)
