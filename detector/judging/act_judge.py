"""Judges what is no crossing of a stop line, over the same tracks: against a lane, over a solid line, in a zone.

    tracks ─▶ arrow watch ─────▶ wrong_way
           ├▶ solid line watch ▶ wrong_lane       a finding once per track and line,
           └▶ dwell watch ─────▶ illegal_stop     arrow or stay; the rest is counted

A camera file that draws none of them costs nothing here.
"""

from collections import Counter, deque
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from detector.contract.camera import Camera
from detector.judging.act_candidates import SeenWhile, StopCandidate
from detector.judging.arrow_watch import AgainstArrow, ArrowGeometry, ArrowWatch, against, arrow_of
from detector.judging.dwell_watch import (
    LOOK_BACK_S,
    DwellWatch,
    Standing,
    ZoneGeometry,
    is_held_up,
    other_of,
    zone_of,
)
from detector.judging.solid_line_watch import LaneChange, SolidLineWatch, change_of, line_of, step_over_s
from detector.judging.timeline import SignalTimeline
from detector.judging.track_course import analysed_fps, box_at
from detector.judging.tracking import Tracker
from detector.rules import illegal_stop, wrong_lane, wrong_way
from detector.types import CASE_VERDICTS, Act, Crossing, Direction, Finding, Track, TrackPoint, Verdict
from models.types import LampColour, Point

QUEUE_LEAVES_S = 10.0
"""Green needs so long until the queue at a signal has driven off: whoever waits in it meanwhile is held up."""


class Rule(Protocol):
    """What a rule's module says of itself."""

    NAME: str
    VERSION: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What a frame's acts are judged with besides their tracks."""

    gaps: tuple[tuple[float, float], ...]
    cases: Container[int]
    """Tracks that are a case of running the light or stopping over the line."""
    waiting: Container[int]
    """Tracks of which that is not known yet."""


@dataclass(kw_only=True, slots=True)
class _Watches:
    """Everything that watches one track."""

    arrows: list[ArrowWatch]
    lines: dict[str, SolidLineWatch]
    zones: list[DwellWatch]
    lately: deque[TrackPoint] = field(default_factory=deque)
    track: Track | None = None
    """Kept only while the track is beyond a solid line: it may end before it is judged."""
    stays: list[tuple[ZoneGeometry, Standing]] = field(default_factory=list)
    """Stays of which it is not known yet whether the same act is another case."""


