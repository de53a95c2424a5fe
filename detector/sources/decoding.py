"""Compressed packets in, frames out, one thread. A damaged packet is counted and skipped, never fatal."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

import av
import numpy as np
import structlog
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from detector.errors import CodecUnknown, GapInFootage
from detector.sources.packets import CLOCK_HZ, CodedPacket, StreamInfo, StreamPacket

log = structlog.get_logger()

Picture = NDArray[np.uint8]
TOLERANCE_S = 1e-3


@dataclass(kw_only=True, slots=True)
class Frame:
    """One decoded frame; `number` is its place in the stream at the average rate, from 0: at_s × fps, rounded."""

    at_s: float
    number: int
    video: av.VideoFrame
    reformatter: VideoReformatter = field(default_factory=VideoReformatter, repr=False)
    """Its decoder's: setting one up costs more than converting a small picture."""
    _picture: Picture | None = field(default=None, repr=False)

    @property
    def picture(self) -> Picture:
        """BGR, uint8, height × width × 3; converted at first use."""
        if self._picture is None:
            self._picture = np.asarray(
                self.reformatter.reformat(self.video, format="bgr24").to_ndarray(), np.uint8
            )
        return self._picture

    def planes_in(self, area: tuple[float, float, float, float]) -> list[Picture]:
        """Views of all decoded planes inside [x0, y0, x1, y1] in shares, each a pixel wider than needed at most."""
        views: list[Picture] = []
        deep = 2 if _is_deep(self.video) else 1
        for plane in self.video.planes:
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            # A plane may hold two colours side by side (NV12): its bytes a row tell, not its width.
            wide = plane.width * deep * (2 if len(self.video.planes) == 2 and views else 1)
            left, right = int(area[0] * wide), max(int(area[0] * wide) + 1, math.ceil(area[2] * wide))
            top, bottom = int(area[1] * plane.height), math.ceil(area[3] * plane.height)
            views.append(rows[top : max(top + 1, bottom), left : min(right, wide)])
        return views

    @property
    def luma(self) -> Picture:
        """The decoded luma plane, height × width without padding; a view, valid as long as the frame."""
        plane = self.video.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        bytes_wide = self.video.width * (2 if _is_deep(self.video) else 1)
        return rows[: self.video.height, :bytes_wide]


class FrameDecoder:
    """Decodes one stream, packet after packet."""

    def __init__(self, info: StreamInfo, *, strict: bool = False) -> None:
        """`strict` gives no picture that had to be patched up: evidence must show what the camera saw."""
        try:
            context = av.CodecContext.create(info.codec, "r")
        except (av.FFmpegError, ValueError):
            raise CodecUnknown(
                f"no decoder for {info.codec} in this FFmpeg; install the av package from its wheel"
            ) from None
        assert isinstance(context, av.VideoCodecContext)  # noqa: S101 - codecs of StreamInfo are video
        self._context = context
        self._context.thread_count = 1
        if strict:
            self._context.options = {"err_detect": "explode"}
        if info.extradata:
            self._context.extradata = info.extradata
        self._fps = info.fps
        self._reformatter = VideoReformatter()
        self.damaged = 0

    def decode(self, packet: StreamPacket) -> list[Frame]:
        """The frames that this packet completes, in order of showing."""
        return self._frames(packet.packet)

    def flush(self) -> list[Frame]:
        """The frames still held back for reordering; the decoder is finished then."""
        return self._frames(None)

    def alone(self, packet: StreamPacket) -> Frame | None:
        """The picture of a key frame by itself; the decoder is as new behind it."""
        frames = self._frames(packet.packet) + self._frames(None)
        self._context.flush_buffers()
        return frames[0] if frames else None

    def _frames(self, packet: CodedPacket | None) -> list[Frame]:
        try:
            videos = self._context.decode(packet)
        except av.FFmpegError:
            self.damaged += 1
            return []
        self.damaged += sum(video.is_corrupt for video in videos)
        return [self._framed(video) for video in videos if video.pts is not None]

    def _framed(self, video: av.VideoFrame) -> Frame:
        at_s = (video.pts or 0) / CLOCK_HZ
        return Frame(at_s=at_s, number=round(at_s * self._fps), video=video, reformatter=self._reformatter)


def decode_frames(info: StreamInfo, packets: Iterable[StreamPacket], *, from_s: float) -> Iterator[Frame]:
    """Frames from `from_s` on; earlier ones are decoded because others need them, and left out.

    Frames of another size than `info` says are left out and logged: places in shares would be wrong on them.
    Raises GapInFootage where the bits are damaged: a patched-up picture is no evidence.
    """
    decoder = FrameDecoder(info, strict=True)
    for packet in packets:
        frames = decoder.decode(packet)
        if decoder.damaged:
            raise GapInFootage(
                f"the footage is damaged at {packet.at_s:.2f} s, near a crossing; no case is made. Check the camera's "
                "network, or take the recording from its source again"
            )
        yield from _wanted(frames, info, from_s)
    yield from _wanted(decoder.flush(), info, from_s)


def _wanted(frames: Iterable[Frame], info: StreamInfo, from_s: float) -> Iterator[Frame]:
    for frame in frames:
        if frame.at_s < from_s - TOLERANCE_S:
            continue
        if (frame.video.width, frame.video.height) != (info.width, info.height):
            log.warning(
                "frame_of_other_size_left_out", at_s=frame.at_s, size=(frame.video.width, frame.video.height)
            )
            continue
        yield frame


def luma_sha256(frame: Frame) -> str:
    """SHA-256 of the decoded luma plane without padding: equal wherever the same bits came from."""
    return sha256(np.ascontiguousarray(frame.luma).tobytes()).hexdigest()


def _is_deep(video: av.VideoFrame) -> bool:
    return video.format.components[0].bits > 8
