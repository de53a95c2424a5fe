"""Figures of a period as exact tables: what became of the cases that came in, by day, ward, camera, kind and class.

A case counts where it came in, on the day (Vietnam's) that it came in; a cancelled case is not fined.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy.orm import Session

from service.cases.figures import sums_of
from service.cases.queries import READERS
from service.cases.summing import MEASURES, Sums
from service.people import Caller

GROUPS = ("day", "ward", "camera", "kind", "class")
MANY_REJECTS_SHARE = 0.3
"""A camera of which officers reject this much is not judged well: its calibration comes first."""
LEAST_REVIEWED = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class FigureRow:
    """What became of one group of cases."""

    name: str
    detected: int
    reviewed: int
    fined: int
    paid: int
    fined_vnd: int
    paid_vnd: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraRejects:
    """What officers rejected of one camera, and why, the most frequent reason first."""

    name: str
    reviewed: int
    rejected: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def share(self) -> float:
        return self.rejected / self.reviewed if self.reviewed else 0.0

    @property
    def looks_miscalibrated(self) -> bool:
        return self.reviewed >= LEAST_REVIEWED and self.share >= MANY_REJECTS_SHARE


def figure_tables(
    session: Session, from_at: datetime, to_at: datetime, caller: Caller
) -> dict[str, tuple[FigureRow, ...]]:
    """The rows of each of GROUPS. Raises Forbidden."""
    caller.require(*READERS, "admin")
    sums = sums_of(session, from_at, to_at, caller)
    return {
        "day": _rows(sums.by_day, by_size=False),
        "ward": _rows(sums.by_ward(), by_size=True),
        "camera": _rows(sums.by_camera(), by_size=True),
        "kind": _rows(sums.by_value("kind"), by_size=True),
        "class": _rows(sums.by_value("class"), by_size=True),
    }


def by_month(days: Sequence[FigureRow]) -> tuple[FigureRow, ...]:
    """Rows of days, named by ISO date and in order, added up by month: 2026-11."""
    months = groupby(days, key=lambda row: row.name[:7])
    return tuple(_added(name, list(rows)) for name, rows in months)


def _added(name: str, rows: Sequence[FigureRow]) -> FigureRow:
    sums = {measure: sum(getattr(row, measure) for row in rows) for measure in MEASURES}
    return FigureRow(name=name, **sums)


def rejects_by_camera(
    session: Session, from_at: datetime, to_at: datetime, caller: Caller
) -> tuple[CameraRejects, ...]:
    """Cameras with at least one rejected case, the largest share first. Raises Forbidden."""
    caller.require(*READERS, "admin")
    sums = sums_of(session, from_at, to_at, caller)
    reviewed = {name: its.reviewed for name, its in sums.by_camera().items()}
    reasons: dict[str, dict[str, int]] = {}
    for (dimension, camera_id, reason), its in sums.by_part.items():
        if dimension == "reason" and its.reviewed:
            counted = reasons.setdefault(sums.camera_names[camera_id], {})
            counted[reason] = counted.get(reason, 0) + its.reviewed
    found = [
        CameraRejects(
            name=name,
            reviewed=reviewed[name],
            rejected=sum(why.values()),
            reasons=tuple(sorted(why.items(), key=lambda each: (-each[1], each[0]))),
        )
        for name, why in reasons.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.share, each.name)))


def _rows(found: dict[str, Sums], *, by_size: bool) -> tuple[FigureRow, ...]:
    rows = [
        FigureRow(name=name, **{measure: getattr(sums, measure) for measure in MEASURES})
        for name, sums in sorted(found.items())
        if sums.detected
    ]
    return tuple(sorted(rows, key=lambda row: -row.detected)) if by_size else tuple(rows)