class ActJudge:
    """The rules besides those of the stop line, over one camera's tracks."""

    def __init__(
        self, camera: Camera, tracker: Tracker, timelines: dict[str, SignalTimeline], counts: Counter[str]
    ) -> None:
        self._arrows = [arrow for lane in camera.lanes if (arrow := arrow_of(lane)) is not None]
        self._lines = {line.id: line_of(line) for line in camera.solid_lines}
        self._zones = [zone_of(zone) for zone in camera.no_stop_zones]
        self._is_needed = camera.is_judged_on_green
        self._settings = camera.judging
        self._signal_id = camera.lanes[0].signal if camera.lanes else ""
        self._tracker = tracker
        self._timelines = timelines
        self._counts = counts
        self._watches: dict[int, _Watches] = {}
        self._told: set[tuple[int, str]] = set()

    @property
    def is_needed(self) -> bool:
        """Whether anything is drawn for these rules: then vehicles are followed whatever the lamps show."""
        return self._is_needed

    def look(self, track_ids: Sequence[int], around: Surroundings) -> list[Finding]:
        """Take one analysed frame's tracks; the findings that became final with it."""
        if not self._is_needed:
            return []
        findings: list[Finding] = []
        for track_id in track_ids:
            watches = self._watches.setdefault(track_id, self._new_watches())
            self._remember(watches, self._tracker.last_point(track_id))
        for track_id in track_ids:
            findings += self._follow(track_id, self._watches[track_id], around)
        for track_id in set(self._tracker.ended) & set(self._watches):
            watches = self._watches.pop(track_id)
            if track_id not in self._tracker.doubles:
                findings += self._end(watches, around)
            self._told = {told for told in self._told if told[0] != track_id}
        return findings

    def finish(self, around: Surroundings) -> list[Finding]:
        """The footage is over: decide on what is still pending."""
        findings: list[Finding] = []
        for track_id, watches in self._watches.items():
            stays = [*watches.stays, *((dwell.zone, dwell.end()) for dwell in watches.zones)]
            watches.stays = []
            findings += [
                self._judge_stay(track_id, zone, stay, around) for zone, stay in stays if stay is not None
            ]
            findings += self._end(watches, around)
        self._watches.clear()
        return findings

    def _new_watches(self) -> _Watches:
        return _Watches(
            arrows=[ArrowWatch(arrow) for arrow in self._arrows],
            lines={line_id: SolidLineWatch(line) for line_id, line in self._lines.items()},
            zones=[DwellWatch(zone) for zone in self._zones],
        )

    def _remember(self, watches: _Watches, point: TrackPoint) -> None:
        watches.lately.append(point)
        while watches.lately[0].at_s < point.at_s - LOOK_BACK_S:
            watches.lately.popleft()

    def _follow(self, track_id: int, watches: _Watches, around: Surroundings) -> list[Finding]:
        point = watches.lately[-1]
        findings = []
        for arrow in watches.arrows:
            run = arrow.add(point)
            if run is not None:
                findings.append(self._judge_run(track_id, arrow.geometry, run, around))
        for line_id, watch in watches.lines.items():
            change = watch.add(point)
            if change is not None:
                track = self._tracker.track(track_id)
                findings.append(self._judge_change(track, line_id, change, around))
        if any(watch.is_over for watch in watches.lines.values()):
            watches.track = self._tracker.track(track_id)
        return findings + self._follow_in_zones(track_id, watches, around)

    def _follow_in_zones(self, track_id: int, watches: _Watches, around: Surroundings) -> list[Finding]:
        for dwell in watches.zones:
            stay = dwell.add(watches.lately[-1], partial(self._is_held, track_id, dwell.zone))
            if stay is not None:
                watches.stays.append((dwell.zone, stay))
        if track_id in around.waiting:
            return []
        stays, watches.stays = watches.stays, []
        return [self._judge_stay(track_id, zone, stay, around) for zone, stay in stays]

    def _is_held(self, track_id: int, zone: ZoneGeometry, point: TrackPoint, came_from: Point) -> bool:
        """Whether a vehicle that stands in a zone could not have driven on just now."""
        if zone.signal_id is not None:
            green_s = self._timelines[zone.signal_id].lit_since(point.at_s, LampColour.GREEN)
            if green_s is None or point.at_s - green_s < QUEUE_LEAVES_S:
                return True
        others = [
            other_of(watches.lately)
            for other_id, watches in self._watches.items()
            if other_id != track_id and point.at_s - watches.lately[-1].at_s <= LOOK_BACK_S / 2
        ]
        return is_held_up(point, came_from, others)

    def _end(self, watches: _Watches, around: Surroundings) -> list[Finding]:
        """The track is over: what it did to a line is told with the track as it was last kept."""
        for _ in watches.stays:
            self._counts[f"{Verdict.NOT_JUDGED}:track_lost"] += 1
        changes = [(line_id, watch.end()) for line_id, watch in watches.lines.items()]
        return [
            self._judge_change(watches.track, line_id, change, around)
            for line_id, change in changes
            if change is not None and watches.track is not None
        ]

    def _judge_run(
        self, track_id: int, geometry: ArrowGeometry, run: AgainstArrow, around: Surroundings
    ) -> Finding:
        track = self._tracker.track(track_id)
        seen = self._seen(track, run.moment(0.5), run.moment(1.0), run.moment(0.0), around)
        candidate = against(run, geometry, seen)
        act = Act(
            from_s=seen.from_s,
            to_s=seen.to_s,
            length_m=candidate.length_m,
            least_kmh=candidate.least_kmh,
        )
        crossing = _moment(track, geometry.lane_id, run.moment(0.5), Direction.BACKWARD)
        return self._finding(wrong_way, wrong_way.judge(candidate), crossing, track, act, geometry.signal_id)

    def _judge_change(self, track: Track, line_id: str, change: LaneChange, around: Surroundings) -> Finding:
        line = self._lines[line_id]
        cross_s = step_over_s(change.points, line)
        seen = self._seen(track, cross_s, change.points[0].at_s, change.points[-1].at_s, around)
        said = wrong_lane.judge(change_of(change, line, seen))
        act = Act(from_s=seen.from_s, to_s=seen.to_s)
        crossing = _moment(track, line_id, cross_s, Direction.FORWARD)
        return self._finding(wrong_lane, said, crossing, track, act, self._signal_id)

    def _judge_stay(self, track_id: int, zone: ZoneGeometry, stay: Standing, around: Surroundings) -> Finding:
        track = self._tracker.track(track_id)
        candidate = StopCandidate(
            seen=self._seen(track, stay.over_s, stay.from_s, stay.to_s, around),
            seen_arriving=stay.seen_arriving,
            counted_s=stay.counted_s,
            has_other_case=track_id in around.cases or (track_id, illegal_stop.NAME) in self._told,
            most_s=zone.most_s,
        )
        act = Act(from_s=stay.from_s, to_s=stay.to_s, most_s=zone.most_s)
        crossing = _moment(track, zone.zone_id, stay.over_s, Direction.FORWARD)
        signal_id = zone.signal_id or self._signal_id
        said = illegal_stop.judge(candidate)
        return self._finding(illegal_stop, said, crossing, track, act, signal_id)

    def _seen(
        self, track: Track, cross_s: float, from_s: float, to_s: float, around: Surroundings
    ) -> SeenWhile:
        return SeenWhile(
            from_s=from_s,
            to_s=to_s,
            analysed_fps=analysed_fps(track, cross_s),
            gaps=around.gaps,
            settings=self._settings,
        )

    def _finding(
        self,
        rule: Rule,
        said: tuple[Verdict, str],
        crossing: Crossing,
        track: Track,
        act: Act,
        signal_id: str,
    ) -> Finding:
        verdict, reason = said
        self._counts[f"{verdict}:{reason}"] += 1
        if verdict in CASE_VERDICTS:
            self._told.add((track.track_id, rule.NAME))
        return Finding(
            verdict=verdict,
            reason=reason,
            rule=rule.NAME,
            rule_version=rule.VERSION,
            crossing=crossing,
            track=track,
            signal_id=signal_id,
            red_since_s=self._timelines[signal_id].red_since(crossing.cross_s),
            entered_junction_s=None,
            act=act,
        )


def _moment(track: Track, thing_id: str, at_s: float, direction: Direction) -> Crossing:
    """The moment of an act as a crossing of the thing that was drawn: the track's box and ground point then."""
    box = box_at(track, at_s, most_outside_s=1.0) or track.points[-1].box
    return Crossing(
        track_id=track.track_id,
        lane_id=thing_id,
        direction=direction,
        cross_s=at_s,
        place=box.ground,
        box=box,
    )
