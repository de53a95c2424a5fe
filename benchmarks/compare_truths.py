"""Two people's truths of one clip beside each other: what both saw, what only one saw, where they differ.

Crossings are paired one to one, nearest in time first: at most 0.7 s apart, boxes that overlap (IoU > 0.1).
Agreement on verdicts beyond chance is Cohen's kappa (Educational and Psychological Measurement 20, 1960, 37–46).
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.footage.explaining import box_of
from benchmarks.truth import Truth, TruthCrossing, TruthFileError, TruthSignal, load_truth
from benchmarks.violations import LEAST_OVERLAP, MOST_APART_S
from detector.errors import printable

Pair = tuple[TruthCrossing, TruthCrossing]


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """Counts over sure crossings; `differences` are lines for people, in order of time."""

    crossings_a: int
    crossings_b: int
    seen_by_both: int
    same_verdict: int
    kappa: float | None
    """None when there is nothing to agree on, or only one verdict."""
    plates_by_both: int
    same_plate: int
    median_apart_s: float | None
    worst_apart_s: float | None
    signal_share: float | None
    """Share of the time that both describe in which they name the same colour."""
    unconfirmed: int
    differences: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The last line of `ngatu truth --compare A B --json`."""
        return asdict(self)


def compare_truth_files(first: Path, second: Path) -> Agreement:
    """Read both and compare. Raises TruthFileError, also when they are of different clips."""
    a, b = load_truth(first), load_truth(second)
    for name in ("clip_sha256", "clip"):
        mine, theirs = getattr(a, name), getattr(b, name)
        if mine is not None and theirs is not None and mine != theirs:
            raise TruthFileError(
                f"{second}: is the truth of another clip than {first} ({b.clip} and {a.clip}); compare two of one clip"
            )
        if mine is not None and theirs is not None:
            break
    return compare_truths(a, b)


def compare_truths(a: Truth, b: Truth) -> Agreement:
    """Set both beside each other; rows that are not sure in one of them count in no figure."""
    rows_a, rows_b = ([row for row in truth.crossings if row.confirmed] for truth in (a, b))
    pairs = _paired(rows_a, rows_b)
    sure = [(x, y) for x, y in pairs if x.sure and y.sure]
    plates = [(x, y) for x, y in sure if x.plate and y.plate]
    apart = sorted(abs((x.cross_s or 0.0) - (y.cross_s or 0.0)) for x, y in sure)
    alone = [*_alone(rows_a, pairs, 0), *_alone(rows_b, pairs, 1)]
    lines = [*(line for pair in pairs for line in _differing(*pair)), *alone]
    return Agreement(
        crossings_a=sum(row.sure for row in rows_a),
        crossings_b=sum(row.sure for row in rows_b),
        seen_by_both=len(sure),
        same_verdict=sum(x.verdict == y.verdict for x, y in sure),
        kappa=_kappa(sure),
        plates_by_both=len(plates),
        same_plate=sum(x.plate == y.plate for x, y in plates),
        median_apart_s=round(apart[len(apart) // 2], 3) if apart else None,
        worst_apart_s=round(apart[-1], 3) if apart else None,
        signal_share=_same_light(a.signal, b.signal),
        unconfirmed=sum(not row.confirmed for row in (*a.crossings, *b.crossings)),
        differences=tuple(line for _, line in sorted(lines)),
    )


def say_agreement(agreement: Agreement, say: Callable[[str], None]) -> None:
    """Every difference, then the figures."""
    for line in agreement.differences:
        say(printable(line))
    a = agreement
    say(f"Sure crossings: {a.crossings_a} in A, {a.crossings_b} in B, {a.seen_by_both} in both.")
    kappa = "" if a.kappa is None else f" (kappa {a.kappa:.2f})"
    say(
        f"Same verdict: {a.same_verdict} of {a.seen_by_both}{kappa}; same plate: {a.same_plate} of {a.plates_by_both}."
    )
    if a.median_apart_s is not None:
        say(f"Moments apart: median {a.median_apart_s:.2f} s, at most {a.worst_apart_s:.2f} s.")
    if a.signal_share is not None:
        say(f"Signals: the same colour in {100 * a.signal_share:.1f} % of the time that both describe.")
    if a.unconfirmed:
        say(f"{a.unconfirmed} crossings that nobody confirmed were left out.")


def _paired(rows_a: Sequence[TruthCrossing], rows_b: Sequence[TruthCrossing]) -> list[Pair]:
    near = sorted(
        ((apart, x, y) for x in rows_a for y in rows_b if (apart := _apart(x, y)) is not None),
        key=lambda found: (found[0], found[1].id, found[2].id),
    )
    taken_a: set[int] = set()
    taken_b: set[int] = set()
    pairs: list[Pair] = []
    for _, x, y in near:
        if x.id not in taken_a and y.id not in taken_b:
            taken_a.add(x.id)
            taken_b.add(y.id)
            pairs.append((x, y))
    return pairs


def _apart(x: TruthCrossing, y: TruthCrossing) -> float | None:
    """Seconds between two rows that may be one vehicle; None when they cannot."""
    if x.cross_s is None or y.cross_s is None:
        same_place = (
            x.box is not None and y.box is not None and box_of(x.box).overlap(box_of(y.box)) > LEAST_OVERLAP
        )
        return MOST_APART_S if x.cross_s is y.cross_s and same_place else None
    apart = abs(x.cross_s - y.cross_s)
    if apart > MOST_APART_S:
        return None
    if x.box is not None and y.box is not None and box_of(x.box).overlap(box_of(y.box)) <= LEAST_OVERLAP:
        return None
    return apart


def _differing(x: TruthCrossing, y: TruthCrossing) -> list[tuple[float, str]]:
    said = [
        f"{name} {mine or '–'} in A, {theirs or '–'} in B"
        for name, mine, theirs in (
            ("verdict", x.verdict, y.verdict),
            ("plate", x.plate, y.plate),
            ("class", x.vehicle_class, y.vehicle_class),
        )
        if mine != theirs
    ]
    if x.sure != y.sure:
        said.append(f"sure only in {'A' if x.sure else 'B'}")
    at_s = x.cross_s or 0.0
    return [(at_s, f"{at_s:7.2f} s  {'; '.join(said)}")] if said else []


def _alone(rows: Sequence[TruthCrossing], pairs: Sequence[Pair], side: int) -> list[tuple[float, str]]:
    known = {pair[side].id for pair in pairs}
    return [
        (
            at_s := row.cross_s or 0.0,
            f"{at_s:7.2f} s  only in {'AB'[side]}: {row.vehicle_class or '–'}, {row.verdict}"
            + ("" if row.sure else ", not sure"),
        )
        for row in rows
        if row.id not in known
    ]


def _kappa(pairs: Sequence[Pair]) -> float | None:
    if not pairs:
        return None
    verdicts = {row.verdict for pair in pairs for row in pair}
    total = len(pairs)
    by_chance = (
        sum(sum(x.verdict == v for x, _ in pairs) * sum(y.verdict == v for _, y in pairs) for v in verdicts)
        / total**2
    )
    if by_chance == 1.0:
        return None
    return (sum(x.verdict == y.verdict for x, y in pairs) / total - by_chance) / (1.0 - by_chance)


def _same_light(a: Sequence[TruthSignal], b: Sequence[TruthSignal]) -> float | None:
    both = same = 0.0
    for x in a:
        for y in b:
            shared_s = min(x.to_s, y.to_s) - max(x.from_s, y.from_s)
            if x.signal == y.signal and shared_s > 0:
                both += shared_s
                same += shared_s * (x.colour == y.colour)
    return same / both if both else None
