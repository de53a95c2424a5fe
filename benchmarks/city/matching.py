"""The cases that reached the service beside what the served footage planted: found, missed, false, how late.

A planted violation comes once a round, at the camera's start + its place in the footage + whole rounds.
Those that happened too near the beginning or the end of the watch to be seen whole count neither way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.city.stage import CityCamera, ServedCase
from benchmarks.violations import MOST_APART_S


@dataclass(frozen=True, kw_only=True, slots=True)
class CityMatch:
    """What became of the planted violations."""

    planted: int
    found: int
    missed: tuple[tuple[str, float], ...]
    """Camera and Unix second of each planted violation without a case."""
    false: tuple[ServedCase, ...]
    plates_exact: int
    delays_s: tuple[float, ...]
    """From each found crossing until its case was in the service."""


def match_city(
    cameras: Sequence[CityCamera],
    cases: Sequence[ServedCase],
    *,
    started_at: Mapping[str, float],
    from_s: float,
    to_s: float,
) -> CityMatch:
    """Match by camera, kind and moment (Unix seconds); `from_s` … `to_s` is when the watch saw everything whole."""
    left = list(cases)
    planted, missed, exact, delays = 0, [], 0, []
    for one in cameras:
        for at_s, kind, plate in _planted_times(one, started_at[one.camera.camera_id], to_s):
            case = _nearest(left, one.camera.camera_id, kind, at_s)
            if case is not None:
                left.remove(case)
            if not from_s <= at_s <= to_s:
                continue
            planted += 1
            if case is None:
                missed.append((one.camera.camera_id, at_s))
                continue
            exact += case.plate == plate
            delays.append(case.detected_at.timestamp() - at_s)
    return CityMatch(
        planted=planted,
        found=len(delays),
        missed=tuple(missed),
        false=tuple(left),
        plates_exact=exact,
        delays_s=tuple(sorted(delays)),
    )


def _planted_times(one: CityCamera, started_at: float, to_s: float) -> list[tuple[float, str, str | None]]:
    """Every moment of every round until a little after the end of the watch."""
    round_s = one.footage.round_s
    rounds = int((to_s - started_at) / round_s) + 2
    return [
        (started_at + number * round_s + planted.at_s, planted.kind, planted.plate)
        for number in range(rounds)
        for planted in one.footage.planted
    ]


def _nearest(cases: Sequence[ServedCase], camera_id: str, kind: str, at_s: float) -> ServedCase | None:
    near = [
        (abs(case.committed_at.timestamp() - at_s), number)
        for number, case in enumerate(cases)
        if case.camera_id == camera_id and case.kind == kind and case.committed_at is not None
    ]
    best = min(near, default=None)
    return cases[best[1]] if best is not None and best[0] <= MOST_APART_S else None
