"""Probes one camera: watches its feed for a while and measures it. A feed in, a Probed out. Judges nothing.

Main-stream pictures are decoded only for a dozen vehicles at the line and a few moments of motion.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.contract.camera import Camera
from detector.errors import GapInFootage, SourceUnreadable
from detector.fitness.drift import Drift, drawn_places, measure_drift, still_of
from detector.fitness.measures import CameraMeasure, PlateMeasure, SignalMeasure, StreamMeasure
from detector.judging.crossing import LaneGeometry, geometry_of
from detector.judging.geometry import place_on_line
from detector.judging.timeline import SignalTimeline
from detector.judging.track_course import grown
from detector.sources.decoding import Frame, decode_frames
from detector.sources.feed import CameraFeed, open_feed
from detector.sources.packets import StreamInfo, StreamPacket
from detector.types import LampReading
from detector.watching.eyes import Eyes, Picture, cut, read_signal
from models.types import Box, LampColour, VehicleClass, VehicleDetection

Progress = Callable[[float], None]

LAMP_EVERY_S = 0.2
LOOK_EVERY_S = 0.4
MOST_PLATE_LOOKS, PLATE_LOOK_EVERY_S = 16, 1.0
AT_LINE_SHARE = 1.0
"""How far from the line a vehicle's ground point may be, in its own heights."""
SURE_SCORE = 0.4
LEAST_MOTORBIKES, LEAST_SPREAD = 25, 0.12
SMALL = (160, 90)
MOTION_EVERY_S, MOTION_MOMENTS, LEAST_MOTION = 2.0, 5, 1.2
SEARCH_S = 0.4
STILL_EVERY_S, MOST_STILLS = 0.5, 24


@dataclass(frozen=True, kw_only=True, slots=True)
class Probed:
    """The measures, the scene without its traffic, and its drift against the calibration picture (None without one)."""

    measure: CameraMeasure
    still: Picture
    drift: Drift | None


def probe_camera(
    camera: Camera, *, base_dir: Path, eyes: Eyes, seconds: float, progress: Progress = lambda _at_s: None
) -> Probed:
    """Watch for `seconds` of stream, or to a file's end. Raises SourceError when there is nothing to watch."""
    reference = calibration_picture(camera, base_dir)
    with open_feed(camera, base_dir=base_dir, ring_s=seconds + 10.0, reconnect=False) as feed:
        probe = _Probe(camera, eyes)
        for frame in feed:
            progress(frame.at_s)
            probe.look(frame, feed)
            if frame.at_s >= seconds:
                break
        still = probe.still()
        drift = measure_drift(reference, still, drawn_places(camera)) if reference is not None else None
        return Probed(measure=probe.measured(feed, drift), still=still, drift=drift)


def calibration_picture(camera: Camera, base_dir: Path) -> Picture | None:
    """The picture that the camera file names; None when it names none. Raises SourceUnreadable."""
    if camera.calibration_picture is None:
        return None
    path = base_dir / camera.calibration_picture
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SourceUnreadable(
            f"{path}: the calibration picture cannot be read; keep a new one with --keep-picture"
        )
    return np.asarray(picture, np.uint8)


