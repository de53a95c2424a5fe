"""The clip: the camera's own pictures, bit for bit, from the key frame on, playable everywhere."""

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from detector.errors import EvidenceError
from detector.evidence.clip import write_clip
from detector.sources.decoding import decode_frames
from detector.sources.reading import StreamReader
from tests.detector.sources.made_clips import make_clip


def pictures_in(path: Path) -> list[NDArray[np.uint8]]:
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_ndarray(), np.uint8) for frame in container.decode(video=0)]


@pytest.mark.parametrize(
    ("codec", "b_frames"), [("libx264", 0), ("libx264", 2), ("libx265", 0), ("mpeg4", 0)]
)
def test_a_clip_shows_the_very_pictures_of_the_camera(tmp_path: Path, codec: str, b_frames: int) -> None:
    source = make_clip(
        tmp_path / "main.mp4", width=320, height=192, frames=60, gop=20, b_frames=b_frames, codec=codec
    )
    with StreamReader(str(source)) as reader:
        packets = list(reader.packets())
        from_key = next(i for i, packet in enumerate(packets) if packet.is_key and i >= 20)
        write_clip(tmp_path / "clip.mp4", reader.info, packets[from_key:])
    shown, original = pictures_in(tmp_path / "clip.mp4"), pictures_in(source)[from_key:]
    assert len(shown) == len(original) == 60 - from_key
    assert all(np.array_equal(one, other) for one, other in zip(shown, original, strict=True))


def test_a_clip_keeps_the_pace_of_the_pictures(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "main.mp4", width=160, height=96, frames=50, gop=25)
    with StreamReader(str(source)) as reader:
        packets = list(reader.packets())[25:]
        write_clip(tmp_path / "clip.mp4", reader.info, packets)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([number / 25 for number in range(25)], abs=1e-3)


def test_equal_packets_give_equal_bytes_with_the_index_in_front(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "main.mp4", width=160, height=96, frames=30, b_frames=2)
    for name in ("one.mp4", "two.mp4"):
        with StreamReader(str(source)) as reader:
            write_clip(tmp_path / name, reader.info, list(reader.packets()))
    data = (tmp_path / "one.mp4").read_bytes()
    assert data == (tmp_path / "two.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert b"Lavf" not in data[: data.index(b"mdat")], "a library version would change the bytes"


def test_a_clip_can_be_watched_again_like_any_footage(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "main.mp4", width=320, height=192, frames=50, gop=25)
    with StreamReader(str(source)) as reader:
        write_clip(tmp_path / "clip.mp4", reader.info, list(reader.packets()))
    with StreamReader(str(tmp_path / "clip.mp4")) as again:
        assert len(list(decode_frames(again.info, again.packets(), from_s=0.0))) == 50


def test_without_a_key_frame_there_is_no_clip(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "main.mp4", width=160, height=96, frames=30)
    with StreamReader(str(source)) as reader:
        packets = list(reader.packets())
        for headless in ([], packets[1:]):
            with pytest.raises(EvidenceError, match=r"clip.mp4: no key frame to start from; shorten"):
                write_clip(tmp_path / "clip.mp4", reader.info, headless)


def test_packets_that_go_back_in_time_are_refused_in_one_line(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "main.mp4", width=160, height=96, frames=30, gop=10)
    with StreamReader(str(source)) as reader:
        packets = list(reader.packets())
        with pytest.raises(EvidenceError, match=r"clip.mp4: the camera's packets cannot be copied"):
            write_clip(tmp_path / "clip.mp4", reader.info, packets[10:] + packets[:10])
