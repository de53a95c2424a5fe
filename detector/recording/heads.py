"""The head of a stream's segments: its parameter sets and one key frame in, ftyp and moov out. Decodes no picture."""

from dataclasses import dataclass
from io import BytesIO

import av

from detector.contract.recordings import mime_codec
from detector.errors import SourceUnreadable
from detector.recording.boxes import walk, with_room
from detector.sources.access_units import annex_b
from detector.sources.packets import TIME_BASE
from detector.sources.templates import template_of


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentHead:
    """What all segments of one stream begin with, and what it says of the stream."""

    codec: str
    mime_codec: str
    width: int
    height: int
    head: bytes
    length_at: int
    """Where in the head the segment's length in ms belongs once it is known."""


def make_head(codec: str, parameter_sets: tuple[bytes, ...], key_sample: bytes, *, where: str) -> SegmentHead:
    """The head for these parameter sets. Raises SourceUnreadable when they describe no picture."""
    stream = template_of(codec, annex_b(key_sample, parameter_sets), where=where)
    width, height = stream.codec_context.width, stream.codec_context.height
    try:
        written = _written_head(stream)
    except av.FFmpegError:
        raise SourceUnreadable(f"{where}: its headers make no MP4; restart the camera's encoder") from None
    boxes = {kind: written[start - 8 : end] for kind, start, end in walk(written)}
    head, length_at = with_room(boxes[b"ftyp"], boxes[b"moov"])
    return SegmentHead(
        codec=codec, mime_codec=mime_codec(head), width=width, height=height, head=head, length_at=length_at
    )


def _written_head(stream: av.VideoStream) -> bytes:
    sink = BytesIO()
    options = {"movflags": "empty_moov+default_base_moof", "fflags": "+bitexact"}
    with av.open(sink, "w", format="mp4", options=options) as container:
        copy = container.add_stream_from_template(stream)
        copy.time_base = TIME_BASE
        container.start_encoding()
    return sink.getvalue()
