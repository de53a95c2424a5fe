"""Speed and memory of the shipped networks on this machine, as the product opens them.

In: a clip whose frames show vehicles with plates. Out: medians in milliseconds, memory, time to the first detection.
Memory and start-up are measured in a process of their own: `python -m benchmarks.speed CLIP memory|start_up`.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.truth import TruthFileError
from models.letterbox import Picture
from models.types import Box

CLIP = Path(__file__).parents[1] / "fixtures/clips/day_runners.mp4"
FRAMES = 16
EVERY_NTH_FRAME = 20
ROUNDS = 9
LEAST_CROP_PX = 60
CROPS = 24
HEAD_PX = (24, 64)

Spent = dict[str, float]


def run(clip: Path = CLIP, *, rounds: int = ROUNDS) -> dict[str, Any]:
    """The figures of `ngatu bench speed`; `load` says how busy the machine was (processes waiting, 1 min)."""
    frames = frames_of(clip)
    load = os.getloadavg()[0]
    return {
        "machine": _processor(),
        "cores": os.cpu_count(),
        "load": round(load, 1),
        "vehicles_ms": _vehicles(frames, rounds),
        **_plates(frames, rounds),
        "lamp_head_ms": _lamps(rounds),
        **_in_own_process(clip, "memory"),
        **_in_own_process(clip, "start_up"),
    }


def frames_of(clip: Path, count: int = FRAMES) -> list[Picture]:
    """The first of the frames that stand apart. Raises TruthFileError."""
    import av  # noqa: PLC0415 - the child that measures memory counts what the networks need

    if not clip.is_file():
        raise TruthFileError(f"{clip}: missing; give a clip that shows vehicles")
    with av.open(str(clip)) as container:
        chosen: list[Picture] = []
        for number, frame in enumerate(container.decode(video=0)):
            if number % EVERY_NTH_FRAME == 0:
                chosen.append(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8))
            if len(chosen) == count:
                break
    return chosen


def cut(picture: Picture, box: Box) -> Picture:
    """The part of a picture that a box covers."""
    height, width = picture.shape[:2]
    left, right, top, bottom = box.left * width, box.right * width, box.top * height, box.bottom * height
    return np.ascontiguousarray(picture[int(top) : int(bottom) + 1, int(left) : int(right) + 1])


def timed_ms(work: Callable[[], object], *, rounds: int, share: int = 1) -> Spent:
    """Time of one round over how many things it does: the median, and the least for a busy machine.

    `cpu`: the processor time of all cores together (median), which other work hardly touches. The first round warms
    up and does not count.
    """
    work()
    spent, used = [], []
    for _ in range(rounds):
        started, cpu = time.perf_counter(), time.process_time()
        work()
        spent.append((time.perf_counter() - started) / share * 1000)
        used.append((time.process_time() - cpu) / share * 1000)
    figures = {"median": statistics.median(spent), "least": min(spent), "cpu": statistics.median(used)}
    return {name: round(value, 3) for name, value in figures.items()}


def _vehicles(frames: list[Picture], rounds: int) -> dict[str, Spent]:
    """Milliseconds a picture by input size, a batch over all cores, fitting and suppression included."""
    from models.vehicles import SMALL_SIZE, WATCH_SIZE, open_vehicle_detector  # noqa: PLC0415

    figures = {}
    for size in (SMALL_SIZE, WATCH_SIZE):
        detector = open_vehicle_detector(size)
        figures[f"{size[0]}x{size[1]}"] = timed_ms(
            lambda detector=detector: detector.detect_many(frames),  # type: ignore[misc]
            rounds=rounds,
            share=len(frames),
        )
    return figures


def _plates(frames: list[Picture], rounds: int) -> dict[str, Spent | int]:
    """Finding and reading per vehicle crop, and reading alone per plate."""
    from detector.watching.plates_of_track import cuts_of  # noqa: PLC0415
    from models.plates.finder import open_plate_finder  # noqa: PLC0415
    from models.plates.reader import open_plate_reader  # noqa: PLC0415

    finder, reader = open_plate_finder(), open_plate_reader()
    crops = vehicle_crops(frames)
    plates = [cuts_of(crop, found[0]) for crop in crops if (found := finder.find(crop))]
    if not plates:
        raise TruthFileError("the clip shows no plate that is found; give one with near vehicles")

    def find_and_read() -> None:
        for crop in crops:
            for found in finder.find(crop)[:1]:
                reader.read(*cuts_of(crop, found))

    return {
        "vehicle_crops": len(crops),
        "plates": len(plates),
        "find_and_read_ms": timed_ms(find_and_read, rounds=rounds, share=len(crops)),
        "read_ms": timed_ms(
            lambda: [reader.read(*cuts) for cuts in plates], rounds=rounds, share=len(plates)
        ),
    }


def vehicle_crops(frames: list[Picture]) -> list[Picture]:
    """The largest vehicles of the frames, cut out."""
    from models.vehicles import open_vehicle_detector  # noqa: PLC0415

    detector = open_vehicle_detector()
    crops = [cut(frame, found.box) for frame in frames for found in detector.detect(frame)]
    large = [crop for crop in crops if min(crop.shape[:2]) >= LEAST_CROP_PX]
    return sorted(large, key=lambda crop: -crop.size)[:CROPS]


def _lamps(rounds: int) -> dict[str, Spent]:
    """Milliseconds a signal: its head in one picture, and its three lamps in three."""
    from models.lamps import open_lamp_reader  # noqa: PLC0415

    reader = open_lamp_reader()
    noise = np.random.default_rng(3).integers(0, 255, (HEAD_PX[1], HEAD_PX[0], 3), dtype=np.uint8)
    lamp: Picture = np.ascontiguousarray(noise[: HEAD_PX[0]])
    many = range(50)
    return {
        "head": timed_ms(lambda: [reader.read_head(noise) for _ in many], rounds=rounds, share=len(many)),
        "three_lamps": timed_ms(
            lambda: [reader.read_lamps(red=lamp, yellow=lamp, green=lamp) for _ in many],
            rounds=rounds,
            share=len(many),
        ),
    }


def _in_own_process(clip: Path, what: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.speed", str(clip), what]
    root = Path(__file__).parents[1]
    started = time.perf_counter()
    said = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
    took_s = time.perf_counter() - started
    figures: dict[str, float] = json.loads(said.stdout.splitlines()[-1])
    return {"start_up_s": round(took_s, 2), **figures} if what == "start_up" else figures


def _memory(clip: Path) -> dict[str, float]:
    """Growth of resident memory by OpenVINO and all networks, opened and used; pictures and numpy not counted."""
    frames = frames_of(clip, 2)
    before_mb = _resident_mb()
    _use_all(frames)
    return {"networks_mb": round(_resident_mb() - before_mb, 1), "process_mb": round(_resident_mb(), 1)}


def _use_all(frames: list[Picture]) -> None:
    from models.lamps import open_lamp_reader  # noqa: PLC0415
    from models.plates.finder import open_plate_finder  # noqa: PLC0415
    from models.plates.reader import open_plate_reader  # noqa: PLC0415
    from models.vehicles import open_vehicle_detector  # noqa: PLC0415

    eyes = open_vehicle_detector(), open_plate_finder(), open_plate_reader(), open_lamp_reader()
    detector, finder, reader, lamps = eyes
    detector.detect_many(frames)
    finder.find(frames[0])
    reader.read(frames[0])
    lamps.read_head(frames[0])
    OPEN.append(eyes)


OPEN: list[object] = []
"""What stays open until memory is read."""


def _resident_mb() -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise TruthFileError("/proc/self/status has no VmRSS; memory is measured on Linux only")


def _start_up(clip: Path) -> dict[str, float]:
    """Opens the detector and looks once; the parent times the whole process, interpreter included."""
    from models.vehicles import open_vehicle_detector  # noqa: PLC0415

    found = open_vehicle_detector().detect(frames_of(clip, 1)[0])
    return {"first_detections": len(found)}


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    measures = {"memory": _memory, "start_up": _start_up}
    sys.stdout.write(json.dumps(measures[sys.argv[2]](Path(sys.argv[1]))) + "\n")
