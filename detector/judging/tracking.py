"""Follows the vehicles of one camera from frame to frame: detections in, tracks out.

Each track is predicted with its own steady speed; the surest detections are shared out first, then the faint ones
(as in ByteTrack), by overlap with the prediction and, for small fast motorbikes at low frame rates, by distance.
Two tracks that lie on each other are one vehicle seen twice: the younger one is dropped. Ids count from 1 per camera.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from detector.types import Track, TrackPoint
from models.types import Box, VehicleClass, VehicleDetection

SURE_SCORE = 0.4
BIRTH_SCORE = 0.35
FAINT_BIRTH_SCORE, FAINT_BIRTH_FRAMES = 0.2, 3
"""A vehicle seen faintly, but in so many frames on end, begins a track too: lorries at dusk, riders in rain."""
MOST_MISSED_S = 1.0
MEMORY_S = 180.0
MOST_POINTS, RECENT_POINTS = 400, 250
"""A waiting vehicle's older points are thinned: where it stood when red began must be known minutes later."""
LEAST_OVERLAP = 0.12
MOST_DISTANCE = 0.9
"""Centre distance to the prediction, in box sizes, that still counts as the same vehicle."""
SAME_VEHICLE_OVERLAP = 0.6
SAME_BOX_OVERLAP = 0.85
"""Boxes that lie on each other so are one vehicle, even where it is called a motorbike and a car at once."""
SPEED_WEIGHT = 0.5
"""Share of the newest step in the running speed."""
TWO_WHEELED = {VehicleClass.MOTORBIKE, VehicleClass.BICYCLE}


@dataclass(kw_only=True, slots=True)
class _Follow:
    """A track while it is followed; speed is in shares per second of left, top, right, bottom."""

    track_id: int
    votes: Counter[VehicleClass]
    points: list[TrackPoint]
    speed: tuple[float, float] = (0.0, 0.0)
    missed_s: float = 0.0
    seen: int = field(default=1)

    def predicted(self, at_s: float) -> Box:
        last = self.points[-1]
        dx, dy = (v * (at_s - last.at_s) for v in self.speed)
        box = last.box
        return Box(left=box.left + dx, top=box.top + dy, right=box.right + dx, bottom=box.bottom + dy)

    def take(self, detection: VehicleDetection, at_s: float) -> None:
        last = self.points[-1]
        lapse_s = max(at_s - last.at_s, 1e-6)
        newest = (
            (detection.box.centre.x - last.box.centre.x) / lapse_s,
            (detection.box.bottom - last.box.bottom) / lapse_s,
        )
        weight = 1.0 if self.seen == 1 else SPEED_WEIGHT
        self.speed = (
            self.speed[0] + weight * (newest[0] - self.speed[0]),
            self.speed[1] + weight * (newest[1] - self.speed[1]),
        )
        self.points.append(TrackPoint(at_s=at_s, box=detection.box, score=detection.score))
        self.votes[detection.vehicle_class] += 1
        self.seen += 1
        if len(self.points) > MOST_POINTS:
            self.points[:-RECENT_POINTS] = self.points[:-RECENT_POINTS:2]
        while self.points[0].at_s < at_s - MEMORY_S:
            self.points.pop(0)

    def newest(self) -> VehicleDetection:
        last = self.points[-1]
        return VehicleDetection(box=last.box, vehicle_class=self.votes.most_common(1)[0][0], score=last.score)

    def two_wheeled(self) -> bool:
        return self.votes.most_common(1)[0][0] in TWO_WHEELED

    def to_track(self) -> Track:
        vehicle_class, votes = self.votes.most_common(1)[0]
        return Track(
            track_id=self.track_id,
            vehicle_class=vehicle_class,
            class_confidence=votes / self.votes.total(),
            points=tuple(self.points),
        )


