"""Where a clip begins on its stream's clock: a player shows each picture at the moment that it was taken."""

from pathlib import Path

import av
import pytest

from detector.evidence.clip import clip_begins_s, write_clip
from detector.sources.reading import StreamReader
from tests.detector.sources.made_clips import FOOTAGE_FPS, make_clip, number_in


@pytest.mark.parametrize("b_frames", [0, 2])
def test_every_picture_is_shown_where_the_clip_s_beginning_says(tmp_path: Path, b_frames: int) -> None:
    source = make_clip(tmp_path / "source.mp4", frames=150, gop=25, b_frames=b_frames)
    with StreamReader(str(source)) as reader:
        packets = list(reader.packets())
        keys = [place for place, packet in enumerate(packets) if packet.is_key]
        part = packets[keys[2] : keys[4]]
        write_clip(tmp_path / "clip.mp4", reader.info, part)
    begins_s = clip_begins_s(part)
    assert begins_s is not None
    with av.open(str(tmp_path / "clip.mp4")) as container:
        shown = [
            (frame.time, number_in(frame.to_ndarray(format="bgr24"))) for frame in container.decode(video=0)
        ]
    assert len(shown) == len(part)
    for time_s, number in shown:
        assert begins_s + time_s == pytest.approx(number / FOOTAGE_FPS, abs=0.001)


def test_no_clip_begins_nowhere() -> None:
    assert clip_begins_s([]) is None
