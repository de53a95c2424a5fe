"""A track inside a zone where nobody may stand: since when it stands still, and how long it could have driven on.

drives in ──▶ stands ████████████████████▶ drives on
              from_s  └ counted: free to drive on all that time; being held begins it anew
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from detector.contract.camera import NoStopZone
from detector.judging.geometry import inside, to_point
from detector.judging.track_course import STILL_SHARE
from detector.types import TrackPoint
from models.types import Point

AFTER_S = 2.0
"""It must be seen standing for so much longer than is allowed: who drives off just then is let go."""
AWAY_S = 1.0
"""A box that lies elsewhere for less than this was hidden by others, and did not drive."""
ARRIVED_SHARE = 0.5
"""It was seen driving in when its first box was this share of its size away."""
AHEAD_SIZES, ASIDE_SIZES = 1.5, 1.0
"""Who stands this close before a vehicle holds it up, in sizes of its box."""
LOOK_BACK_S = 2.0
"""Others stand or drive by where they were so long ago."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ZoneGeometry:
    """A zone's area as points."""

    zone_id: str
    signal_id: str | None
    area: tuple[Point, ...]
    most_s: float


def zone_of(zone: NoStopZone) -> ZoneGeometry:
    """The zone as the judge needs it."""
    return ZoneGeometry(
        zone_id=zone.id, signal_id=zone.signal, area=tuple(map(to_point, zone.area)), most_s=zone.most_s
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A vehicle that stood in a zone; `counted_s` is the last stretch in which it could have driven on."""

    from_s: float
    to_s: float
    over_s: float
    """When the counted stretch passed what the zone allows, or would have."""
    counted_s: float
    seen_arriving: bool


class DwellWatch:
    """One track in one zone, point after point; tells of a stay once."""

    def __init__(self, zone: ZoneGeometry) -> None:
        self.zone = zone
        self._first: TrackPoint | None = None
        self._lately: deque[TrackPoint] = deque()
        self._anchor: TrackPoint | None = None
        self._away_since_s: float | None = None
        self._free_since_s = 0.0
        self._to_s = 0.0
        self._was_told = False

    def add(self, point: TrackPoint, is_held: Callable[[TrackPoint, Point], bool]) -> Standing | None:
        """Take the track's next point; its stay once it is long enough, or over.

        `is_held` is asked for a standing vehicle, with where it came from: whether it could not drive on.
        """
        self._first = self._first or point
        self._lately.append(point)
        while self._lately[0].at_s < point.at_s - AWAY_S:
            self._lately.popleft()
        if not inside(point.box.ground, self.zone.area):
            return self._leave(None)
        if self._anchor is None:
            self._leave(point)
        elif not _is_at(point, self._anchor):
            return self._drift(point)
        self._away_since_s = None
        return self._stand(point, is_held)

    def end(self) -> Standing | None:
        """The footage is over: the stay so far, if it was longer than is allowed."""
        return self._stay()

    def _drift(self, point: TrackPoint) -> Standing | None:
        """It is not where it stood: hidden for a moment, or driving."""
        if self._away_since_s is None:
            self._away_since_s = point.at_s
        if point.at_s - self._away_since_s < AWAY_S:
            return None
        return self._leave(self._halted_at(point))

    def _halted_at(self, point: TrackPoint) -> TrackPoint:
        """The first of the last points since which it has been where it is now."""
        halted = point
        for earlier in reversed(self._lately):
            if not _is_at(earlier, point):
                break
            halted = earlier
        return halted

    def _leave(self, anchor: TrackPoint | None) -> Standing | None:
        """A stay is over; the next one begins at `anchor`."""
        stay = self._stay()
        self._anchor, self._away_since_s = anchor, None
        if anchor is not None:
            self._free_since_s = self._to_s = anchor.at_s
            self._was_told = False
        return stay

    def _stand(self, point: TrackPoint, is_held: Callable[[TrackPoint, Point], bool]) -> Standing | None:
        self._to_s = point.at_s
        if self._first is not None and not self._was_told and is_held(point, self._first.box.ground):
            self._free_since_s = point.at_s
        if point.at_s - self._free_since_s < self.zone.most_s + AFTER_S:
            return None
        return self._stay()

    def _stay(self) -> Standing | None:
        """What there is to tell of the stay: nothing when it was short, or was told."""
        if self._anchor is None or self._first is None or self._was_told:
            return None
        if self._to_s - self._anchor.at_s < self.zone.most_s:
            return None
        self._was_told = True
        return Standing(
            from_s=self._anchor.at_s,
            to_s=self._to_s,
            over_s=min(self._free_since_s + self.zone.most_s, self._to_s),
            counted_s=self._to_s - self._free_since_s,
            seen_arriving=not _is_at(self._first, self._anchor, within=ARRIVED_SHARE),
        )


def _is_at(point: TrackPoint, other: TrackPoint, *, within: float = STILL_SHARE) -> bool:
    """Whether two boxes stand at the same place, but for a share of their size."""
    across, down = _offset(other.box.ground, point)
    return abs(across) < within and abs(down) < within


def _offset(place: Point, point: TrackPoint) -> tuple[float, float]:
    """From a vehicle to a place, in widths and heights of its box."""
    ground, box = point.box.ground, point.box
    return (place.x - ground.x) / box.width, (place.y - ground.y) / box.height


@dataclass(frozen=True, kw_only=True, slots=True)
class Other:
    """Another vehicle in the picture: where it is, and whether it stands or drives; None when it is not known yet."""

    place: Point
    stands: bool | None


def other_of(lately: Sequence[TrackPoint]) -> Other:
    """Another vehicle after its points of the last seconds."""
    now, then = lately[-1], lately[0]
    if not _is_at(now, then):
        stands: bool | None = False
    else:
        stands = True if now.at_s - then.at_s >= LOOK_BACK_S * 0.75 else None
    return Other(place=now.box.ground, stands=stands)


def is_held_up(point: TrackPoint, came_from: Point, others: Sequence[Other]) -> bool:
    """Whether somebody stands right before the vehicle, or others stand and nobody at all drives."""
    standing = [other for other in others if other.stands]
    nobody_drives = not any(other.stands is False for other in others)
    return bool(standing) and (
        nobody_drives or any(_is_ahead(other.place, point, came_from) for other in standing)
    )


def _is_ahead(place: Point, point: TrackPoint, came_from: Point) -> bool:
    """Whether a place lies shortly before a vehicle that came from another one, in sizes of its box."""
    x, y = _offset(place, point)
    back_x, back_y = _offset(came_from, point)
    length = math.hypot(back_x, back_y)
    if length < ARRIVED_SHARE:
        return False
    ahead = -(x * back_x + y * back_y) / length
    aside = abs(x * back_y - y * back_x) / length
    return 0.0 < ahead <= AHEAD_SIZES and aside <= ASIDE_SIZES