class Tracker:
    """The vehicles of one camera. `update` with each analysed frame's detections, in order of time."""

    def __init__(self) -> None:
        self._followed: list[_Follow] = []
        self._tentative: list[_Follow] = []
        self._next_id = 1
        self.ended: tuple[int, ...] = ()
        """Ids of the tracks that the last update gave up."""
        self.doubles: tuple[int, ...] = ()
        """Those of them that lay on an older track: one vehicle seen twice."""

    def update(self, detections: Sequence[VehicleDetection], at_s: float) -> tuple[int, ...]:
        """Follow into the next frame; the ids of the tracks that were seen in it."""
        sure = [d for d in detections if d.score >= SURE_SCORE]
        faint = [d for d in detections if d.score < SURE_SCORE]
        free, left_over = self._share_out(self._followed, sure, at_s)
        free, faint_left = self._share_out(free, faint, at_s)
        certain = [d for d in [*left_over, *faint_left] if d.score >= BIRTH_SCORE]
        for detection in certain:
            self._begin(detection, at_s)
        self._consider([d for d in faint_left if FAINT_BIRTH_SCORE <= d.score < BIRTH_SCORE], at_s)
        self._end(free, at_s)
        return tuple(f.track_id for f in self._followed if f.points[-1].at_s == at_s)

    def track(self, track_id: int) -> Track:
        """The track as known now. Raises KeyError when it is not followed any more."""
        for follow in self._followed:
            if follow.track_id == track_id:
                return follow.to_track()
        raise KeyError(track_id)

    def last_point(self, track_id: int) -> TrackPoint:
        """Where the track was last seen, without building the whole track."""
        return next(f.points[-1] for f in self._followed if f.track_id == track_id)

    def seen_at(self, at_s: float) -> tuple[Track, ...]:
        """The tracks that were seen in the frame of a moment."""
        return tuple(f.to_track() for f in self._followed if f.points[-1].at_s == at_s)

    def reset(self) -> None:
        """Forget all tracks (the picture jumped); ids go on counting."""
        self._followed.clear()
        self._tentative.clear()

    def _share_out(
        self, follows: Iterable[_Follow], detections: Sequence[VehicleDetection], at_s: float
    ) -> tuple[list[_Follow], list[VehicleDetection]]:
        """Give detections to tracks, best match first; what is left of both."""
        tracks = list(follows)
        pairs = sorted(
            (-match, i, j)
            for i, follow in enumerate(tracks)
            for j, detection in enumerate(detections)
            if (match := _match(follow, detection, at_s)) > 0
        )
        taken_tracks: set[int] = set()
        taken_detections: set[int] = set()
        for _, i, j in pairs:
            if i not in taken_tracks and j not in taken_detections:
                tracks[i].take(detections[j], at_s)
                taken_tracks.add(i)
                taken_detections.add(j)
        return (
            [t for i, t in enumerate(tracks) if i not in taken_tracks],
            [d for j, d in enumerate(detections) if j not in taken_detections],
        )

    def _begin(self, detection: VehicleDetection, at_s: float) -> None:
        """A new vehicle, unless it lies on one that is followed already."""
        if not self._is_followed(detection, at_s):
            self._follow(_begun(detection, at_s))

    def _consider(self, faint: Sequence[VehicleDetection], at_s: float) -> None:
        """Remember faint vehicles from frame to frame; one that was seen often enough on end is followed."""
        unseen, new = self._share_out(self._tentative, faint, at_s)
        again = [follow for follow in self._tentative if follow not in unseen]
        lasting = [follow for follow in again if follow.seen >= FAINT_BIRTH_FRAMES]
        for follow in lasting:
            if not self._is_followed(follow.newest(), at_s):
                self._follow(follow)
        self._tentative = [follow for follow in again if follow not in lasting]
        self._tentative += [_begun(detection, at_s) for detection in new]

    def _follow(self, follow: _Follow) -> None:
        follow.track_id = self._next_id
        self._followed.append(follow)
        self._next_id += 1

    def _is_followed(self, detection: VehicleDetection, at_s: float) -> bool:
        return any(
            f.points[-1].at_s == at_s
            and _are_one(
                f.points[-1].box, detection.box, f.two_wheeled() == (detection.vehicle_class in TWO_WHEELED)
            )
            for f in self._followed
        )

    def _end(self, unseen: Sequence[_Follow], at_s: float) -> None:
        """Give up tracks that were not seen for too long, and the younger of two on one vehicle."""
        lost = {f.track_id for f in unseen if at_s - f.points[-1].at_s > MOST_MISSED_S}
        self.doubles = tuple(sorted(younger.track_id for younger in self._doubles(at_s)))
        lost |= set(self.doubles)
        self.ended = tuple(sorted(lost))
        self._followed = [f for f in self._followed if f.track_id not in lost]

    def _doubles(self, at_s: float) -> list[_Follow]:
        seen = [f for f in self._followed if f.points[-1].at_s == at_s]
        return [
            younger
            for i, younger in enumerate(seen)
            for older in seen[:i]
            if _are_one(
                older.points[-1].box, younger.points[-1].box, older.two_wheeled() == younger.two_wheeled()
            )
        ]


def _are_one(one: Box, other: Box, alike: bool) -> bool:
    """Whether two boxes are one vehicle seen twice; `alike` when both are two-wheeled or neither is."""
    return one.overlap(other) > (SAME_VEHICLE_OVERLAP if alike else SAME_BOX_OVERLAP)


def _begun(detection: VehicleDetection, at_s: float) -> _Follow:
    """A track of one point, without a number yet."""
    point = TrackPoint(at_s=at_s, box=detection.box, score=detection.score)
    return _Follow(track_id=0, votes=Counter({detection.vehicle_class: 1}), points=[point])


def _match(follow: _Follow, detection: VehicleDetection, at_s: float) -> float:
    """How well a detection fits a track's prediction: 0 not at all, up to 2 for full overlap."""
    if follow.two_wheeled() != (detection.vehicle_class in TWO_WHEELED) and detection.score >= SURE_SCORE:
        penalty = 0.5
    else:
        penalty = 1.0
    expected = follow.predicted(at_s)
    overlap = expected.overlap(detection.box)
    size = (expected.width + expected.height) / 2
    dx = expected.centre.x - detection.box.centre.x
    dy = expected.centre.y - detection.box.centre.y
    distance = math.hypot(dx, dy) / size
    ratio = (detection.box.width * detection.box.height) / (expected.width * expected.height)
    if not 0.33 < ratio < 3.0:
        return 0.0
    if overlap >= LEAST_OVERLAP:
        return penalty * (1.0 + overlap)
    if distance < MOST_DISTANCE:
        return penalty * (1.0 - distance / MOST_DISTANCE) * 0.9
    return 0.0
