"""Watches many cameras on one core: the unit that a fleet places.

    feeds (threads) ─▶ rounds (one thread): take · judge ─▶ claims ─▶ proofs (one thread) ─▶ outbox
                                             ╰─ detect (one thread) ─╯

In a round each camera gives at most one frame to the detector, which sees those of all cameras at once while the
cameras that wait for nothing take their packets: a core is busy with both.
Cameras come and go while it runs; what is pending of one that leaves is decided and written first.
"""

import os
import resource
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread

import structlog

from detector.contract.camera import Camera
from detector.errors import DetectorError
from detector.evidence.packet_writer import PacketWriter
from detector.watching.camera_health import GroupHealth
from detector.watching.camera_watch import Look
from detector.watching.case_prover import Claim
from detector.watching.describing import RunStamp
from detector.watching.eyes import Eyes
from detector.watching.group_camera import GroupCamera
from models.types import VehicleDetection

log = structlog.get_logger()

NAP_S = 0.04
"""Between two rounds that found nothing to do: long enough for several cameras' frames to come together."""
MOST_AT_ONCE = 16
"""Frames that the detector sees in one go."""
TELL_EVERY_S = 1.0
RETRY_EVERY_S = 2.0
LAGS_KEPT = 4000
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

Proof = tuple[GroupCamera, Claim | None]
"""A claim to prove; None: the camera is stopped, write its last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Detecting:
    """Looks that the detector sees just now, one of each camera."""

    cameras: Sequence[GroupCamera]
    looks: Sequence[Look]
    found: Future[list[list[VehicleDetection]]]


class CameraGroup:
    """Several cameras and the threads that watch them. `eyes` by the cameras' detector setting."""

    def __init__(
        self,
        group_id: str,
        *,
        eyes: Mapping[str, Eyes],
        writer: PacketWriter,
        run: RunStamp,
        views: Path | None = None,
    ) -> None:
        self.group_id = group_id
        self._views = views
        self._eyes, self._writer, self._run = eyes, writer, run
        self._cameras: dict[str, GroupCamera] = {}
        self._lock = Lock()
        self._proofs: SimpleQueue[Proof | None] = SimpleQueue()
        self._lags_s: deque[float] = deque(maxlen=LAGS_KEPT)
        self._queue_depth = 0
        self._detecting = ThreadPoolExecutor(1, thread_name_prefix="detect")
        self._stop = Event()

    def add(self, camera: Camera) -> None:
        """Begin to watch a camera; harmless for one that is watched already."""
        with self._lock:
            if camera.camera_id not in self._cameras:
                self._cameras[camera.camera_id] = GroupCamera(
                    camera,
                    eyes=self._eyes[camera.detector],
                    writer=self._writer,
                    run=self._run,
                    views=self._views,
                )

    def remove(self, camera_id: str) -> None:
        """Stop watching a camera; what is pending is decided and written."""
        with self._lock:
            camera = self._cameras.get(camera_id)
        if camera is not None:
            camera.is_stopping = True

    def stop(self) -> None:
        """Stop all cameras; `run` returns once everything is written."""
        self._stop.set()

    def run(self) -> None:
        """Watch until stopped."""
        proving = Thread(target=self._prove_on, name="prove", daemon=True)
        proving.start()
        next_tell_s = 0.0
        while not self._stop.is_set():
            if not self._round():
                self._stop.wait(NAP_S)
            if time.monotonic() >= next_tell_s:
                next_tell_s = time.monotonic() + TELL_EVERY_S
                for camera in self._watched():
                    camera.tell_changes()
        for camera in self._watched():
            self._let_go(camera)
        self._proofs.put(None)
        proving.join()
        self._detecting.shutdown()

    def health(self) -> GroupHealth:
        """How it goes; lags and rates since the last call."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        lags_s = tuple(self._lags_s.popleft() for _ in range(len(self._lags_s)))
        return GroupHealth(
            group_id=self.group_id,
            cameras=tuple(camera.health() for camera in self._watched()),
            cpu_s=used.ru_utime + used.ru_stime,
            resident_bytes=_resident_bytes(),
            inference_queue=self._queue_depth,
            proofs_waiting=self._proofs.qsize(),
            lags_s=lags_s,
        )

    def _watched(self) -> list[GroupCamera]:
        with self._lock:
            return list(self._cameras.values())

    def _round(self) -> bool:
        """Let the detector see what waits, and the others take what came meanwhile; whether there was anything."""
        cameras = self._watched()
        begun = self._begin_detecting(cameras)
        in_flight = {camera for detecting in begun for camera in detecting.cameras}
        busy = bool(begun)
        for camera in cameras:
            if camera in in_flight:
                continue
            if camera.is_stopping:
                self._let_go(camera)
            elif not camera.looks_due:
                busy |= self._take_surviving(camera)
        for detecting in begun:
            self._conclude_surviving(detecting)
        for camera in cameras:
            for claim in camera.claims():
                self._proofs.put((camera, claim))
        return busy

    def _begin_detecting(self, cameras: Sequence[GroupCamera]) -> list[_Detecting]:
        """Hand the looks that wait to the detecting thread, at most one of each camera."""
        waiting = [camera for camera in cameras if camera.looks_due and not camera.is_stopping]
        self._queue_depth = len(waiting)
        begun = []
        for detector in sorted({camera.detector for camera in waiting}):
            alike = [camera for camera in waiting if camera.detector == detector][:MOST_AT_ONCE]
            looks = [camera.wanted() for camera in alike]
            found = self._detecting.submit(self._seen, detector, looks)
            begun.append(_Detecting(cameras=alike, looks=looks, found=found))
        return begun

    def _seen(self, detector: str, looks: Sequence[Look]) -> list[list[VehicleDetection]]:
        return self._eyes[detector].vehicles.detect_many([look.frame.picture for look in looks])

    def _take_surviving(self, camera: GroupCamera) -> bool:
        """What one camera's packets break ends that camera's watch, never the group's."""
        try:
            return camera.take()
        except DetectorError as error:
            log.error("watch_broke", camera_id=camera.camera_id, reason=str(error))
            camera.begin_anew(type(error).__name__)
        # The loop must survive. A foreign error's text may hold the camera's password: only its type is told.
        except Exception as error:  # noqa: BLE001
            camera.begin_anew(type(error).__name__)
        return True

    def _conclude_surviving(self, detecting: _Detecting) -> None:
        try:
            found = detecting.found.result()
            for camera, look, detections in zip(detecting.cameras, detecting.looks, found, strict=True):
                camera.conclude(detections)
                self._lags_s.append(camera.feed.lateness_s(look.frame.at_s))
        except Exception as error:  # noqa: BLE001 - the loop must survive: these cameras begin anew
            log.error("inference_broke", group_id=self.group_id, error=type(error).__name__)
            for camera in detecting.cameras:
                camera.begin_anew(type(error).__name__)

    def _let_go(self, camera: GroupCamera) -> None:
        """Hang up; what is pending goes to the prover, and then the camera is forgotten."""
        camera.feed.stop()
        for claim in camera.last_claims():
            self._proofs.put((camera, claim))
        self._proofs.put((camera, None))
        with self._lock:
            self._cameras.pop(camera.camera_id, None)

    def _prove_on(self) -> None:
        next_retry_s = 0.0
        while True:
            try:
                proof = self._proofs.get(timeout=RETRY_EVERY_S)
                if proof is None:
                    return
                self._prove_surviving(*proof)
            except Empty:
                pass  # nothing to prove: what the disk refused is tried again all the same
            if time.monotonic() >= next_retry_s:
                next_retry_s = time.monotonic() + RETRY_EVERY_S
                for other in self._watched():
                    other.retry()
                    other.check_view()

    def _prove_surviving(self, camera: GroupCamera, claim: Claim | None) -> None:
        try:
            if claim is None:
                camera.finish()
            else:
                camera.prove(claim)
        except DetectorError as error:
            log.error("case_lost", camera_id=camera.camera_id, reason=str(error))
        except Exception as error:  # noqa: BLE001 - the loop must survive; the case is lost and said
            log.error("case_lost", camera_id=camera.camera_id, reason=type(error).__name__)


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE_BYTES
