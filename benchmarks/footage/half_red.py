"""Makes the clip on which speed is measured: 1080p25 with red half of the time, from a rendered junction, bit for bit.

    python -m benchmarks.footage.half_red --out DIR      then      ngatu bench footage DIR --out REPORT

One cycle is the first two seconds of day_runners (green) four times, then the rest of it (0.2 s green, 3 s yellow,
11.8 s red, two vehicles running it): 23 s. Main and sub stream are joined without decoding. It has no truth file:
equal pictures are one and the same case.
"""

import argparse
import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import OutputContainer
from av.video.stream import VideoStream

CLIPS = Path(__file__).parents[2] / "fixtures/clips"
SCENE, NAME = "day_runners", "half_red"
GREEN_S, END_S = Fraction(2), Fraction(17)
GREENS, CYCLES = 4, 3


def make_half_red(out: Path, *, cycles: int = CYCLES) -> Path:
    """Write main, sub and camera into a folder; the main clip."""
    out.mkdir(parents=True, exist_ok=True)
    for end in (".mp4", ".sub.mp4"):
        _join(CLIPS / f"{SCENE}{end}", out / f"{NAME}{end}", cycles)
    camera = json.loads((CLIPS / f"{SCENE}.camera.json").read_text(encoding="utf-8"))
    camera["sources"] = {"main": f"{NAME}.mp4", "sub": f"{NAME}.sub.mp4"}
    _write(out / f"{NAME}.camera.json", camera)
    return out / f"{NAME}.mp4"


def _join(source: Path, target: Path, cycles: int) -> None:
    """The packets of green, again and again, then those of the rest, each time later."""
    with av.open(str(source)) as clip, av.open(str(target), "w") as joined:
        stream = clip.streams.video[0]
        copy = joined.add_stream_from_template(stream)
        base = stream.time_base
        if base is None:
            raise ValueError(f"{source}: has no time base")
        packets = [packet for packet in clip.demux(stream) if packet.pts is not None]
        turn, end = round(GREEN_S / base), round(END_S / base)
        green = [packet for packet in packets if (packet.pts or 0) < turn]
        rest = [packet for packet in packets if turn <= (packet.pts or 0) < end]
        one_cycle = (GREENS - 1) * turn + end
        for cycle in range(cycles):
            begin = cycle * one_cycle
            for number in range(GREENS):
                _copy(green, copy, joined, later=begin + number * turn)
            _copy(rest, copy, joined, later=begin + (GREENS - 1) * turn)


def _copy(packets: Sequence[Any], stream: VideoStream, joined: OutputContainer, *, later: int) -> None:
    for packet in packets:
        moved = av.Packet(bytes(packet))
        moved.pts, moved.dts, moved.time_base = packet.pts + later, packet.dts + later, packet.time_base
        moved.duration, moved.is_keyframe, moved.stream = packet.duration or 0, packet.is_keyframe, stream
        joined.mux(moved)


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cycles", type=int, default=CYCLES)
    asked = parser.parse_args()
    make_half_red(asked.out, cycles=asked.cycles)
