"""Why a truth row gave no case, and why a case has no truth row: from the judge's own findings. Guesses nothing."""

from collections.abc import Sequence

from benchmarks.footage.observing import ObservedJudge, SeenFrame
from benchmarks.truth import Truth, TruthCrossing
from benchmarks.violations import LEAST_OVERLAP, MOST_APART_S
from detector.types import Finding
from models.types import Box

NEAR_S = 2.0


def box_of(shares: tuple[float, float, float, float]) -> Box:
    """[x, y, width, height] in shares as a box."""
    left, top, width, height = shares
    return Box(left=left, top=top, right=left + width, bottom=top + height)


def why_missed(row: TruthCrossing, judge: ObservedJudge) -> str:
    """What the judge said nearest to the true crossing."""
    if row.cross_s is None or row.box is None:
        return "the truth states no moment or place of the crossing, so no case could match it"
    place = box_of(row.box)
    near = [f for f in judge.findings if _is_near(f, row.cross_s, place)]
    if near:
        return _said(min(near, key=lambda f: abs(f.crossing.cross_s - row.cross_s)), row)  # type: ignore[operator]
    frame = nearest_frame(judge.frames, row.cross_s)
    seen = [d for d in frame.detections if d.box.overlap(place) > LEAST_OVERLAP] if frame else []
    if frame and seen:
        best = max(seen, key=lambda d: d.box.overlap(place))
        return (
            f"no crossing was judged near: a {best.vehicle_class} was detected there at {frame.at_s:.2f} s "
            f"(score {best.score:.2f}), but its track did not go over a stop line"
        )
    return f"no track near: no vehicle was detected there at {row.cross_s:.2f} s"


def _is_near(finding: Finding, cross_s: float, place: Box) -> bool:
    crossing = finding.crossing
    return abs(crossing.cross_s - cross_s) <= NEAR_S and crossing.box.overlap(place) > LEAST_OVERLAP


def _said(finding: Finding, row: TruthCrossing) -> str:
    crossing = finding.crossing
    said = (
        f"rule {finding.rule} {finding.rule_version} said {finding.verdict}: {finding.reason} "
        f"at {crossing.cross_s:.2f} s in lane {crossing.lane_id}"
    )
    if finding.verdict == row.verdict and abs(crossing.cross_s - (row.cross_s or 0.0)) > MOST_APART_S:
        return f"{said}; more than {MOST_APART_S} s from the truth"
    if finding.verdict == row.verdict:
        return f"{said}; its case was not proved, or was matched to another truth row"
    return said


def why_false(cross_s: float, box: tuple[float, float, float, float], kind: str, truth: Truth) -> str:
    """What the truth says nearest to the case."""
    near = [
        row
        for row in truth.crossings
        if row.cross_s is not None
        and row.box is not None
        and abs(row.cross_s - cross_s) <= NEAR_S
        and box_of(row.box).overlap(box_of(box)) > LEAST_OVERLAP
    ]
    if not near:
        return "the truth knows no crossing near"
    row = min(near, key=lambda r: abs((r.cross_s or 0.0) - cross_s))
    apart_s = abs((row.cross_s or 0.0) - cross_s)
    said = f"the truth says {row.verdict} for vehicle {row.id} at {row.cross_s:.2f} s"
    if row.verdict != kind:
        return said
    if apart_s > MOST_APART_S:
        return f"{said}: {apart_s:.2f} s away, more than {MOST_APART_S} s"
    return f"{said}: {apart_s:.2f} s away, and another case was matched to it"


def nearest_frame(frames: Sequence[SeenFrame], at_s: float) -> SeenFrame | None:
    """The analysed frame nearest to a moment."""
    return min(frames, key=lambda frame: abs(frame.at_s - at_s), default=None)
