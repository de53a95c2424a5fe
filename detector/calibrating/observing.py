"""The product's judge, listened to: what it follows and sees now, to be drawn over the picture. It judges as ever."""

from collections.abc import Sequence

from detector.contract.assist import SeenFrame, SeenSignal, SeenTrack
from detector.contract.camera import Camera
from detector.judging.camera_judge import CameraJudge
from detector.types import Finding, LampReading, Track
from models.types import Box, VehicleDetection

PATH_S = 3.0


class ObservedJudge(CameraJudge):
    """Judges as always and keeps the last look: readings, and the tracks that were seen in it."""

    def __init__(self, camera: Camera) -> None:
        super().__init__(camera)
        self._signals: tuple[SeenSignal, ...] = ()
        self._at_s = 0.0

    def look(
        self, at_s: float, readings: Sequence[LampReading], detections: Sequence[VehicleDetection]
    ) -> tuple[Finding, ...]:
        self._at_s = at_s
        self._signals = tuple(SeenSignal(signal_id=one.signal_id, colour=one.colour) for one in readings)
        return super().look(at_s, readings, detections)

    def seen(self, *, from_s: float, of_s: float, cases: int) -> SeenFrame:
        """The last look in shares of the picture, timed from `from_s`; `cases` is how many there were so far."""
        tracks = self._tracker.seen_at(self._at_s)
        return SeenFrame(
            at_s=round(self._at_s - from_s, 2),
            of_s=of_s,
            signals=self._signals,
            tracks=tuple(_seen(track) for track in tracks),
            cases=cases,
        )


def _seen(track: Track) -> SeenTrack:
    last = track.points[-1]
    recent = [point for point in track.points if point.at_s >= last.at_s - PATH_S]
    return SeenTrack(
        track_id=track.track_id,
        vehicle_class=track.vehicle_class,
        box=_corners(last.box),
        path=tuple((_loose(point.box.ground.x), _loose(point.box.ground.y)) for point in recent),
    )


def _corners(box: Box) -> tuple[float, float, float, float]:
    return _loose(box.left), _loose(box.top), _loose(box.right), _loose(box.bottom)


def _loose(share: float) -> float:
    return round(min(2.0, max(-1.0, share)), 4)
