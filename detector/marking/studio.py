"""The recorder's second process: answers the console's questions about recordings, and sends marked packets.

    _asked/ID.json ─▶ still · plate's suggestion · packet ─▶ _answered/ID.json     outbox ─▶ service

Decodes single pictures on request, opens the networks when the first plate is asked for. It ends with its
recorder; questions that wait then wait for the next one.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import cv2
import httpx
import structlog

from detector.contract.camera import Camera
from detector.contract.marking import (
    ANSWERED,
    Answered,
    Marking,
    PlateSuggestion,
    PlateWanted,
    Question,
    StillWanted,
    answer,
    asked,
)
from detector.errors import DetectorError, KeyUnusable
from detector.evidence.outbox import OutboxSender
from detector.evidence.packet_writer import PacketWriter
from detector.evidence.stills import encode_picture
from detector.judging.plate_vote import vote
from detector.marking.footage import open_footage
from detector.marking.marked_packet import put_marked
from detector.marking.plate_in_box import plates_in_box
from detector.watching.describing import RunStamp, packet_plate
from detector.watching.eyes import Eyes
from detector.watching.live_watch import worker_token
from detector.watching.opening import open_eyes, open_signer, stamp
from models.types import Box

log = structlog.get_logger()

OUTBOX = "outbox_recorder"
"""Its own: an outbox has one sender."""
LOOK_S = 0.04
SWEEP_S = 60.0
ANSWERS_STAY_S = 3600.0
TOKEN_EVERY_S = 15.0
STILL_QUALITY = 80
MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class StudioOrder:
    """What the studio must know."""

    cameras: Mapping[str, Camera]
    root: Path
    state: Path
    service_url: str


class Studio:
    """Answers one question after the other."""

    def __init__(self, order: StudioOrder) -> None:
        self._order = order
        self._eyes: Eyes | None = None
        self._writer: PacketWriter | None = None
        self._run: RunStamp = stamp()

    def answer_waiting(self) -> int:
        """Answer what waits; how many there were. Raises OSError when no answer can be written."""
        count = 0
        for question in asked(self._order.root):
            answered, jpeg = self._answered(question)
            answer(self._order.root, answered, jpeg=jpeg)
            count += 1
        return count

    def _answered(self, question: Question) -> tuple[Answered, bytes | None]:
        wants, question_id = question.wants, question.question_id
        try:
            if isinstance(wants, StillWanted):
                return Answered(question_id=question_id, has_picture=True), self._still(wants)
            if isinstance(wants, PlateWanted):
                suggestion, jpeg = self._plate(wants)
                return Answered(question_id=question_id, plate=suggestion, has_picture=jpeg is not None), jpeg
            violation_id = self._marked(wants, question_id)
        except DetectorError as error:
            log.warning(
                "question_not_answered", what=wants.what, camera_id=wants.camera_id, reason=str(error)
            )
            return Answered(question_id=question_id, problem=str(error)), None
        log.info("packet_of_marking_written", camera_id=wants.camera_id, violation_id=violation_id)
        return Answered(question_id=question_id, violation_id=violation_id), None

    def _still(self, wanted: StillWanted) -> bytes:
        with open_footage(
            self._order.root,
            wanted.camera_id,
            wanted.at,
            wanted.at + MOMENT,
            around=wanted.at,
            for_looking=True,
        ) as footage:
            picture = footage.frame_at(footage.second_of(wanted.at)).picture
        height, width = picture.shape[:2]
        if width > wanted.width_px:
            size = (wanted.width_px, max(1, round(height * wanted.width_px / width)))
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, STILL_QUALITY])
        assert done  # noqa: S101 - a decoded picture can be encoded
        return jpeg.tobytes()

    def _plate(self, wanted: PlateWanted) -> tuple[PlateSuggestion, bytes | None]:
        left, top, width, height = wanted.box
        box = Box(left=left, top=top, right=left + width, bottom=top + height)
        beside = timedelta(seconds=1)
        with open_footage(
            self._order.root, wanted.camera_id, wanted.at - beside, wanted.at + beside, around=wanted.at
        ) as footage:
            plates = plates_in_box(footage, footage.second_of(wanted.at), box, self._open_eyes())
        told = packet_plate(vote([view.read for view in plates]))
        best = max(plates, key=lambda view: view.read.read.confidence, default=None)
        suggestion = PlateSuggestion(
            text=told.text, confidence=told.confidence, verdict=told.verdict, rows=told.rows
        )
        return suggestion, encode_picture(best.picture) if best is not None else None

    def _marked(self, marking: Marking, mark_id: str) -> str:
        camera = self._order.cameras.get(marking.camera_id)
        if camera is None:
            raise DetectorError(
                f"camera {marking.camera_id}: the recorder does not know it yet; submit again in ten seconds, "
                "and if that does not help, ask your integrator whether ngatu record uses this register"
            )
        if self._writer is None:
            self._writer = PacketWriter(self._order.state / OUTBOX, open_signer(self._order.state))
        return put_marked(
            marking,
            mark_id=mark_id,
            camera=camera,
            root=self._order.root,
            eyes=self._open_eyes(),
            run=self._run,
            writer=self._writer,
        )

    def _open_eyes(self) -> Eyes:
        if self._eyes is None:
            self._eyes = open_eyes()
        return self._eyes


def serve_studio(order: StudioOrder, *, parent: int | None = None) -> None:
    """Answer until the recorder (`parent`) is gone."""
    studio, stop = Studio(order), Event()
    sending = Thread(target=_send, args=(order, stop), daemon=True, name="outbox sender")
    sending.start()
    next_sweep_s = 0.0
    while parent is None or os.getppid() == parent:
        try:
            if not studio.answer_waiting():
                time.sleep(LOOK_S)
            if time.monotonic() >= next_sweep_s:
                next_sweep_s = time.monotonic() + SWEEP_S
                sweep_answers(order.root, now_s=time.time())
        except OSError as error:
            log.error("studio_cannot_write", reason=error.strerror or str(error))
            time.sleep(1.0)
    stop.set()
    sending.join(5.0)


def sweep_answers(root: Path, *, now_s: float) -> None:
    """Remove answers that everybody interested has had time to read; a marking is answered once more if asked."""
    folder = root / ANSWERED
    for path in folder.iterdir() if folder.is_dir() else ():
        if now_s - path.stat().st_mtime > ANSWERS_STAY_S:
            path.unlink(missing_ok=True)


def _send(order: StudioOrder, stop: Event) -> None:
    """Send the outbox, as soon as this worker is registered with the service."""
    token: str | None = None
    while token is None and not stop.is_set():
        try:
            token = worker_token(order.state)
        except KeyUnusable as error:
            log.warning("marked_packets_wait", reason=str(error))
            stop.wait(TOKEN_EVERY_S)
    if token is None:
        return
    with httpx.Client() as client:
        OutboxSender(order.state / OUTBOX, service_url=order.service_url, token=token, client=client).run(
            stop
        )
