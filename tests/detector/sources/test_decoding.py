"""Packets in, numbered frames out; damage is counted; the luma digest hangs on the picture alone."""

from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from detector.errors import CodecUnknown
from detector.sources.decoding import Frame, FrameDecoder, decode_frames, luma_sha256
from detector.sources.packets import StreamInfo, StreamPacket
from detector.sources.reading import StreamReader
from tests.detector.sources.made_clips import make_clip, number_in


def read(path: Path) -> tuple[StreamInfo, list[StreamPacket], StreamReader]:
    reader = StreamReader(str(path))
    return reader.info, list(reader.packets()), reader


def test_every_frame_has_the_number_that_its_time_says(tmp_path: Path) -> None:
    info, packets, reader = read(make_clip(tmp_path / "b.mp4", frames=50, b_frames=2))
    frames = list(decode_frames(info, packets, from_s=0.0))
    assert [frame.number for frame in frames] == list(range(50))
    assert [number_in(frame.picture) for frame in frames] == list(range(50))
    assert [frame.at_s for frame in frames] == [number / 25 for number in range(50)]
    reader.close()


def test_frames_before_the_wanted_moment_are_left_out(tmp_path: Path) -> None:
    info, packets, reader = read(make_clip(tmp_path / "c.mp4", frames=30))
    assert [frame.number for frame in decode_frames(info, packets, from_s=0.8)] == list(range(20, 30))
    reader.close()


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "end"),
    [("mpeg4", "yuv420p", "avi"), ("mjpeg", "yuvj420p", "avi"), ("libvpx-vp9", "yuv420p", "webm")],
)
def test_what_lies_in_memory_behind_a_packet_is_no_damage(
    tmp_path: Path, codec: str, pix_fmt: str, end: str
) -> None:
    info, packets, reader = read(coded_again(tmp_path / f"again.{end}", codec, pix_fmt))
    decoder = FrameDecoder(info, strict=True)
    frames = [frame for packet in packets for frame in decoder.decode(packet)] + decoder.flush()
    assert len(frames) == len(packets) > 200
    assert decoder.damaged == 0
    reader.close()


def coded_again(path: Path, codec: str, pix_fmt: str) -> Path:
    """Pictures of a rendered junction by another codec."""
    with av.open("fixtures/clips/day_runners.sub.mp4") as source, av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options={"deadline": "realtime", "cpu-used": "8"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 640, 360, pix_fmt, 4_000_000
        for number, frame in enumerate(source.decode(video=0)):
            picture = frame.reformat(format=pix_fmt)
            picture.pts, picture.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def test_damaged_packets_are_counted_and_the_rest_is_decoded(tmp_path: Path) -> None:
    info, packets, reader = read(make_clip(tmp_path / "c.mp4", frames=50))
    broken = av.Packet(b"\x00\x00\x00\x05garbage")
    broken.pts, broken.dts, broken.time_base = (
        packets[7].packet.pts,
        packets[7].packet.dts,
        packets[7].packet.time_base,
    )
    packets[7] = replace(packets[7], packet=broken)
    decoder = FrameDecoder(info)
    numbers = [frame.number for packet in packets for frame in decoder.decode(packet)]
    numbers += [frame.number for frame in decoder.flush()]
    assert decoder.damaged >= 1
    assert set(range(25, 50)) <= set(numbers)
    reader.close()


def test_frames_of_another_size_are_left_out(tmp_path: Path) -> None:
    info, packets, reader = read(make_clip(tmp_path / "c.mp4", frames=5))
    assert list(decode_frames(replace(info, width=1280), packets, from_s=0.0)) == []
    reader.close()


def test_the_digest_is_of_the_luma_without_padding(tmp_path: Path) -> None:
    info, packets, reader = read(make_clip(tmp_path / "odd.mp4", width=322, height=182, frames=3))
    frame = next(decode_frames(info, packets, from_s=0.0))
    grey = frame.video.to_ndarray(format="yuv420p")[:182, :322]
    assert frame.video.planes[0].line_size > 322
    assert luma_sha256(frame) == sha256(np.ascontiguousarray(grey).tobytes()).hexdigest()
    reader.close()


def test_equal_pictures_have_equal_digests_and_others_do_not(tmp_path: Path) -> None:
    info, packets, reader = read(make_clip(tmp_path / "c.mp4", frames=6))
    first, again = ([luma_sha256(f) for f in decode_frames(info, packets, from_s=0.0)] for _ in range(2))
    assert first == again
    assert len(set(first)) == 6
    reader.close()


def test_deep_pictures_have_two_bytes_a_pixel() -> None:
    video = av.VideoFrame(64, 48, "yuv420p10le")
    assert Frame(at_s=0.0, number=0, video=video).luma.shape == (48, 128)


def test_a_missing_decoder_is_said(tmp_path: Path) -> None:
    info, _, reader = read(make_clip(tmp_path / "c.mp4", frames=2))
    with pytest.raises(CodecUnknown, match="no decoder for unheard"):
        FrameDecoder(replace(info, codec="unheard"))
    reader.close()
