"""Reads one stream of a camera, seldom and much: what the kernel gathered in, its coded pictures out. Decodes nothing.

    socket ──several times a second──▶ RTP ──▶ pictures ──▶ StreamPacket, 0 = the first key picture of this session

Pictures that lost a packet are left out and counted. While a session is young it is looked into all the time: how
soon its pictures came tells the machine's time of all later ones.
"""

import heapq
import select
import time
from collections.abc import Iterator
from itertools import pairwise

from detector.errors import SourceStalled, SourceUnreadable, redact
from detector.sources.access_units import AccessUnit, AccessUnitReader, annex_b
from detector.sources.packets import CLOCK_HZ, TIME_BASE, StreamInfo, StreamPacket, packet_of
from detector.sources.rates import rate_of
from detector.sources.rtsp_session import open_feed, received
from detector.sources.templates import template_of
from detector.sources.timestamps import RawTicks, TimestampRepair

HEAD_S = 1.0
"""So much of a session tells how many pictures a second it has, and whether they are reordered."""
YOUNG_S = 8.0
MOST_HEAD = 200
JUMP_TICKS = 10 * CLOCK_HZ


class RtspReader:
    """One session of one stream; use as a context manager, take `packets` once."""

    def __init__(self, url: str, *, timeout_s: float, every_s: float) -> None:
        """`every_s`: how often a session that is not young is looked into. Raises SourceError."""
        self.url = url
        self._timeout_s, self._every_s = timeout_s, every_s
        self._feed = open_feed(url, timeout_s=timeout_s)
        self._units = AccessUnitReader(codec=self._feed.track.codec, channel=self._feed.channel)
        self._opened_s = self._heard_s = self._kept_alive_s = time.monotonic()
        self._info: StreamInfo | None = None
        self.repair = TimestampRepair(25.0)
        self.skipped_before_key = 0
        self._holed = 0

    def __enter__(self) -> "RtspReader":
        return self

    def __exit__(self, *_: object) -> None:
        self._feed.close()

    @property
    def info(self) -> StreamInfo:
        """What the stream is; known from the first packet on."""
        assert self._info is not None  # noqa: S101 - asked while packets are taken
        return self._info

    @property
    def damaged(self) -> int:
        """RTP packets that were lost, and the pictures left out for it."""
        return self._units.lost_packets + self._holed

    def packets(self) -> Iterator[StreamPacket]:
        """Every packet from the first key picture on, in decoding order. Raises SourceError when the stream breaks."""
        units = self._pictures()
        head = self._head(units)
        if not head:
            return
        ticks = [self._ticks(unit) for unit in head]
        fps = _pictures_a_second(ticks)
        self._info = self._described(head[0], fps)
        self.repair = TimestampRepair(self._info.fps)
        order = DecodingTimes(_reordered(ticks), step=round(CLOCK_HZ / self._info.fps))
        for unit in head:
            yield self._on_clock(unit, order, ticks[0])
        for unit in units:
            yield self._on_clock(unit, order, ticks[0])

    def _head(self, units: Iterator[AccessUnit]) -> list[AccessUnit]:
        """The first second from the first key picture on."""
        head: list[AccessUnit] = []
        for unit in units:
            if not head and not unit.is_key:
                self.skipped_before_key += 1
                continue
            head.append(unit)
            spanned = abs(self._ticks(unit) - self._ticks(head[0]))
            if spanned >= HEAD_S * CLOCK_HZ or len(head) >= MOST_HEAD:
                break
        return head

    def _pictures(self) -> Iterator[AccessUnit]:
        data: bytes | None = self._feed.early or None
        while True:
            for unit in self._units.take(data) if data else ():
                if unit.is_whole:
                    yield unit
                else:
                    self._holed += 1
            if self._units.is_over or data == b"":
                return
            data = self._received()

    def _received(self) -> bytes | None:
        """What the kernel gathered since the last look; None when nothing came, empty when the camera hung up."""
        now_s = time.monotonic()
        if now_s - self._opened_s < YOUNG_S:
            select.select([self._feed.connection], [], [], self._every_s)
        else:
            time.sleep(self._every_s)
        try:
            if now_s - self._kept_alive_s > self._feed.keep_alive_s:
                self._kept_alive_s = now_s
                self._feed.keep_alive()
            data = received(self._feed.connection)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise SourceUnreadable(f"{redact(self.url)}: the connection ended ({why})") from None
        if data is not None:
            self._heard_s = now_s
        elif now_s - self._heard_s > self._timeout_s:
            raise SourceStalled(
                f"{redact(self.url)}: nothing came in time; check that the camera is on, and the network"
            )
        return data

    def _described(self, key: AccessUnit, fps: float) -> StreamInfo:
        sets = key.parameter_sets or self._feed.track.parameter_sets
        codec = self._feed.track.codec
        stream = template_of(codec, annex_b(key.sample, sets), where=redact(self.url))
        context = stream.codec_context
        return StreamInfo(
            codec=codec,
            width=context.width,
            height=context.height,
            fps=rate_of(float(context.framerate or 0), fps),
            sample_aspect=float(context.sample_aspect_ratio or 1),
            extradata=annex_b(b"", sets),
            template=stream,
        )

    def _ticks(self, unit: AccessUnit) -> int:
        return unit.ticks * CLOCK_HZ // self._feed.track.clock_hz

    def _on_clock(self, unit: AccessUnit, order: "DecodingTimes", origin: int) -> StreamPacket:
        pts = self._ticks(unit)
        ticks = self.repair.place(RawTicks(pts=pts, dts=order.of(pts)))
        packet = packet_of(annex_b(unit.sample, unit.parameter_sets))
        packet.pts, packet.dts, packet.time_base = ticks.pts - origin, ticks.dts - origin, TIME_BASE
        packet.is_keyframe = unit.is_key
        return StreamPacket(
            at_s=packet.pts / CLOCK_HZ,
            decode_s=packet.dts / CLOCK_HZ,
            is_key=unit.is_key,
            size=packet.size,
            packet=packet,
            wall_s=self._wall_of(unit),
        )

    def _wall_of(self, unit: AccessUnit) -> float | None:
        report = self._units.report
        if report is None:
            return None
        return report.camera_s + (unit.ticks - report.ticks) / self._feed.track.clock_hz