class _Probe:
    def __init__(self, camera: Camera, eyes: Eyes) -> None:
        self._camera = camera
        self._eyes = eyes
        self._lanes = [geometry_of(lane) for lane in camera.lanes]
        self._reads = {signal.id: Counter[LampColour]() for signal in camera.signals}
        self._timelines = {s.id: SignalTimeline(s.id, camera.judging.lamp_debounce_s) for s in camera.signals}
        self._next_lamp_s = self._next_look_s = 0.0
        self._at_line: list[tuple[float, Box]] = []
        self._motorbikes: list[Box] = []
        self._motion: list[tuple[float, float, NDArray[np.uint8]]] = []
        self._small: NDArray[np.uint8] | None = None
        self._stills: list[Picture] = []
        self._next_still_s, self._still_every_s = 0.0, STILL_EVERY_S
        self._last_s = 0.0

    def look(self, frame: Frame, feed: CameraFeed) -> None:
        self._last_s = frame.at_s
        if frame.at_s >= self._next_lamp_s:
            self._next_lamp_s = frame.at_s + LAMP_EVERY_S
            self._read_lamps(frame)
        if frame.at_s >= self._next_look_s:
            self._next_look_s = frame.at_s + LOOK_EVERY_S
            self._see_vehicles(frame)
            self._see_motion(frame)
        if frame.at_s >= self._next_still_s:
            self._keep_still(frame)

    def still(self) -> Picture:
        return still_of(self._stills)

    def measured(self, feed: CameraFeed, drift: Drift | None) -> CameraMeasure:
        packets = feed.ring.between(0.0, float("inf"))
        has_sub = self._camera.sources.sub is not None
        clock = feed.clock.clock
        return CameraMeasure(
            camera_id=self._camera.camera_id,
            footage_s=self._last_s,
            main=stream_measure(feed.main_info, packets),
            sub=stream_measure(feed.watch_info, ()) if has_sub else None,
            clock_source=clock.source,
            clock_offset_ms=clock.offset_ms,
            sub_offset_s=self._sub_offset_s(feed) if has_sub else None,
            gaps=len([gap for gap in feed.gaps if gap[0] <= self._last_s]),
            signals=tuple(self._signal(signal_id) for signal_id in self._reads),
            plates=tuple(self._plates(feed)),
            vehicles_at_line=len(self._at_line),
            horizon=horizon_of(self._motorbikes),
            moved=drift.moved if drift is not None else None,
            has_calibration_picture=drift is not None,
        )

    def _read_lamps(self, frame: Frame) -> None:
        for signal in self._camera.signals:
            colour = read_signal(self._eyes.lamps, frame.picture, signal.lamps)
            self._reads[signal.id][colour] += 1
            self._timelines[signal.id].add(LampReading(signal_id=signal.id, at_s=frame.at_s, colour=colour))

    def _see_vehicles(self, frame: Frame) -> None:
        for vehicle in self._eyes.vehicles.detect(frame.picture):
            if vehicle.score < SURE_SCORE:
                continue
            inside = vehicle.box.top > 0.01 and vehicle.box.bottom < 0.99
            if vehicle.vehicle_class is VehicleClass.MOTORBIKE and inside:
                self._motorbikes.append(vehicle.box)
            if any(is_at_line(vehicle, lane) for lane in self._lanes):
                self._note_at_line(frame.at_s, vehicle.box)

    def _note_at_line(self, at_s: float, box: Box) -> None:
        """One vehicle a second is enough, and the same one is not asked twice."""
        if not self._at_line or at_s - self._at_line[-1][0] >= PLATE_LOOK_EVERY_S:
            self._at_line.append((at_s, box))

    def _see_motion(self, frame: Frame) -> None:
        small = _shrunk(frame.picture)
        if self._small is not None:
            self._motion.append((float(cv2.absdiff(small, self._small).mean()), frame.at_s, small))
            self._motion = sorted(self._motion, key=lambda seen: -seen[0])[:40]
        self._small = small

    def _keep_still(self, frame: Frame) -> None:
        """Pictures over the whole probe, however long it is: every second one goes when there are too many."""
        self._stills.append(frame.picture)
        if len(self._stills) > MOST_STILLS:
            del self._stills[1::2]
            self._still_every_s *= 2
        self._next_still_s = frame.at_s + self._still_every_s

    def _signal(self, signal_id: str) -> SignalMeasure:
        spans = self._timelines[signal_id].spans(0.0, self._last_s)
        begun = sum(span.colour is LampColour.RED and span.from_s > 0.5 for span in spans)
        return SignalMeasure(signal_id=signal_id, reads=self._reads[signal_id], saw_full_cycle=begun >= 2)

    def _plates(self, feed: CameraFeed) -> Iterator[PlateMeasure]:
        every = max(1, -(-len(self._at_line) // MOST_PLATE_LOOKS))
        for at_s, box in self._at_line[::every]:
            frame = next(_main_frames(feed, at_s - 0.001, at_s + 0.2), None)
            if frame is None:
                continue
            wide = grown(box, 0.08)
            crop = cut(frame.picture, (wide.left, wide.top, wide.right, wide.bottom))
            found = max(self._eyes.plate_finder.find(crop), key=lambda plate: plate.score, default=None)
            if found is not None:
                height, width = crop.shape[:2]
                yield PlateMeasure(width_px=found.box.width * width, height_px=found.box.height * height)

    def _sub_offset_s(self, feed: CameraFeed) -> float | None:
        """By what they show: which main-stream picture is most like a sub-stream picture in which things move."""
        moments: list[tuple[float, NDArray[np.uint8]]] = []
        for motion, at_s, small in self._motion:
            far = all(abs(at_s - other) >= MOTION_EVERY_S for other, _ in moments)
            if motion >= LEAST_MOTION and far and len(moments) < MOTION_MOMENTS:
                moments.append((at_s, small))
        offsets = [
            at_s - frame_s
            for at_s, small in moments
            if (frame_s := _most_alike_s(feed, at_s, small)) is not None
        ]
        return round(median(offsets), 3) if offsets else None


def is_at_line(vehicle: VehicleDetection, lane: LaneGeometry) -> bool:
    """Whether the vehicle stands or drives close to the lane's stop line, within its ends."""
    ground = vehicle.box.ground
    near = abs(lane.beyond(ground)) <= AT_LINE_SHARE * vehicle.box.height
    return near and 0.0 <= place_on_line(ground, lane.line) <= 1.0


def stream_measure(info: StreamInfo, packets: Sequence[StreamPacket]) -> StreamMeasure:
    """What the packets of a stream tell; without packets only what the stream states."""
    keys = [packet.at_s for packet in packets if packet.is_key]
    gaps = [later - earlier for earlier, later in pairwise(keys)]
    span_s = packets[-1].decode_s - packets[0].decode_s if len(packets) > 1 else 0.0
    return StreamMeasure(
        codec=info.codec,
        width=info.width,
        height=info.height,
        fps=info.fps,
        key_frame_interval_s=max(gaps) if gaps else None,
        bits_per_s=8 * sum(packet.size for packet in packets[:-1]) / span_s if span_s else None,
    )


def horizon_of(motorbikes: Sequence[Box]) -> float | None:
    """Where a motorbike's height would be 0, in shares of the picture's height from its top.

    On a level road a thing's height in the picture grows in step with the distance of its foot from the horizon;
    so a straight line through (foot, height) meets zero there. Fitted robustly (Theil–Sen); None when motorbikes
    were seen at too few distances.
    """
    feet = np.array([box.bottom for box in motorbikes])
    heights = np.array([box.height for box in motorbikes])
    if len(feet) < LEAST_MOTORBIKES or float(np.subtract(*np.percentile(feet, [90, 10]))) < LEAST_SPREAD:
        return None
    first, second = np.triu_indices(min(len(feet), 200), k=1)
    apart = np.abs(feet[first] - feet[second]) > LEAST_SPREAD / 2
    slopes = (heights[first] - heights[second])[apart] / (feet[first] - feet[second])[apart]
    slope = float(np.median(slopes)) if len(slopes) else 0.0
    if slope <= 0.05:
        return None
    return round(float(np.median(feet - heights / slope)), 2)


def _main_frames(feed: CameraFeed, from_s: float, to_s: float) -> Iterator[Frame]:
    """Main-stream frames as far as the bits are whole: a damaged stretch tells nothing here."""
    try:
        yield from decode_frames(feed.main_info, feed.ring.between(max(0.0, from_s), to_s), from_s=from_s)
    except GapInFootage:
        return


def _most_alike_s(feed: CameraFeed, at_s: float, small: NDArray[np.uint8]) -> float | None:
    frames = _main_frames(feed, at_s - SEARCH_S, at_s + SEARCH_S + 0.2)
    unlike = [(float(cv2.absdiff(_shrunk(f.picture), small).mean()), f.at_s) for f in frames]
    return min(unlike)[1] if unlike else None


def _shrunk(picture: Picture) -> NDArray[np.uint8]:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(grey, SMALL, interpolation=cv2.INTER_AREA), np.uint8)
