"""Sends the outbox's packets to the service, oldest first per camera, and lets go of what it acknowledged.

    OUTBOX/CAMERA_ID/VIOLATION_ID/ ──zip──▶ POST /api/v1/packets ──201, 200──▶ removed, or moved to OUTBOX/_sent
                                                                 ──refused──▶ OUTBOX/_refused and a reason
                                                                 ──else─────▶ stays, tried again later

The service takes a packet twice as once, so whatever is cut off is simply sent again: late is allowed, lost and
doubled are not. One packet is in memory at a time. Judges and writes no packets.
"""

import random
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import httpx
import structlog

from detector.contract.sealing import SealError
from detector.errors import EvidenceError, redact
from detector.evidence.chain import flush_folder, holding, last_link, link_of, record
from detector.evidence.packet_writer import SENT
from detector.evidence.packing import packed, read_folder

log = structlog.get_logger()

REFUSED = "_refused"
REASON_SUFFIX = ".reason.txt"
LEAVING = ".acknowledged-"
REFUSALS = {400, 410, 413, 415, 422}
"""The packet itself is refused. Other 4xx (token, address, load) are the worker's setting or the hour: kept."""
CONFLICT = 409
MOST_CONFLICTS = 5
"""A packet that another worker is sending at this moment conflicts once; one that always does is refused."""
POLL_S = 1.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
MOST_REASON_LENGTH = 500


class _Unreachable(Exception):
    """The service cannot be reached, or does not take packets from this worker now."""


class _NotNow(Exception):
    """The service cannot take this packet now."""


class _Refused(Exception):
    """The service will never take this packet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SendCounts:
    """What became of packets."""

    acknowledged: int = 0
    refused: int = 0
    held: int = 0
    """Waiting: not taken now, or behind one that was not."""

    def plus(self, *, acknowledged: int = 0, refused: int = 0, held: int = 0) -> "SendCounts":
        return SendCounts(
            acknowledged=self.acknowledged + acknowledged,
            refused=self.refused + refused,
            held=self.held + held,
        )


class _Pauses:
    """Growing pauses with jitter, for the whole service (None) and for each camera."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: dict[str | None, int] = {}
        self._until_s: dict[str | None, float] = {}

    def begin(self, camera_id: str | None) -> None:
        failures = self._failures[camera_id] = self._failures.get(camera_id, 0) + 1
        longest_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 10))
        self._until_s[camera_id] = self._clock() + longest_s * random.uniform(0.5, 1.0)

    def end(self, camera_id: str | None) -> None:
        self._failures.pop(camera_id, None)
        self._until_s.pop(camera_id, None)

    def holds(self, camera_id: str | None) -> bool:
        return self._clock() < self._until_s.get(camera_id, float("-inf"))


