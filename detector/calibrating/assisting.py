"""A worker that looks at feeds for people: asks the service for jobs and does them in turn, until told to stop.

`ngatu assist` runs it alone; `ngatu watch` may start it in a thread of its own with the eyes it has already.
"""

from contextlib import closing
from functools import cache
from threading import Event, Thread

import av
import cv2
import structlog

from detector.calibrating.errands import Errand, Tools, do_errand
from detector.calibrating.held_feeds import HeldFeeds
from detector.calibrating.narrating import JobUnwanted, Narrator
from detector.calibrating.refusals import DeviceSilent, DoorClosed
from detector.calibrating.service_door import ServiceDoor
from detector.contract.assist import DoneIn, FailureCode, JobAsked
from detector.contract.camera import CameraFileError
from detector.errors import (
    CodecUnknown,
    DetectorError,
    NoPictures,
    PictureSizeChanged,
    SourceRefused,
    SourceStalled,
    SourceUnreadable,
    redact,
)
from detector.watching.eyes import Eyes
from detector.watching.opening import open_eyes, stamp
from models.errors import ModelError

log = structlog.get_logger()

FOREIGN = (av.FFmpegError, cv2.error, RuntimeError, ValueError, OSError)

AGAIN_S, LONGEST_S = 1.0, 30.0
LIVE_END_S = 12.0
_CODES: tuple[tuple[type[DetectorError], FailureCode], ...] = (
    (SourceRefused, "refused"),
    (SourceStalled, "stalled"),
    (NoPictures, "no_pictures"),
    (CodecUnknown, "codec"),
    (PictureSizeChanged, "size_changed"),
    (SourceUnreadable, "unreachable"),
)


def assist(service_url: str, token: str, stop: Event, *, eyes: Eyes | None = None) -> int:
    """Do jobs until `stop` is set; how many were done. `eyes` are shared ones that are open already.

    Never ends for a job's failure or a service that is away: it says so in the log and goes on.
    """
    opened = (lambda: eyes) if eyes is not None else cache(open_eyes)
    done, pause_s = 0, AGAIN_S
    live: list[Thread] = []
    with ServiceDoor(service_url, token) as door, closing(HeldFeeds()) as held:
        tools = Tools(open_eyes=opened, run=stamp(), stop=stop, held=held)
        while not stop.is_set():
            try:
                held.sweep()
                job = door.take()
                pause_s = AGAIN_S
                if job is not None and not stop.is_set():
                    done += _begin(job, tools, door, live)
            except DoorClosed as error:
                log.warning("assist_waits", reason=str(error), pause_s=pause_s)
                stop.wait(pause_s)
                pause_s = min(LONGEST_S, pause_s * 2)
        for look in live:
            look.join(LIVE_END_S)
    return done


def _begin(job: JobAsked, tools: Tools, door: ServiceDoor, live: list[Thread]) -> int:
    """Do a job; 1 when it was done. Live looks go on beside, so that nobody's probe waits for them."""
    if job.kind != "live":
        return _do(job, tools, door)
    look = Thread(target=_look_live, args=(job, tools, door), name=f"live {job.job_id}", daemon=True)
    look.start()
    live[:] = [*(one for one in live if one.is_alive()), look]
    return 1


def _look_live(job: JobAsked, tools: Tools, door: ServiceDoor) -> None:
    try:
        _do(job, tools, door)
    except DoorClosed as error:
        log.warning("live_look_lost", job_id=job.job_id, reason=str(error))


def _do(job: JobAsked, tools: Tools, door: ServiceDoor) -> int:
    """Do one job and send what came of it. Raises DoorClosed."""
    camera_id = (job.camera or {}).get("camera_id")
    log.info("job_taken", job_id=job.job_id, kind=job.kind, camera_id=camera_id)
    try:
        with Narrator(door, job.job_id, of_s=job.seconds) as narrator:
            errand = do_errand(job, tools, narrator, reference=lambda: door.reference(job.job_id))
    except JobUnwanted:
        log.info("job_unwanted", job_id=job.job_id)
        door.end(job.job_id, DoneIn(failure="stopped"))
        return 0
    except DoorClosed:
        raise
    except (DetectorError, CameraFileError, ModelError) as error:
        log.warning("job_failed", job_id=job.job_id, camera_id=camera_id, reason=redact(str(error)))
        door.end(job.job_id, DoneIn(failure=_code(error), failure_text=redact(str(error))[:1000]))
        return 0
    except FOREIGN as error:  # their texts may hold the camera's password: only the type is told
        log.error("job_broke", job_id=job.job_id, camera_id=camera_id, error=type(error).__name__)
        door.end(job.job_id, DoneIn(failure="broke", failure_text=type(error).__name__))
        return 0
    _send(errand, job.job_id, door)
    return 1


def _send(errand: Errand, job_id: int, door: ServiceDoor) -> None:
    for name, jpeg in errand.pictures.items():
        door.put_picture(job_id, name, jpeg)
    door.end(job_id, DoneIn(result=errand.result))
    log.info("job_done", job_id=job_id, pictures=len(errand.pictures))


def _code(error: Exception) -> FailureCode:
    if isinstance(error, DeviceSilent):
        return "no_device"
    return next((code for kind, code in _CODES if isinstance(error, kind)), "broke")
