"""From a stored packet of an act back to the candidate that its rule judged. What only geometry tells is taken from the
rule that made the case: had it been otherwise, that rule would have made none.
"""

from itertools import pairwise

from detector.contract.camera import JudgingSettings
from detector.contract.packet import PacketAct, ViolationPacket
from detector.judging.act_candidates import LaneChangeCandidate, SeenWhile, StopCandidate, WrongWayCandidate
from detector.rejudging.restoring import CannotRejudge, refuse_unknown
from detector.rules import wrong_lane, wrong_way

ROUNDED_S = 0.001
"""A packet's times are rounded to this."""

ActCandidate = WrongWayCandidate | LaneChangeCandidate | StopCandidate


def act_candidate_of(packet: ViolationPacket, act: PacketAct, settings: JudgingSettings) -> ActCandidate:
    """What the act's rule needs, with these settings. Raises CannotRejudge naming the fact that is missing."""
    refuse_unknown(packet)
    seen = SeenWhile(
        from_s=act.from_s,
        to_s=act.to_s,
        analysed_fps=packet.analysed_fps,
        gaps=packet.gaps,
        settings=settings,
    )
    if packet.rule.name == wrong_way.NAME:
        return _wrong_way(packet, act, seen)
    if packet.rule.name == wrong_lane.NAME:
        return _lane_change(packet, act, seen)
    return _stop(packet, act, seen)


def _wrong_way(packet: ViolationPacket, act: PacketAct, seen: SeenWhile) -> WrongWayCandidate:
    if act.length_m is None or act.least_kmh is None:
        raise CannotRejudge("the packet does not hold the arrow's length and least speed")
    return WrongWayCandidate(
        seen=seen,
        frames=sum(act.from_s < point.at_s < act.to_s for point in packet.track),
        longest_step_s=_longest_step_s(packet, act),
        forwards_share=0.0,
        stayed_in_lane=True,
        length_m=act.length_m,
        least_kmh=act.least_kmh,
    )


def _lane_change(packet: ViolationPacket, act: PacketAct, seen: SeenWhile) -> LaneChangeCandidate:
    return LaneChangeCandidate(
        seen=seen,
        frames_before=wrong_lane.LEAST_FRAMES_A_SIDE,
        frames_after=wrong_lane.LEAST_FRAMES_A_SIDE,
        seconds_after=wrong_lane.LEAST_AFTER_S,
        came_back=False,
        longest_step_s=_longest_step_s(packet, act),
        widest_step=0.0,
        shape_change=1.0,
        along_share=wrong_lane.LEAST_ALONG_SHARE,
    )


def _stop(packet: ViolationPacket, act: PacketAct, seen: SeenWhile) -> StopCandidate:
    if act.most_s is None:
        raise CannotRejudge("the packet does not hold how long one may stand there")
    return StopCandidate(
        seen=seen,
        seen_arriving=True,
        counted_s=act.to_s - (packet.cross_s - act.most_s) + ROUNDED_S,
        has_other_case=False,
        most_s=act.most_s,
    )


def _longest_step_s(packet: ViolationPacket, act: PacketAct) -> float:
    """The longest time between two points of the act, rounded as the packet's times are."""
    during = [p.at_s for p in packet.track if act.from_s - ROUNDED_S <= p.at_s <= act.to_s + ROUNDED_S]
    if len(during) < 2:
        raise CannotRejudge("the packet's track does not cover the act")
    return max(later - earlier for earlier, later in pairwise(during)) - ROUNDED_S
