"""Opens one recorded file and gives its compressed packets in order. Decodes nothing.

container ──demux──▶ sound timestamps ──▶ StreamPacket, 0 = the first picture of this session
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from detector.errors import CodecUnknown, SourceError, SourceUnreadable, redact
from detector.sources.packets import CLOCK_HZ, TIME_BASE, CodedPacket, StreamInfo, StreamPacket, detached
from detector.sources.rates import rate_of
from detector.sources.timestamps import HEAD_PACKETS, RawTicks, Ticks, TimestampRepair
from detector.sources.translating import translated

CODECS = {"h264": "H.264", "hevc": "H.265", "mpeg4": "MPEG-4", "vp9": "VP9", "mjpeg": "Motion JPEG"}
"""Of recordings. Each can be copied into an evidence clip as it is; AV1, VP8 and others cannot."""
FILE_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,h264,hevc,m4v,mjpeg,ogg"
"""Containers only: a playlist or a text file that names other files is not opened."""


class StreamReader:
    """One open stream; use as a context manager."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._container = open_container(url)
        try:
            self._stream = _video_of(self._container, url)
            self.info = _info_of(self._stream, url)
            _refuse_cut_off(self._stream, url)
        except SourceError:
            self._container.close()
            raise
        self.repair = TimestampRepair(self.info.fps)
        self.damaged = 0

    def __enter__(self) -> "StreamReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file or hang up; harmless when done twice."""
        self._container.close()

    @property
    def recorded_at(self) -> str | None:
        """When the container says that it was recorded (ISO 8601), where it says so."""
        return self._container.metadata.get("creation_time")

    def packets(self) -> Iterator[StreamPacket]:
        """Every packet in decoding order. Raises SourceError when the stream breaks before its end."""
        packets = self._demux()
        head = list(islice(packets, HEAD_PACKETS))
        placed = [self.repair.place(raw) for raw in self.repair.complete([_raw(packet) for packet in head])]
        if not placed:
            return
        origin = placed[0].pts
        for packet, ticks in zip(head, placed, strict=True):
            yield _on_clock(packet, ticks, origin)
        for packet in packets:
            yield _on_clock(packet, self.repair.place(_raw(packet)), origin)

    def _demux(self) -> Iterator[CodedPacket]:
        try:
            for packet in self._container.demux(self._stream):
                self.damaged += packet.is_corrupt
                if packet.size:
                    yield packet
            return
        except av.FFmpegError as error:
            failure = translated(error, self.url)
        # Outside of the except block: the foreign error, which holds the password, is not chained.
        raise failure


def _raw(packet: CodedPacket) -> RawTicks:
    return RawTicks(pts=_ticks(packet.pts, packet.time_base), dts=_ticks(packet.dts, packet.time_base))


def _ticks(value: int | None, base: Fraction | None) -> int | None:
    """A container's time in 1/90000 s, rounded down as cameras do for RTP.

    In whole numbers, because this is done for every packet of a city.
    """
    if value is None or base is None or base == TIME_BASE:
        return value
    return value * CLOCK_HZ * base.numerator // base.denominator


def _on_clock(packet: CodedPacket, ticks: Ticks, origin: int) -> StreamPacket:
    pts, dts = ticks.pts - origin, ticks.dts - origin
    return StreamPacket(
        at_s=pts / CLOCK_HZ,
        decode_s=dts / CLOCK_HZ,
        is_key=packet.is_keyframe,
        size=packet.size,
        packet=detached(packet, pts=pts, dts=dts),
    )


def open_container(url: str) -> InputContainer:
    """A recorded file, and no other that it may name. Raises SourceUnreadable."""
    try:
        # Edit lists would hide the pictures that later ones need: 0 is the first coded picture.
        options = {"protocol_whitelist": "file", "format_whitelist": FILE_FORMATS, "ignore_editlist": "1"}
        return av.open(f"file:{_existing_file(url)}", mode="r", container_options=options)
    except av.FFmpegError as error:
        failure = translated(error, url)
    raise failure


def _existing_file(url: str) -> Path:
    if "://" in url:
        raise SourceUnreadable(
            f"{redact(url)}: only files, rtsp:// and rtsps:// can be watched; change the camera's sources"
        )
    path = Path(url)
    if not path.exists():
        raise SourceUnreadable(f"{path}: there is no such file; check the path")
    if not path.is_file():
        raise SourceUnreadable(f"{path}: is not a file; name one video in it")
    if path.stat().st_size == 0:
        raise SourceUnreadable(f"{path}: is empty; copy the video again from where it was recorded")
    return path


def _video_of(container: InputContainer, url: str) -> VideoStream:
    if not container.streams.video:
        raise SourceUnreadable(f"{redact(url)}: has no video stream; name the camera's video feed")
    return container.streams.video[0]


def _info_of(stream: VideoStream, url: str) -> StreamInfo:
    codec = stream.codec_context.name
    if codec not in CODECS:
        raise CodecUnknown(
            f"{redact(url)}: the video is {codec}; only {', '.join(CODECS.values())} are watched. "
            "Set the camera to H.264, or convert the recording"
        )
    context = stream.codec_context
    if not (context.width and context.height):
        raise SourceUnreadable(
            f"{redact(url)}: no picture size in the stream; it is cut off or damaged. Play it to see"
        )
    return StreamInfo(
        codec=codec,
        width=context.width,
        height=context.height,
        fps=rate_of(float(context.framerate or 0), float(stream.average_rate or stream.guessed_rate or 25)),
        sample_aspect=float(context.sample_aspect_ratio or 1),
        extradata=context.extradata,
        template=stream,
    )


def _refuse_cut_off(stream: VideoStream, url: str) -> None:
    """Refuse a file whose own index points behind its end, before anything in it is judged."""
    if not len(stream.index_entries):
        return
    last = stream.index_entries[len(stream.index_entries) - 1]
    held = Path(url).stat().st_size
    if last.pos + last.size > held:
        raise SourceUnreadable(
            f"{url}: is cut off: its index ends at byte {last.pos + last.size}, the file at {held}; "
            "copy it again from where it was recorded"
        )
