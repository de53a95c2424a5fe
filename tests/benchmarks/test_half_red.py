"""The clip on which speed is measured: whole, in step with its sub stream, and red half of the time."""

import json
from itertools import pairwise
from pathlib import Path

import av
import pytest

from benchmarks.footage.half_red import CLIPS, END_S, GREEN_S, GREENS, SCENE, make_half_red
from detector.contract.camera import load_camera


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_half_red(tmp_path_factory.mktemp("speed"), cycles=2)


def test_red_is_on_half_of_the_time() -> None:
    truth = json.loads((CLIPS / f"{SCENE}.truth.json").read_text(encoding="utf-8"))
    red_s = sum(span["to_s"] - span["from_s"] for span in truth["signal"] if span["colour"] == "red")
    cycle_s = float((GREENS - 1) * GREEN_S + END_S)
    assert red_s / cycle_s == pytest.approx(0.5, abs=0.02)
    assert min(span["to_s"] for span in truth["signal"] if span["colour"] == "green") >= GREEN_S


@pytest.mark.parametrize(("end", "frames"), [(".mp4", 1150), (".sub.mp4", 576)])
def test_both_streams_run_without_a_gap_or_a_damaged_picture(clip: Path, end: str, frames: int) -> None:
    with av.open(str(clip.with_suffix(end))) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == ((1920, 1080) if end == ".mp4" else (640, 360))
        times, damaged = [], 0
        for packet in container.demux(stream):
            if end == ".mp4":
                times += [] if packet.pts is None else [float(packet.pts * packet.time_base)]
                continue
            for frame in packet.decode():
                times.append(float(frame.time or 0.0))
                damaged += frame.is_corrupt
    steps = [b - a for a, b in pairwise(times)]
    assert (len(times), damaged) == (frames, 0)
    assert max(steps) <= 0.0801
    assert min(steps) > 0


def test_its_camera_file_is_ready(clip: Path) -> None:
    camera = load_camera(clip.with_name("half_red.camera.json"))
    assert (camera.sources.main, camera.sources.sub) == ("half_red.mp4", "half_red.sub.mp4")
    assert not clip.with_name("half_red.truth.json").exists()