class DecodingTimes:
    """RTP says when a picture is shown, not when it is decoded: when the one `delay` pictures before is shown.

    Pictures come in decoding order; where none is reordered (`delay` 0) both times are the same.
    """

    def __init__(self, delay: int, *, step: int) -> None:
        self._delay, self._step = delay, step
        self._shown: list[int] = []
        self._seen = 0
        self._last = 0

    def of(self, pts: int) -> int:
        """The decoding time of the next picture, in 1/90000 s."""
        if abs(pts - self._last) > JUMP_TICKS:
            self._shown, self._seen = [], 0
        self._last = pts
        heapq.heappush(self._shown, pts)
        self._seen += 1
        if self._seen <= self._delay:
            return self._shown[0] - (self._delay + 1 - self._seen) * self._step
        return heapq.heappop(self._shown)


def _reordered(ticks: list[int]) -> int:
    """Before how many later-shown pictures one is decoded at most."""
    return max(sum(earlier > own for earlier in ticks[:place]) for place, own in enumerate(ticks))


def _pictures_a_second(ticks: list[int]) -> float:
    """By the usual steps from picture to picture: a longer one lacks a picture that comes later, or never."""
    steps = sorted(later - earlier for earlier, later in pairwise(sorted(ticks)))
    usual = [step for step in steps if 0 < step < 1.5 * steps[len(steps) // 2]]
    return CLOCK_HZ * len(usual) / sum(usual) if usual else 25.0
