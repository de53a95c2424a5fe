"""Bad input is refused with one clear line: what, where, what to do."""

import shutil
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from detector.errors import CodecUnknown, SourceError, SourceUnreadable
from detector.sources.rates import usual_rate
from detector.sources.reading import StreamReader
from tests.detector.sources.made_clips import make_clip


def _text(folder: Path) -> Path:
    path = folder / "notes.txt"
    path.write_text("green 10 s, red 30 s\n" * 50)
    return path


def _empty(folder: Path) -> Path:
    path = folder / "empty.mp4"
    path.touch()
    return path


def _cut_before_index(folder: Path) -> Path:
    path = make_clip(folder / "whole.mp4", frames=20)
    cut = folder / "cut.mp4"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return cut


def _cut_behind_index(folder: Path) -> Path:
    path = make_clip(folder / "whole.mp4", frames=20)
    front = folder / "front.mp4"
    with av.open(str(path)) as source, av.open(str(front), "w", options={"movflags": "faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    cut = folder / "cut.mp4"
    cut.write_bytes(front.read_bytes()[: front.stat().st_size * 2 // 3])
    return cut


def _sound_only(folder: Path) -> Path:
    path = folder / "sound.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=1024)
        frame.sample_rate, frame.pts = 8000, 0
        container.mux(stream.encode(frame))
    return path


def _vp8(folder: Path) -> Path:
    return make_clip(folder / "pictures.webm", frames=3, codec="libvpx")


def _playlist(folder: Path) -> Path:
    make_clip(folder / "inner.mp4", frames=3)
    path = folder / "list.m3u8"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\ninner.mp4\n#EXT-X-ENDLIST\n")
    return path


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda folder: folder / "nowhere.mp4", SourceUnreadable, "there is no such file; check the path"),
        (lambda folder: folder, SourceUnreadable, "is not a file; name one video"),
        (_empty, SourceUnreadable, "is empty; copy the video again"),
        (_text, SourceUnreadable, "not a readable video"),
        (_cut_before_index, SourceUnreadable, "cut off"),
        (_cut_behind_index, SourceUnreadable, "is cut off: its index ends at byte"),
        (_sound_only, SourceUnreadable, "has no video stream"),
        (_vp8, CodecUnknown, "the video is vp8; only H.264, H.265, MPEG-4, VP9, Motion JPEG"),
        (_playlist, SourceUnreadable, "not a readable video"),
    ],
)
def test_bad_files_are_refused_with_their_name_and_what_to_do(
    tmp_path: Path, make: Callable[[Path], Path], error: type[SourceError], says: str
) -> None:
    path = make(tmp_path)
    with pytest.raises(error) as refused:
        StreamReader(str(path))
    assert says in str(refused.value)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_other_addresses_than_files_and_cameras_are_refused_without_their_password() -> None:
    with pytest.raises(SourceUnreadable, match="only files, rtsp:// and rtsps://") as refused:
        StreamReader("http://admin:secret@host/video.mp4")
    assert "secret" not in str(refused.value)


def test_a_colon_in_a_file_name_is_no_protocol(tmp_path: Path) -> None:
    made = make_clip(tmp_path / "made.mp4", frames=3)
    odd = tmp_path / "12:30 Giảng Võ.mp4"
    shutil.move(made, odd)
    with StreamReader(str(odd)) as reader:
        assert len(list(reader.packets())) == 3


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg4"])
def test_the_watched_codecs_are_read(tmp_path: Path, codec: str) -> None:
    path = make_clip(tmp_path / "clip.mp4", frames=10, codec=codec)
    with StreamReader(str(path)) as reader:
        packets = list(reader.packets())
    assert (reader.info.width, reader.info.height, reader.info.fps) == (640, 360, 25.0)
    assert packets[0].is_key
    assert sorted(packet.at_s for packet in packets) == [number / 25 for number in range(10)]


def test_packets_outlive_their_container(tmp_path: Path) -> None:
    with StreamReader(str(make_clip(tmp_path / "clip.mp4", frames=10))) as reader:
        packets = list(reader.packets())
    assert sum(len(bytes(packet.packet)) for packet in packets) == sum(packet.size for packet in packets)
    assert [packet.packet.pts for packet in packets] == [number * 3600 for number in range(10)]


@pytest.mark.parametrize(
    ("measured", "taken"), [(24.9999, 25.0), (12.5001, 12.5), (29.97, 29.97), (6.0, 6.0), (7.0, 7.0)]
)
def test_rates_as_good_as_usual_ones_become_them(measured: float, taken: float) -> None:
    assert usual_rate(measured) == taken
