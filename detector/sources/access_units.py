"""RTP over RTSP's connection: bytes as they come in, whole coded pictures out. Decodes nothing.

    $ channel length RTP…   $ channel length RTP…   ──▶  NAL units  ──▶  AccessUnit
    RFC 2326 §10.12, RFC 3550, RFC 6184 (H.264), RFC 7798 (H.265)

Runs for every packet of a city: plain loops over bytes, no object per packet.
"""

import struct
from dataclasses import dataclass
from enum import Enum

MARKER = 0x24
NTP_TO_UNIX_S = 2_208_988_800
SENDER_REPORT, GOODBYE = 200, 203
START_CODE = b"\0\0\0\1"


class _Kind(Enum):
    """The numbers by which a codec calls its NAL units."""

    H264 = "h264"
    HEVC = "hevc"


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessUnit:
    """One coded picture, its NAL units with their lengths before them as MP4 wants them."""

    ticks: int
    """The camera's RTP time, unwrapped: 1/clock_hz s."""
    is_key: bool
    sample: bytes
    coded_bytes: int
    """Without filler and messages: what the picture itself needed."""
    parameter_sets: tuple[bytes, ...]
    """Those that came with this picture."""
    is_whole: bool = True
    """Whether no RTP packet was lost in it or right before it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SenderReport:
    """A camera's own time: its Unix seconds at an RTP time."""

    camera_s: float
    ticks: int


