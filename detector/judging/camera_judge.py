"""Judges one camera: lamp readings and detections of each frame in, final findings out. No clock, no pixels.

    readings ─▶ timelines ──────────────┐
    detections ─▶ tracker ─▶ line watch ─▶ pending crossing ─▶ rules ─▶ finding
                                             waits for the entry, or for the vehicle to stop

A finding is final and comes once per track and lane. What gives no case is counted by its reason.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from detector.contract.camera import Camera
from detector.judging.act_judge import ActJudge, Surroundings
from detector.judging.candidate import Candidate
from detector.judging.crossing import LaneGeometry, LineWatch, geometry_of
from detector.judging.geometry import inside
from detector.judging.timeline import BRIDGE_S, SignalTimeline
from detector.judging.track_course import analysed_fps, box_at, stands_still, stood_at_first
from detector.judging.tracking import Tracker
from detector.rules import red_light, stop_line
from detector.types import (
    CASE_VERDICTS,
    Crossing,
    Direction,
    Finding,
    LampReading,
    Track,
    TrackPoint,
    Verdict,
)
from models.types import LampColour, VehicleDetection

SETTLE_S = BRIDGE_S + 0.3
"""Wait at least this long after a crossing, and after the entry: only then it is known whether the lamps went dark."""
STOPPED_S = 2.0
OVER_LINE_SHARE = 0.2
"""At red onset the front is over the line when the ground point is this close to it, in box heights."""
GAPS_KEPT = 50


@dataclass(kw_only=True, slots=True)
class _Pending:
    crossing: Crossing
    track: Track
    entered_s: float | None = None
    in_free_exit: bool = False


class CameraJudge:
    """All rules of one camera over its tracks; call `look` with each analysed frame, in order of time."""

    def __init__(self, camera: Camera) -> None:
        self._settings = camera.judging
        self._lanes = {lane.id: geometry_of(lane) for lane in camera.lanes}
        self._timelines = {
            signal.id: SignalTimeline(signal.id, camera.judging.lamp_debounce_s) for signal in camera.signals
        }
        self._tracker = Tracker()
        self._watches: dict[tuple[int, str], LineWatch] = {}
        self._pending: dict[tuple[int, str], _Pending] = {}
        self._decided: set[tuple[int, str]] = set()
        self._over: set[int] = set()
        """Tracks that ended; what is pending of them is still decided."""
        self._gaps: list[tuple[float, float]] = []
        self._now_s = 0.0
        self.counts: Counter[str] = Counter()
        """Judged crossings by `verdict:reason`."""
        self._cases: set[int] = set()
        """Tracks that made a case at a stop line."""
        self._acts = ActJudge(camera, self._tracker, self._timelines, self.counts)

    def timeline(self, signal_id: str) -> SignalTimeline:
        """What a signal showed."""
        return self._timelines[signal_id]

    @property
    def is_busy(self) -> bool:
        """Whether vehicles must be followed even on green: a crossing is not decided, or acts are judged."""
        return bool(self._pending) or self._acts.is_needed

    def note_gap(self, from_s: float, to_s: float) -> None:
        """Footage is missing here: no automatic case close to it."""
        self._gaps = [*self._gaps[-GAPS_KEPT:], (from_s, to_s)]

    def look(
        self, at_s: float, readings: Sequence[LampReading], detections: Sequence[VehicleDetection]
    ) -> tuple[Finding, ...]:
        """Take one analysed frame; the findings that became final with it."""
        self._now_s = at_s
        for reading in readings:
            self._timelines[reading.signal_id].add(reading)
        track_ids = self._tracker.update(detections, at_s)
        for track_id in track_ids:
            point = self._tracker.last_point(track_id)
            for lane in self._lanes.values():
                self._follow(track_id, lane, point)
        self._over |= set(self._tracker.ended)
        self._drop_doubles(self._tracker.doubles)
        findings = [self._decide(key) for key in list(self._pending) if self._is_ready(key)]
        findings += self._acts.look(track_ids, self._surroundings())
        self._forget_over()
        return tuple(findings)

    def finish(self) -> tuple[Finding, ...]:
        """The footage is over: decide on what is still pending."""
        findings = [self._decide(key) for key in list(self._pending)]
        return (*findings, *self._acts.finish(self._surroundings()))

    def _surroundings(self) -> Surroundings:
        waiting = {track_id for track_id, _ in self._pending}
        return Surroundings(gaps=tuple(self._gaps), cases=self._cases, waiting=waiting)

    def _follow(self, track_id: int, lane: LaneGeometry, point: TrackPoint) -> None:
        key = (track_id, lane.lane_id)
        watch = self._watches.setdefault(key, LineWatch(lane, track_id))
        crossing = watch.add(point)
        if crossing is not None and key in self._decided:
            return
        if crossing is not None and crossing.direction is Direction.FORWARD:
            self._pending[key] = _Pending(crossing=crossing, track=self._tracker.track(track_id))
        elif crossing is not None:
            self._went_back(key)
        pending = self._pending.get(key)
        if pending is None:
            return
        pending.track = self._tracker.track(track_id)
        if pending.entered_s is None and inside(point.box.ground, lane.junction):
            pending.entered_s = point.at_s
        if any(inside(point.box.ground, exit_) for exit_ in lane.free_exits):
            pending.in_free_exit = True

    def _went_back(self, key: tuple[int, str]) -> None:
        if self._pending.pop(key, None) is not None:
            self.counts[f"{Verdict.NOT_JUDGED}:went_back"] += 1

    def _is_ready(self, key: tuple[int, str]) -> bool:
        pending = self._pending[key]
        waited_s = self._now_s - pending.crossing.cross_s
        last_s = pending.crossing.cross_s if pending.entered_s is None else pending.entered_s
        if self._now_s - max(last_s, pending.crossing.cross_s) < SETTLE_S:
            return False
        lane = self._lanes[key[1]]
        may_still_leave = bool(lane.free_exits) and not pending.in_free_exit
        if pending.entered_s is not None and not may_still_leave:
            return True
        return waited_s >= self._settings.junction_deadline_s or key[0] in self._over

    def _decide(self, key: tuple[int, str]) -> Finding:
        """Ask the rules, the graver one first; every track and lane is decided once."""
        pending = self._pending.pop(key)
        self._decided.add(key)
        candidate = self._candidate(pending, self._watches[key])
        verdict, reason = red_light.judge(candidate)
        rule, version = red_light.NAME, red_light.VERSION
        if verdict is Verdict.NOT_JUDGED and reason in {"did_not_enter", "entered_after_red"}:
            verdict, reason = stop_line.judge(candidate)
            rule, version = stop_line.NAME, stop_line.VERSION
        self.counts[f"{verdict}:{reason}"] += 1
        if verdict in CASE_VERDICTS:
            self._cases.add(key[0])
        return Finding(
            verdict=verdict,
            reason=reason,
            rule=rule,
            rule_version=version,
            crossing=pending.crossing,
            track=pending.track,
            signal_id=candidate.signal_id,
            red_since_s=candidate.red_since_s,
            entered_junction_s=pending.entered_s,
        )

    def _candidate(self, pending: _Pending, watch: LineWatch) -> Candidate:
        lane = watch.lane
        timeline = self._timelines[lane.signal_id]
        cross_s, entered_s = pending.crossing.cross_s, pending.entered_s
        red_since_s = timeline.red_since(cross_s)
        return Candidate(
            crossing=pending.crossing,
            track=pending.track,
            signal_id=lane.signal_id,
            points_in_approach=watch.points_in_approach,
            colour_at_crossing=timeline.colour_at(cross_s),
            red_since_s=red_since_s,
            over_line_at_onset=red_since_s is not None and _front_over_line(pending.track, lane, red_since_s),
            entered_junction_s=entered_s,
            colour_at_entry=timeline.colour_at(entered_s) if entered_s is not None else LampColour.UNKNOWN,
            took_free_exit=pending.in_free_exit,
            moved_whole=watch.moved_whole(pending.track.points[-1]),
            stopped=stands_still(pending.track, cross_s, for_s=STOPPED_S),
            analysed_fps=analysed_fps(pending.track, cross_s),
            gaps=tuple(self._gaps),
            settings=self._settings,
        )

    def _drop_doubles(self, track_ids: Sequence[int]) -> None:
        """The vehicle goes on under its older track, which makes the case if there is one."""
        for key in [key for key in self._pending if key[0] in track_ids]:
            del self._pending[key]
            self.counts[f"{Verdict.NOT_JUDGED}:seen_twice"] += 1

    def _forget_over(self) -> None:
        waiting = {track_id for track_id, _ in self._pending}
        done = self._over - waiting
        for key in [key for key in self._watches if key[0] in done]:
            del self._watches[key]
            self._decided.discard(key)
        self._cases -= done
        self._over &= waiting


def _front_over_line(track: Track, lane: LaneGeometry, onset_s: float) -> bool:
    """Whether the vehicle's front was over the line when red began, its ground point just before it.

    Of one that was seen only later and stood still then, where it stood: it may have stood there since.
    """
    first = track.points[0]
    if first.at_s <= onset_s:
        box = box_at(track, onset_s, most_outside_s=0.0)
    else:
        box = first.box if stood_at_first(track) else None
    return box is not None and lane.beyond(box.ground) > -OVER_LINE_SHARE * box.height
