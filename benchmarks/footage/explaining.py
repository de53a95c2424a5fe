"""Why a truth row gave no case, and why a case has no truth row: which condition decided, at which frame.

From the judge's own findings and what it was shown. Guesses nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.footage.conditions import Frames, condition_told
from benchmarks.footage.observing import ObservedJudge, SeenFrame
from benchmarks.truth import Truth, TruthCrossing
from benchmarks.violations import LEAST_OVERLAP, MOST_APART_S
from detector.types import Finding
from models.types import Box

NEAR_S = 2.0
AROUND_S = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenCase:
    """A case as far as it must be known to explain it; box is [x, y, width, height] in shares."""

    kind: str
    cross_s: float
    box: tuple[float, float, float, float]
    lane_id: str


def box_of(shares: tuple[float, float, float, float]) -> Box:
    """[x, y, width, height] in shares as a box."""
    left, top, width, height = shares
    return Box(left=left, top=top, right=left + width, bottom=top + height)


def why_missed(row: TruthCrossing, judge: ObservedJudge, frames: Frames) -> str:
    """Which condition failed at the crossing nearest to the true one; else what was seen there."""
    if row.cross_s is None or row.box is None:
        return "the truth states no moment or place of the crossing, so no case could match it"
    place = box_of(row.box)
    near = [f for f in judge.findings if _is_near(f, row.cross_s, place)]
    if near:
        nearest = min(near, key=lambda f: abs(f.crossing.cross_s - (row.cross_s or 0.0)))
        return _said(nearest, row, judge, frames)
    return _seen_there(row.cross_s, place, judge.frames, frames)


def _is_near(finding: Finding, cross_s: float, place: Box) -> bool:
    crossing = finding.crossing
    return abs(crossing.cross_s - cross_s) <= NEAR_S and crossing.box.overlap(place) > LEAST_OVERLAP


def _said(finding: Finding, row: TruthCrossing, judge: ObservedJudge, frames: Frames) -> str:
    crossing = finding.crossing
    said = (
        f"rule {finding.rule} {finding.rule_version} said {finding.verdict}: {finding.reason} "
        f"at {frames.at(crossing.cross_s)} in lane {crossing.lane_id}"
    )
    if condition := condition_told(finding.reason, judge.candidate_of(finding), frames):
        said = f"{said}; {condition}"
    if finding.verdict == row.verdict and abs(crossing.cross_s - (row.cross_s or 0.0)) > MOST_APART_S:
        return f"{said}; more than {MOST_APART_S} s from the truth"
    if finding.verdict == row.verdict:
        return f"{said}; its case was not proved, or was matched to another truth row"
    return said


def _seen_there(cross_s: float, place: Box, seen: Sequence[SeenFrame], frames: Frames) -> str:
    """Without a judged crossing: whether the vehicle was detected at all, and in which frames."""
    around = [frame for frame in seen if abs(frame.at_s - cross_s) <= AROUND_S]
    if not around:
        return f"no frame was looked at within {AROUND_S:g} s of {frames.at(cross_s)}"
    span = f"{len(around)} frames looked at from {frames.at(around[0].at_s)} to {frames.at(around[-1].at_s)}"
    there = [
        (detection.box.overlap(place), frame, detection)
        for frame in around
        for detection in frame.detections
        if detection.box.overlap(place) > LEAST_OVERLAP
    ]
    if not there:
        read = ", ".join(sorted({colour for frame in around for colour in frame.colours})) or "nothing"
        return f"no track near: no vehicle was detected there in any of the {span}; the signal was read as {read}"
    _, frame, best = max(there, key=lambda one: one[0])
    held = len({id(one[1]) for one in there})
    return (
        f"no crossing was judged near: a {best.vehicle_class} was detected there at {frames.at(frame.at_s)} "
        f"(score {best.score:.2f}) and in {held} of the {span}, but its track did not go over a stop line"
    )


def why_false(case: SeenCase, truth: Truth, judge: ObservedJudge | None, frames: Frames) -> str:
    """What the truth says nearest to the case, then the conditions on which the rule made it."""
    said = _truth_says(case, truth)
    found = [
        f
        for f in (judge.findings if judge else ())
        if f.verdict == case.kind
        and f.crossing.lane_id == case.lane_id
        and abs(f.crossing.cross_s - case.cross_s) < 0.01
        and f.crossing.box.overlap(box_of(case.box)) > 0.5
    ]
    if judge is None or not found:
        return said
    condition = condition_told(found[0].reason, judge.candidate_of(found[0]), frames)
    return f"{said}; {condition}" if condition else said


def _truth_says(case: SeenCase, truth: Truth) -> str:
    near = [
        row
        for row in truth.crossings
        if row.cross_s is not None
        and row.box is not None
        and abs(row.cross_s - case.cross_s) <= NEAR_S
        and box_of(row.box).overlap(box_of(case.box)) > LEAST_OVERLAP
    ]
    if not near:
        return "the truth knows no crossing near"
    row = min(near, key=lambda r: abs((r.cross_s or 0.0) - case.cross_s))
    apart_s = abs((row.cross_s or 0.0) - case.cross_s)
    said = f"the truth says {row.verdict} for vehicle {row.id} at {row.cross_s:.2f} s"
    if row.verdict != case.kind:
        return f"{said}, light {row.light}" if row.light else said
    if apart_s > MOST_APART_S:
        return f"{said}: {apart_s:.2f} s away, more than {MOST_APART_S} s"
    return f"{said}: {apart_s:.2f} s away, and another case was matched to it"


def nearest_frame(frames: Sequence[SeenFrame], at_s: float) -> SeenFrame | None:
    """The analysed frame nearest to a moment."""
    return min(frames, key=lambda frame: abs(frame.at_s - at_s), default=None)
