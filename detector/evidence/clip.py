"""Copies compressed packets into clip.mp4 without re-encoding: the camera's own bits, playable from its start."""

from collections.abc import Sequence
from pathlib import Path

import av
from av.video.stream import VideoStream

from detector.errors import EvidenceError
from detector.sources.packets import TIME_BASE, CodedPacket, StreamInfo, StreamPacket


def write_clip(path: Path, info: StreamInfo, packets: Sequence[StreamPacket]) -> None:
    """Write an MP4 of the packets, its clock starting at 0, its index in front. Raises EvidenceError, OSError.

    The first packet must be a key frame. Equal packets give equal bytes.
    """
    if not packets or not packets[0].is_key:
        raise EvidenceError(
            f"{path.name}: no key frame to start from; shorten the camera's key-frame interval to 2 s or less"
        )
    start = min((packets[0].packet.dts or 0), (packets[0].packet.pts or 0))
    options = {"movflags": "faststart", "fflags": "+bitexact"}
    try:
        with av.open(str(path), "w", format="mp4", options=options) as container:
            stream = container.add_stream_from_template(info.template)
            stream.time_base = TIME_BASE
            for packet in packets:
                container.mux(_moved(packet.packet, stream, -start))
    except OSError:
        raise
    except av.FFmpegError as error:
        raise EvidenceError(
            f"{path.name}: the camera's packets cannot be copied ({error}); run: ngatu check CAMERA.json"
        ) from None


def clip_begins_s(packets: Sequence[StreamPacket]) -> float | None:
    """The stream's second at the clip's time 0, None for no clip.

    Of a stream whose pictures are not sent in their order (B pictures) the first one is shown a little after it.
    """
    return min(packets[0].at_s, packets[0].decode_s) if packets else None


def _moved(packet: CodedPacket, stream: VideoStream, by_ticks: int) -> CodedPacket:
    copy = av.Packet(bytes(packet))
    copy.pts = (packet.pts or 0) + by_ticks
    copy.dts = (packet.dts or 0) + by_ticks
    copy.time_base = TIME_BASE
    copy.is_keyframe = packet.is_keyframe
    copy.stream = stream
    return copy