class AccessUnitReader:
    """Puts one session's bytes together; one for each session."""

    def __init__(self, *, codec: str, channel: int) -> None:
        self._kind = _Kind(codec)
        self._channel = channel
        self._rest = b""
        self._expected = -1
        self._ticks = 0
        self._begun = False
        self._nals: list[bytes] = []
        self._pieces: list[bytes] = []
        self._units: list[AccessUnit] = []
        self._holed = self._holed_next = False
        self.lost_packets = 0
        self.is_over = False
        """Whether the camera said goodbye."""
        self.report: SenderReport | None = None
        """The newest one."""

    def take(self, data: bytes) -> list[AccessUnit]:
        """The pictures that are whole with these bytes."""
        buffer = self._rest + data if self._rest else data
        place, end = 0, len(buffer)
        while end - place >= 4:
            if buffer[place] != MARKER:
                after = _after_text(buffer, place)
                if after is None:
                    break
                place = after
                continue
            stop = place + 4 + (buffer[place + 2] << 8 | buffer[place + 3])
            if stop > end:
                break
            channel = buffer[place + 1]
            if channel == self._channel:
                self._take_packet(buffer, place + 4, stop)
            elif channel == self._channel + 1:
                self._take_report(buffer, place + 4, stop)
            place = stop
        self._rest = buffer[place:]
        units, self._units = self._units, []
        return units

    def _take_packet(self, buffer: bytes, place: int, stop: int) -> None:
        if stop - place < 13:
            return
        first = buffer[place]
        number = buffer[place + 2] << 8 | buffer[place + 3]
        if number != self._expected:
            self._missed(number)
        self._expected = (number + 1) & 0xFFFF
        ticks = int.from_bytes(buffer[place + 4 : place + 8], "big")
        if self._begun and ticks != self._ticks & 0xFFFFFFFF:
            self._finish_unit()
            self._holed, self._holed_next = self._holed_next, False
        self._set_ticks(ticks)
        start = place + 12 + 4 * (first & 0x0F)
        if first & 0x10:
            start += 4 + 4 * (buffer[start + 2] << 8 | buffer[start + 3])
        if first & 0x20:
            stop -= buffer[stop - 1]
        if start < stop:
            if self._kind is _Kind.H264:
                self._take_h264(buffer, start, stop)
            else:
                self._take_hevc(buffer, start, stop)
        if buffer[place + 1] & 0x80:
            self._finish_unit()

    def _set_ticks(self, ticks: int) -> None:
        if not self._begun:
            self._ticks, self._begun = ticks, True
        else:
            self._ticks += ((ticks - self._ticks + 0x80000000) & 0xFFFFFFFF) - 0x80000000

    def _missed(self, number: int) -> None:
        """A hole in the numbers: a NAL unit that has begun cannot be finished, and the next may lack its beginning."""
        if self._expected >= 0:
            self.lost_packets += (number - self._expected) & 0xFFFF
            self._pieces = []
            self._holed = self._holed_next = True

    def _take_h264(self, buffer: bytes, start: int, stop: int) -> None:
        kind = buffer[start] & 0x1F
        if kind == 28:  # FU-A: a piece of one NAL unit
            header = buffer[start + 1]
            if header & 0x80:
                self._pieces = [bytes((buffer[start] & 0xE0 | header & 0x1F,))]
            self._take_piece(buffer[start + 2 : stop], ends=bool(header & 0x40))
        elif kind == 24:  # STAP-A: several whole ones
            self._take_several(buffer, start + 1, stop)
        elif 0 < kind < 24:
            self._nals.append(buffer[start:stop])

    def _take_hevc(self, buffer: bytes, start: int, stop: int) -> None:
        kind = buffer[start] >> 1 & 0x3F
        if kind == 49 and stop - start > 3:  # FU
            header = buffer[start + 2]
            if header & 0x80:
                self._pieces = [bytes((buffer[start] & 0x81 | (header & 0x3F) << 1, buffer[start + 1]))]
            self._take_piece(buffer[start + 3 : stop], ends=bool(header & 0x40))
        elif kind == 48:  # AP
            self._take_several(buffer, start + 2, stop)
        elif kind < 48:
            self._nals.append(buffer[start:stop])

    def _take_piece(self, piece: bytes, *, ends: bool) -> None:
        if not self._pieces:
            return  # its beginning was lost
        self._pieces.append(piece)
        if ends:
            self._nals.append(b"".join(self._pieces))
            self._pieces = []

    def _take_several(self, buffer: bytes, place: int, stop: int) -> None:
        while stop - place > 2:
            length = buffer[place] << 8 | buffer[place + 1]
            nal = buffer[place + 2 : min(place + 2 + length, stop)]
            if nal:
                self._nals.append(nal)
            place += 2 + length

    def _finish_unit(self) -> None:
        nals, self._nals, self._pieces = self._nals, [], []
        if not nals:
            return
        parts: list[bytes] = []
        sets: list[bytes] = []
        is_key, coded_bytes = False, 0
        for nal in nals:
            role = _role_h264(nal[0]) if self._kind is _Kind.H264 else _role_hevc(nal[0])
            if role == "set":
                sets.append(nal)
                continue
            if role == "dropped":
                continue
            is_key = is_key or role == "key"
            coded_bytes += len(nal) if role in {"key", "picture"} else 0
            parts += (len(nal).to_bytes(4, "big"), nal)
        if coded_bytes:
            self._units.append(
                AccessUnit(
                    ticks=self._ticks,
                    is_key=is_key,
                    sample=b"".join(parts),
                    coded_bytes=coded_bytes,
                    parameter_sets=tuple(sets),
                    is_whole=not self._holed,
                )
            )

    def _take_report(self, buffer: bytes, place: int, stop: int) -> None:
        """A compound packet: each part says how long it is, in words behind its first."""
        while stop - place >= 4:
            end = place + 4 + 4 * (buffer[place + 2] << 8 | buffer[place + 3])
            if buffer[place + 1] == GOODBYE:
                self.is_over = True
            elif buffer[place + 1] == SENDER_REPORT and self._begun and min(end, stop) - place >= 20:
                self._note_report(*struct.unpack_from(">III", buffer, place + 8))
            place = end

    def _note_report(self, seconds: int, fraction: int, ticks: int) -> None:
        unwrapped = self._ticks + ((ticks - self._ticks + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        if seconds:
            self.report = SenderReport(camera_s=seconds - NTP_TO_UNIX_S + fraction / 2**32, ticks=unwrapped)


def annex_b(sample: bytes, parameter_sets: tuple[bytes, ...] = ()) -> bytes:
    """NAL units with start codes, as decoders of raw streams want them; parameter sets first."""
    parts = [piece for nal in parameter_sets for piece in (START_CODE, nal)]
    place = 0
    while len(sample) - place > 4:
        length = int.from_bytes(sample[place : place + 4], "big")
        parts += (START_CODE, sample[place + 4 : place + 4 + length])
        place += 4 + length
    return b"".join(parts)


def _role_h264(header: int) -> str:
    kind = header & 0x1F
    if kind == 5:
        return "key"
    if kind in {7, 8}:
        return "set"
    return "picture" if 1 <= kind <= 4 else "dropped" if kind == 9 else "other"


def _role_hevc(header: int) -> str:
    kind = header >> 1 & 0x3F
    if 16 <= kind <= 21:
        return "key"
    if kind in {32, 33, 34}:
        return "set"
    return "picture" if kind < 32 else "dropped" if kind == 35 else "other"


def _after_text(buffer: bytes, place: int) -> int | None:
    """Where an answer or a request of the camera's ends that stands between its video; None when it is not whole."""
    end = buffer.find(b"\r\n\r\n", place)
    if end < 0:
        # Not text at all: go on from the next marker, as after a camera's broken packet.
        marker = buffer.find(MARKER, place)
        return marker if marker >= 0 and not buffer[place : place + 1].isalpha() else None
    head = buffer[place:end].lower()
    at = head.find(b"content-length:")
    length = head[at + 15 :].split(b"\r\n")[0].strip() if at >= 0 else b"0"
    after = end + 4 + (int(length) if length.isdigit() else 0)
    return after if after <= len(buffer) else None
