"""Makes the clip on which speed is measured: 1080p25 with red half of the time, from a rendered junction, bit for bit.

    python -m benchmarks.footage.half_red --out DIR      then      ngatu bench footage DIR --out REPORT

The first 10.4 seconds of day_runners (5.2 s green and yellow, 5.2 s red, one motorbike running it) follow each other
several times, main and sub stream, without decoding. It has no truth file: equal pictures are one and the same case.
"""

import argparse
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

CLIPS = Path(__file__).parents[2] / "fixtures/clips"
SCENE, NAME = "day_runners", "half_red"
PART_S = Fraction("10.4")
TIMES = 6


def make_half_red(out: Path, *, times: int = TIMES) -> Path:
    """Write main, sub and camera into a folder; the main clip."""
    out.mkdir(parents=True, exist_ok=True)
    for end in (".mp4", ".sub.mp4"):
        _repeat(CLIPS / f"{SCENE}{end}", out / f"{NAME}{end}", times)
    camera = json.loads((CLIPS / f"{SCENE}.camera.json").read_text(encoding="utf-8"))
    camera["sources"] = {"main": f"{NAME}.mp4", "sub": f"{NAME}.sub.mp4"}
    _write(out / f"{NAME}.camera.json", camera)
    return out / f"{NAME}.mp4"


def _repeat(source: Path, target: Path, times: int) -> None:
    """The part's packets again and again, each time later."""
    with av.open(str(source)) as clip, av.open(str(target), "w") as joined:
        stream = clip.streams.video[0]
        copy = joined.add_stream_from_template(stream)
        base = stream.time_base
        if base is None:
            raise ValueError(f"{source}: has no time base")
        packets = [
            packet for packet in clip.demux(stream) if packet.pts is not None and packet.pts * base < PART_S
        ]
        coded = [(bytes(p), p.pts or 0, p.dts or 0, p.duration, p.is_keyframe) for p in packets]
        for turn in range(times):
            later = round(turn * PART_S / base)
            for data, pts, dts, duration, is_key in coded:
                packet = av.Packet(data)
                packet.pts, packet.dts, packet.time_base = pts + later, dts + later, base
                packet.duration, packet.is_keyframe, packet.stream = duration or 0, is_key, copy
                joined.mux(packet)


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--times", type=int, default=TIMES)
    asked = parser.parse_args()
    make_half_red(asked.out, times=asked.times)
