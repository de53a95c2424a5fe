"""Compressed packets on the camera's stream clock, and what must be known to decode or copy them.

A packet's own pts and dts tick at 90 kHz on the same clock as `at_s`, whatever container or session it came
from, and hold no link to it: a file and the same bits over RTSP give equal packets.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
from av.video.stream import VideoStream

CLOCK_HZ = 90_000
TIME_BASE = Fraction(1, CLOCK_HZ)
PADDING = bytes(64)
"""FFmpeg's AV_INPUT_BUFFER_PADDING_SIZE: decoders read on behind a packet's end, and ask for zeros there."""

if TYPE_CHECKING:
    CodedPacket = av.Packet[Any]
else:
    CodedPacket = av.Packet


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamInfo:
    """One video stream. `template` belongs to an open container: it makes the clip's stream when copying."""

    codec: str
    width: int
    height: int
    fps: float
    """Average frames per second, to the nearest usual rate."""
    sample_aspect: float
    """Width of a pixel over its height; 1 for square pixels."""
    extradata: bytes | None
    template: VideoStream

    def decodes_like(self, other: "StreamInfo") -> bool:
        """Whether packets of both may follow each other in one decoder."""
        mine = (self.codec, self.width, self.height, self.extradata)
        return mine == (other.codec, other.width, other.height, other.extradata)


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamPacket:
    """One compressed picture; `at_s` is when it is shown, 0 = the first picture of the stream."""

    at_s: float
    decode_s: float
    """When it is decoded: never falls from packet to packet; differs from at_s when pictures are reordered."""
    is_key: bool
    size: int
    packet: CodedPacket
    wall_s: float | None = None
    """When it is shown by the camera's own clock (Unix seconds, from RTCP); None where the camera does not say."""


def packet_of(data: bytes) -> CodedPacket:
    """A packet of these bytes with zeros behind its end: else MPEG-4 takes what lies there for damage."""
    padded: Any = memoryview(data + PADDING)[: len(data)]
    return av.Packet(padded)


def detached(packet: CodedPacket, *, pts: int, dts: int) -> CodedPacket:
    """A copy with its own bytes and no link to its container, on the 90 kHz clock."""
    copy = packet_of(bytes(packet))
    copy.pts, copy.dts, copy.time_base = pts, dts, TIME_BASE
    copy.is_keyframe = packet.is_keyframe
    return copy


def moved(packet: StreamPacket, by_ticks: int) -> StreamPacket:
    """The packet `by_ticks` (of 1/90000 s) later; moves its inner packet, so use it once, before sharing."""
    inner = packet.packet
    inner.pts, inner.dts = (inner.pts or 0) + by_ticks, (inner.dts or 0) + by_ticks
    return replace(packet, at_s=inner.pts / CLOCK_HZ, decode_s=inner.dts / CLOCK_HZ)
