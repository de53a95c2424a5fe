"""Writes down one proved finding as a violation packet: the same finding and frames give the same bytes.

In: finding, proof, voted plate, what the signal showed. Out: the packet of detector.contract. Decides nothing.
Figures are rounded once, here, so that platforms agree on their last digits.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from detector.contract.camera import Camera, JudgingSettings
from detector.contract.packet import (
    BoxShares,
    Kind,
    PacketAct,
    PacketCamera,
    PacketCharacter,
    PacketPlate,
    PacketPlateRead,
    PacketRule,
    PacketRun,
    PacketSignal,
    PacketSpan,
    PacketTrackPoint,
    PacketVehicle,
    ViolationPacket,
)
from detector.judging.timeline import SignalTimeline
from detector.judging.track_course import analysed_fps
from detector.sources.feed import CameraFeed, FeedClock
from detector.sources.translating import is_live
from detector.types import Act, Finding, TrackPoint, Verdict, VotedPlate
from detector.watching.proving import CLIP_MARGIN_S, Proof
from detector.watching.violation_id import name_violation
from models.types import Box, PlateColour

TIMELINE_BEFORE_S = 60.0
TIMELINE_AFTER_S = 10.0
TRACK_BEFORE_S = 8.0
ACT_BEFORE_S = 2.0
"""The track is told from so long before an act began: it shows how the vehicle came."""
KINDS: dict[Verdict, Kind] = {
    Verdict.RED_LIGHT: "red_light",
    Verdict.STOP_LINE: "stop_line",
    Verdict.WRONG_WAY: "wrong_way",
    Verdict.WRONG_LANE: "wrong_lane",
    Verdict.ILLEGAL_STOP: "illegal_stop",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class RunStamp:
    """This run's own mark: the only part of a packet that differs between two replays."""

    run_id: str
    software_version: str


def stamp_run(*, software_version: str) -> RunStamp:
    """A mark for a run that starts now."""
    return RunStamp(run_id=uuid4().hex, software_version=software_version)


def describe(
    finding: Finding,
    proof: Proof,
    plate: VotedPlate,
    *,
    camera: Camera,
    feed: CameraFeed,
    timeline: SignalTimeline,
    weights: dict[str, str],
    run: RunStamp,
    clip_from_s: float | None,
) -> ViolationPacket:
    """The packet of one violation. `clip_from_s`: where its clip begins; None for a clip that is empty."""
    kind = KINDS[finding.verdict]
    cross_s = finding.crossing.cross_s
    return ViolationPacket(
        violation_id=name_violation(
            camera_id=camera.camera_id,
            kind=kind,
            frame_sha256=proof.crossing_sha256,
            crossing=finding.crossing,
        ),
        kind=kind,
        footage=camera.footage or ("live" if is_live(camera.sources.main) else "recorded"),
        camera=PacketCamera(
            camera_id=camera.camera_id, name=camera.name, calibration_sha256=camera.calibration_sha256()
        ),
        lane_id=finding.crossing.lane_id,
        committed_at=moment_of(feed.clock, cross_s),
        clock=feed.clock.clock,
        cross_s=round(cross_s, 3),
        frame_number=proof.crossing.number,
        frame_sha256=proof.crossing_sha256,
        entered_junction_s=_rounded(finding.entered_junction_s),
        analysed_fps=round(analysed_fps(finding.track, cross_s), 2),
        vehicle=_vehicle(finding),
        signal=_signal(finding, timeline),
        track=tuple(_track_point(p) for p in finding.track.points if p.at_s >= _track_from_s(finding)),
        plate=packet_plate(plate),
        rule=PacketRule(
            name=finding.rule, version=finding.rule_version, parameters=_parameters(camera.judging)
        ),
        weights=weights,
        gaps=tuple((round(a, 3), round(b, 3)) for a, b in feed.gaps if _is_near(a, b, cross_s)),
        clip_from_s=_rounded(clip_from_s),
        act=_act(finding.act),
        run=PacketRun(
            run_id=run.run_id, produced_at=datetime.now(UTC), software_version=run.software_version
        ),
    )


def moment_of(clock: FeedClock, at_s: float) -> datetime | None:
    """The moment of a stream second, UTC to the millisecond; None when the footage has no clock."""
    if clock.started_at is None:
        return None
    return clock.started_at + timedelta(milliseconds=round(at_s * 1000))


def _track_from_s(finding: Finding) -> float:
    from_s = finding.crossing.cross_s - TRACK_BEFORE_S
    return from_s if finding.act is None else min(from_s, finding.act.from_s - ACT_BEFORE_S)


def _act(act: Act | None) -> PacketAct | None:
    if act is None:
        return None
    return PacketAct(
        from_s=round(act.from_s, 3),
        to_s=round(act.to_s, 3),
        length_m=act.length_m,
        least_kmh=act.least_kmh,
        most_s=act.most_s,
    )


def _vehicle(finding: Finding) -> PacketVehicle:
    track = finding.track
    return PacketVehicle(
        vehicle_class=track.vehicle_class,
        class_confidence=round(track.class_confidence, 3),
        track_id=track.track_id,
        box=_shares(finding.crossing.box),
    )


def _signal(finding: Finding, timeline: SignalTimeline) -> PacketSignal:
    cross_s, red_since_s = finding.crossing.cross_s, finding.red_since_s
    spans = timeline.spans(cross_s - TIMELINE_BEFORE_S, cross_s + TIMELINE_AFTER_S)
    return PacketSignal(
        signal_id=finding.signal_id,
        colour_at_crossing=timeline.colour_at(cross_s),
        red_elapsed_s=_rounded(cross_s - red_since_s if red_since_s is not None else None),
        yellow_length_s=_rounded(timeline.yellow_length(red_since_s) if red_since_s is not None else None),
        timeline=tuple(
            PacketSpan(colour=s.colour, from_s=round(s.from_s, 3), to_s=round(s.to_s, 3)) for s in spans
        ),
    )


def packet_plate(plate: VotedPlate) -> PacketPlate:
    """A vote as it stands in the packet."""
    winner = plate.winner
    return PacketPlate(
        text=winner.text if winner else None,
        confidence=round(winner.confidence, 4) if winner else 0.0,
        verdict=plate.verdict.value,
        reason=plate.reason,
        layout=winner.layout if winner else None,
        colour=winner.colour if winner else PlateColour.UNKNOWN,
        rows=tuple(
            tuple(PacketCharacter(character=c.character, confidence=round(c.confidence, 4)) for c in row)
            for row in (winner.rows if winner else ())
        ),
        reads=tuple(
            PacketPlateRead(
                at_s=round(timed.at_s, 3),
                box=_shares(timed.box),
                text=timed.read.text,
                confidence=round(timed.read.confidence, 4),
            )
            for timed in plate.reads
        ),
    )


def _track_point(point: TrackPoint) -> PacketTrackPoint:
    return PacketTrackPoint(at_s=round(point.at_s, 3), box=_shares(point.box))


def _shares(box: Box) -> BoxShares:
    return (round(box.left, 4), round(box.top, 4), round(box.width, 4), round(box.height, 4))


def _parameters(settings: JudgingSettings) -> dict[str, float]:
    return {name: float(value) for name, value in sorted(settings.model_dump().items())}


def _is_near(from_s: float, to_s: float, cross_s: float) -> bool:
    return from_s <= cross_s + CLIP_MARGIN_S and to_s >= cross_s - CLIP_MARGIN_S


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
