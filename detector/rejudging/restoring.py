"""From a stored packet back to the candidate that the rules judged, as far as the packet holds it. Guesses nothing.

A packet holds no lane geometry. What only geometry tells (seen before the line, not over it at red onset, no free
exit) is taken from the rule that made the case: had it been otherwise, that rule would have made none.
"""

from detector.contract.camera import JudgingSettings
from detector.contract.packet import ViolationPacket
from detector.errors import DetectorError
from detector.judging.candidate import Candidate
from detector.judging.track_course import stands_still
from detector.rules import red_light, stop_line
from detector.types import Crossing, Direction, Track, TrackPoint
from models.types import Box, LampColour

KNOWN_RULES = {
    ("red_light", "1"),
    ("stop_line", "1"),
    ("wrong_way", "1"),
    ("wrong_lane", "1"),
    ("illegal_stop", "1"),
}
"""Rules whose case proves what only geometry tells; a new version is added once that was checked."""
STOPPED_S = 2.0


class CannotRejudge(DetectorError):
    """A stored case that lacks a fact which the rules ask for."""


def candidate_of(packet: ViolationPacket, settings: JudgingSettings) -> Candidate:
    """What the rules need, with these settings. Raises CannotRejudge naming the fact that is missing."""
    refuse_unknown(packet)
    track, crossing = _track(packet), _crossing(packet)
    red_s = packet.signal.red_elapsed_s
    return Candidate(
        crossing=crossing,
        track=track,
        signal_id=packet.signal.signal_id,
        points_in_approach=red_light.LEAST_POINTS_IN_APPROACH,
        colour_at_crossing=packet.signal.colour_at_crossing,
        red_since_s=packet.cross_s - red_s if red_s is not None else None,
        over_line_at_onset=False,
        entered_junction_s=packet.entered_junction_s,
        colour_at_entry=_colour_at_entry(packet),
        took_free_exit=False,
        moved_whole=packet.kind == stop_line.NAME,
        stopped=stands_still(track, packet.cross_s, for_s=STOPPED_S),
        analysed_fps=packet.analysed_fps,
        gaps=packet.gaps,
        settings=settings,
    )


def refuse_unknown(packet: ViolationPacket) -> None:
    """Raises CannotRejudge for a case that no known rule made, or of which too much is missing."""
    if packet.origin != "detector":
        raise CannotRejudge("an officer made this case, no rule did")
    if (packet.rule.name, packet.rule.version) not in KNOWN_RULES:
        raise CannotRejudge(
            f"rule {packet.rule.name} {packet.rule.version} made it, and what its cases prove is not known here"
        )
    if not packet.track:
        raise CannotRejudge("the packet holds no track")
    if packet.signal.colour_at_crossing is LampColour.RED and packet.signal.red_elapsed_s is None:
        raise CannotRejudge("the packet does not say how long the signal had been red")


def _track(packet: ViolationPacket) -> Track:
    # A packet keeps no score per point, and no rule asks for it.
    points = tuple(TrackPoint(at_s=p.at_s, box=_box(p.box), score=float("nan")) for p in packet.track)
    return Track(
        track_id=packet.vehicle.track_id,
        vehicle_class=packet.vehicle.vehicle_class,
        class_confidence=packet.vehicle.class_confidence,
        points=points,
    )


def _crossing(packet: ViolationPacket) -> Crossing:
    box = _box(packet.vehicle.box)
    return Crossing(
        track_id=packet.vehicle.track_id,
        lane_id=packet.lane_id,
        direction=Direction.FORWARD,
        cross_s=packet.cross_s,
        place=box.ground,
        box=box,
    )


def _colour_at_entry(packet: ViolationPacket) -> LampColour:
    entered_s = packet.entered_junction_s
    if entered_s is None:
        return LampColour.UNKNOWN
    for span in packet.signal.timeline:
        if span.from_s <= entered_s <= span.to_s:
            return span.colour
    raise CannotRejudge(f"the packet's signal timeline does not reach the entry at {entered_s:.2f} s")


def _box(shares: tuple[float, float, float, float]) -> Box:
    left, top, width, height = shares
    return Box(left=left, top=top, right=left + width, bottom=top + height)