class OutboxSender:
    """Sends one outbox; one sender for an outbox at a time."""

    def __init__(
        self,
        outbox: Path,
        *,
        service_url: str,
        token: str,
        client: httpx.Client,
        keep_sent: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._url = _packets_url(service_url)
        self._token = token
        self._client = client
        self._keep_sent = keep_sent
        self._pauses = _Pauses(clock)
        self._conflicts: dict[Path, int] = {}
        for leaving in outbox.glob(f"*/{LEAVING}*"):
            shutil.rmtree(leaving, ignore_errors=True)

    def run(self, stop: Event) -> None:
        """Send until told to stop; survives whatever one pass meets."""
        while not stop.wait(POLL_S):
            try:
                self.send_waiting(stop)
            # The loop must survive. No traceback: one that shows variables would show the token.
            except Exception as error:  # noqa: BLE001
                log.error("outbox_pass_failed", outbox=str(self._outbox), error=type(error).__name__)
                self._pauses.begin(None)

    def send_waiting(self, stop: Event | None = None) -> SendCounts:
        """One pass over all that waits, oldest first per camera; pauses after failures are kept.

        A camera's folder that cannot be read or changed pauses that camera. Raises OSError for the outbox itself.
        """
        counts = SendCounts()
        for folder in camera_folders(self._outbox):
            waiting = waiting_packets(folder)
            for place, packet in enumerate(waiting):
                if self._pauses.holds(None) or self._pauses.holds(folder.name) or (stop and stop.is_set()):
                    counts = counts.plus(held=len(waiting) - place)
                    break
                counts = self._deal_with(packet, counts)
        return counts

    def _deal_with(self, packet: Path, counts: SendCounts) -> SendCounts:
        try:
            return self._dealt_with(packet, counts)
        except (_NotNow, _Unreachable, OSError) as reason:
            camera_id = packet.parent.name
            self._pauses.begin(None if isinstance(reason, _Unreachable) else camera_id)
            log.warning("packet_held", camera_id=camera_id, violation_id=packet.name, reason=str(reason))
            return counts.plus(held=1)

    def _dealt_with(self, packet: Path, counts: SendCounts) -> SendCounts:
        camera_id = packet.parent.name
        try:
            self._send(packet)
        except _Refused as reason:
            self._put_aside(packet, str(reason))
            return counts.plus(refused=1)
        self._pauses.end(None)
        self._pauses.end(camera_id)
        self._let_go(packet)
        log.info("packet_acknowledged", camera_id=camera_id, violation_id=packet.name)
        return counts.plus(acknowledged=1)

    def _send(self, packet: Path) -> None:
        """Send one packet; returns when the service acknowledged it."""
        try:
            body = packed(read_folder(packet))
        except SealError as error:
            raise _Refused(str(error)) from None
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/zip",
            "Idempotency-Key": packet.name,
        }
        try:
            answer = self._client.post(self._url, content=body, headers=headers, timeout=TIMEOUT)
        except httpx.HTTPError as error:
            raise _Unreachable(f"{redact(self._url)}: {type(error).__name__}: {error}") from None
        self._judge(packet, answer)

    def _judge(self, packet: Path, answer: httpx.Response) -> None:
        if answer.status_code in {200, 201}:
            if _acknowledged_id(answer) != packet.name:
                raise _Unreachable(
                    f"{redact(self._url)}: answers, but acknowledges nothing; check the address"
                )
            self._conflicts.pop(packet, None)
            return
        said = f"{answer.status_code} {answer.text[:MOST_REASON_LENGTH]}"
        if answer.status_code in REFUSALS:
            raise _Refused(said)
        if answer.status_code == CONFLICT:
            self._conflicts[packet] = self._conflicts.get(packet, 0) + 1
            if self._conflicts[packet] >= MOST_CONFLICTS:
                raise _Refused(said)
        if answer.status_code == CONFLICT or answer.status_code >= 500:
            raise _NotNow(said)
        raise _Unreachable(said)

    def _let_go(self, packet: Path) -> None:
        """The packet leaves; first its place in the chain is recorded, for the packets after it."""
        with holding(packet.parent):
            link = link_of(packet)
            if link is not None and last_link(packet.parent) == link:
                record(packet.parent, link)
            if self._keep_sent:
                _move(packet, self._outbox / SENT / packet.parent.name)
                return
            leaving = packet.rename(packet.parent / f"{LEAVING}{packet.name}")
        shutil.rmtree(leaving)

    def _put_aside(self, packet: Path, reason: str) -> None:
        """The packet moves to the refused ones, with a file beside it that says why."""
        self._conflicts.pop(packet, None)
        aside = self._outbox / REFUSED / packet.parent.name
        aside.mkdir(parents=True, exist_ok=True)
        line = f"{reason}\nTo send it again, move the folder back to {packet}\n"
        (aside / f"{packet.name}{REASON_SUFFIX}").write_text(line, encoding="utf-8")
        with holding(packet.parent):
            link = link_of(packet)
            if link is not None and last_link(packet.parent) == link:
                record(packet.parent, link)
            _move(packet, aside)
        log.error("packet_refused", camera_id=aside.name, violation_id=packet.name, reason=reason)


def camera_folders(outbox: Path) -> Iterator[Path]:
    """The folders of cameras in an outbox, by name; no camera's id begins with _ or a dot."""
    if outbox.is_dir():
        yield from sorted(path for path in outbox.iterdir() if path.is_dir() and path.name[0] not in "._")


def waiting_packets(folder: Path) -> list[Path]:
    """A camera's finished packets, in the order in which they were written."""
    packets = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
    return sorted(packets, key=lambda path: (link.sequence if (link := link_of(path)) else 0, path.name))


def send_refused_again(outbox: Path) -> int:
    """Move every refused packet back into the outbox, as after registering a camera; how many. Raises OSError."""
    refused = [path for path in sorted((outbox / REFUSED).glob("*/*")) if path.is_dir()]
    for packet in refused:
        (packet.parent / f"{packet.name}{REASON_SUFFIX}").unlink(missing_ok=True)
        _move(packet, outbox / packet.parent.name)
    return len(refused)


def _move(packet: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / packet.name
    if target.exists():
        shutil.rmtree(target)
    packet.rename(target)
    flush_folder(folder)


def _packets_url(service_url: str) -> str:
    try:
        url = httpx.URL(service_url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host:
        raise EvidenceError(
            f"{redact(service_url)}: is no address of a service; write http://HOST:PORT or https://HOST"
        )
    return f"{service_url.rstrip('/')}/api/v1/packets"


def _acknowledged_id(answer: httpx.Response) -> str | None:
    try:
        said = answer.json()
    except ValueError:
        return None
    return said.get("violation_id") if isinstance(said, dict) else None
