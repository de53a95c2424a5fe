"""Does one camera job: takes a still, probes, rehearses, asks ONVIF devices. A job in, a result and pictures out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

from pydantic import BaseModel

from detector.calibrating.held_feeds import HeldFeeds
from detector.calibrating.narrating import JobUnwanted, Narrator
from detector.calibrating.pictures import live_jpeg, still_jpeg
from detector.calibrating.rehearsing import rehearse
from detector.contract.assist import (
    LIVE,
    REFERENCE,
    STILL,
    Device,
    FitnessCheck,
    JobAsked,
    ProbeResult,
    SeenFrame,
    StillResult,
    Stream,
)
from detector.contract.camera import Camera, Sources, parse_camera
from detector.errors import DetectorError, NoPictures
from detector.fitness.grading import grade
from detector.fitness.measures import StreamMeasure
from detector.fitness.probing import probe_camera, stream_measure
from detector.sources.decoding import FrameDecoder
from detector.sources.feed import open_feed
from detector.sources.rtsp_reading import RtspReader
from detector.watching.describing import RunStamp
from detector.watching.eyes import Eyes

SETTLED_S, MOST_SEARCH_S = 0.4, 15.0
"""The first pictures after a connection may be grey: a still is taken a little later."""
LIVE_SILENT_S, LIVE_EVERY_S = 8.0, 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """What came of a job."""

    result: dict[str, Any]
    pictures: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tools:
    """What jobs are done with; the networks are opened at the first job that needs them."""

    open_eyes: Callable[[], Eyes]
    run: RunStamp
    stop: Event
    held: HeldFeeds
    """Of cameras that are calibrated now: what was seen while they are drawn on is there for a dry run."""


def do_errand(job: JobAsked, tools: Tools, narrator: Narrator, *, reference: Callable[[], bytes]) -> Errand:
    """Do a job. Raises DetectorError, and JobUnwanted when nobody wants it any more."""
    if job.kind == "discover":
        return _devices(job, narrator)
    if job.kind == "profiles":
        return _profiles(job.device)
    camera = parse_camera(job.camera, "the job's camera")
    if job.kind == "still":
        return _still(camera, tools, narrator)
    if job.kind == "live":
        return _live(camera, job, tools, narrator)
    if job.kind == "probe":
        return _probe(camera, job, tools, narrator, reference)
    done = rehearse(
        camera,
        tools.held.of(camera),
        eyes=tools.open_eyes(),
        run=tools.run,
        seconds=job.seconds,
        looks_back=job.kind == "dry_run",
        show=narrator.show,
    )
    return Errand(result=_wire(done.result), pictures=done.pictures)


def _still(camera: Camera, tools: Tools, narrator: Narrator) -> Errand:
    """One picture of the main stream: there lamps and lines are drawn the finest. Its feed is held from now on."""
    alone = camera.model_copy(update={"sources": Sources(main=camera.sources.main)})
    with open_feed(alone, base_dir=Path(), reconnect=False) as feed:
        for frame in feed:
            narrator.check()
            if frame.at_s >= SETTLED_S:
                tools.held.of(camera)
                result = StillResult(main=_stream(stream_measure(feed.main_info, ())))
                return Errand(result=_wire(result), pictures={STILL: still_jpeg(frame.picture)})
    raise NoPictures(f"camera {camera.camera_id}: the stream ended before a picture came; look at the camera")


def _live(camera: Camera, job: JobAsked, tools: Tools, narrator: Narrator) -> Errand:
    """The key pictures of the smallest stream as they come: decoding no others costs next to nothing."""
    url = camera.sources.sub or camera.sources.main
    with RtspReader(url, timeout_s=LIVE_SILENT_S, every_s=LIVE_EVERY_S) as reader:
        decoder: FrameDecoder | None = None
        for packet in reader.packets():
            narrator.check()
            if tools.stop.is_set():
                raise JobUnwanted
            if packet.is_key:
                decoder = decoder or FrameDecoder(reader.info)
                frame = decoder.alone(packet)
                if frame is not None and job.seconds == 0:
                    return Errand(result={}, pictures={LIVE: live_jpeg(frame.picture)})
                if frame is not None:
                    seen = SeenFrame(at_s=round(packet.at_s, 1), of_s=job.seconds)
                    narrator.show(frame.picture, seen)
            if packet.at_s > job.seconds:
                return Errand(result={})
    raise NoPictures(f"camera {camera.camera_id}: the stream ended; look at the camera")


def _probe(
    camera: Camera, job: JobAsked, tools: Tools, narrator: Narrator, reference: Callable[[], bytes]
) -> Errand:
    with TemporaryDirectory(prefix="ngatu-probe-") as folder:
        if job.has_reference:
            (Path(folder) / REFERENCE).write_bytes(reference())
            camera = camera.model_copy(update={"calibration_picture": REFERENCE})
        probed = probe_camera(
            camera,
            base_dir=Path(folder),
            eyes=tools.open_eyes(),
            seconds=job.seconds,
            progress=narrator.tell,
        )
    fitness = grade(probed.measure)
    result = ProbeResult(
        fit=fitness.is_fit,
        score=fitness.score,
        checks=tuple(
            FitnessCheck(name=c.name, measured=c.measured, grade=c.grade.value, advice=c.advice)
            for c in fitness.checks
        ),
        moved=probed.measure.moved,
        main=_stream(probed.measure.main),
    )
    return Errand(result=_wire(result), pictures={STILL: still_jpeg(probed.still)})


def _devices(job: JobAsked, narrator: Narrator) -> Errand:
    from detector.calibrating.onvif_devices import find_devices  # noqa: PLC0415 - SOAP is slow to load

    found = find_devices(seconds=min(job.seconds, MOST_SEARCH_S))
    narrator.check()
    return Errand(result={"devices": [_wire(device) for device in found]})


def _profiles(device: Device | None) -> Errand:
    from detector.calibrating.onvif_devices import stream_profiles  # noqa: PLC0415

    if device is None:
        raise DetectorError("the job names no device; choose one, or type its address")
    return Errand(result={"profiles": [_wire(profile) for profile in stream_profiles(device)]})


def _stream(measure: StreamMeasure) -> Stream:
    return Stream(codec=measure.codec, width=measure.width, height=measure.height, fps=round(measure.fps, 2))


_wire = partial(BaseModel.model_dump, mode="json")
