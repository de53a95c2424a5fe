"""Keeps what a clip's header needs when the camera has hung up: stream in, a stream in memory out. Copies no video."""

from dataclasses import replace
from io import BytesIO

import av

from detector.errors import SourceUnreadable
from detector.sources.packets import StreamInfo, StreamPacket

RAW_FORMATS = {"h264": "h264", "hevc": "hevc", "mpeg4": "m4v"}


def with_own_template(info: StreamInfo, key: StreamPacket, *, where: str) -> StreamInfo:
    """The same stream with a template in a container of its own, made from its headers and one key frame.

    `where` is the redacted address for the error. Raises SourceUnreadable when the key frame says nothing.
    """
    raw = BytesIO((info.extradata or b"") + bytes(key.packet))
    try:
        container = av.open(raw, mode="r", format=RAW_FORMATS[info.codec])
        return replace(info, template=container.streams.video[0])
    except (av.FFmpegError, IndexError):
        raise SourceUnreadable(
            f"{where}: its first key frame has no usable headers; restart the camera's encoder"
        ) from None
