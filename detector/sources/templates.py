"""What FFmpeg says of a stream by its headers and one key frame, kept in memory. Copies no video."""

from io import BytesIO

import av
from av.video.stream import VideoStream

from detector.errors import SourceUnreadable

RAW_FORMATS = {"h264": "h264", "hevc": "hevc"}


def template_of(codec: str, raw: bytes, *, where: str) -> VideoStream:
    """The stream of raw NAL units with start codes; clips are made after it when the camera has hung up.

    `where` is the redacted address for the error. Raises SourceUnreadable when the key frame says nothing.
    """
    try:
        stream = av.open(BytesIO(raw), mode="r", format=RAW_FORMATS[codec]).streams.video[0]
    except (av.FFmpegError, IndexError):
        stream = None
    if stream is None or not (stream.codec_context.width and stream.codec_context.height):
        raise SourceUnreadable(
            f"{where}: its first key frame has no usable headers; restart the camera's encoder"
        )
    return stream
