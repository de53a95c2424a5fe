"""Recorded footage through the same pipeline as a live camera: a clip and a camera file in, packets out.

Gives what `ngatu replay --json` prints as its last line. Sends nothing anywhere.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.contract.camera import Camera, Sources
from detector.errors import printable
from detector.evidence.packet_writer import PacketWriter
from detector.judging.camera_judge import CameraJudge
from detector.sources.feed import open_feed
from detector.types import SignalSpan
from detector.watching.case_prover import ProvedCase
from detector.watching.clip_pair import check_pair
from detector.watching.describing import RunStamp
from detector.watching.eyes import Eyes
from detector.watching.watcher import CameraWatcher, Progress


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayResult:
    """Cases in order of their crossing, the signal as it was seen, and what the run took."""

    cases: tuple[ProvedCase, ...]
    signal: tuple[SignalSpan, ...]
    not_judged: dict[str, int]
    frames_analysed: int
    unproved: int
    footage_s: float
    wall_s: float

    def to_json(self) -> dict[str, Any]:
        """The stable last line of `ngatu replay --json`."""
        return {
            "cases": [case_line(case) for case in self.cases],
            "signal": [
                {
                    "signal": s.signal_id,
                    "colour": s.colour,
                    "from_s": round(s.from_s, 3),
                    "to_s": round(s.to_s, 3),
                }
                for s in self.signal
            ],
            "stats": {
                "frames_analysed": self.frames_analysed,
                "footage_s": round(self.footage_s, 2),
                "wall_s": round(self.wall_s, 2),
                "not_judged": self.not_judged,
                "unproved": self.unproved,
            },
        }


def case_line(case: ProvedCase) -> dict[str, Any]:
    """One case as scripts read it; box is [x, y, width, height] in shares."""
    packet = case.packet
    return {
        "violation_id": packet.violation_id,
        "kind": packet.kind,
        "cross_s": packet.cross_s,
        "box": list(packet.vehicle.box),
        "class": packet.vehicle.vehicle_class,
        "plate": packet.plate.text,
        "plate_confidence": packet.plate.confidence,
        "packet": str(case.folder),
    }


def camera_on_clip(camera: Camera, clip: Path, camera_folder: Path) -> Camera:
    """The same camera looking at a clip: main is the clip, sub the named file where it lies beside the camera file.

    Raises SubOfAnotherClip where that file is not the clip's own sub stream.
    """
    sub = camera.sources.sub
    sub_path = (camera_folder / sub) if sub and "://" not in sub else None
    if sub_path is not None and sub_path.is_file():
        check_pair(clip, sub_path)
    else:
        sub_path = None
    sources = Sources(main=str(clip.resolve()), sub=str(sub_path.resolve()) if sub_path else None)
    return camera.model_copy(update={"sources": sources})


def watched_line(camera: Camera, on_clip: Camera) -> str:
    """For people: which stream is watched of a clip, and why it is not the sub stream that the camera names."""
    if on_clip.sources.sub is not None:
        return f"Sub stream watched: {printable(on_clip.sources.sub)}"
    named = camera.sources.sub
    if named is None:
        return "The clip itself is watched: the camera file names no sub stream."
    why = (
        "is a live stream" if "://" in named else f"({printable(named)}) does not lie beside the camera file"
    )
    return f"The clip itself is watched: the camera's sub stream {why}."


def replay_camera(
    camera: Camera,
    *,
    base_dir: Path,
    eyes: Eyes,
    writer: PacketWriter,
    run: RunStamp,
    progress: Progress = lambda _at_s: None,
    judge: CameraJudge | None = None,
) -> ReplayResult:
    """Run one feed to its end; a live stream ends when its camera ends it. Raises SourceError.

    `judge` is one that also keeps what it saw, for benches; else the watch opens its own.
    """
    watcher = CameraWatcher(camera, eyes, writer, run, progress=progress, judge=judge)
    started = time.perf_counter()
    with open_feed(camera, base_dir=base_dir, reconnect=False) as feed:
        cases = sorted(watcher.watch(feed), key=lambda case: (case.packet.cross_s, case.packet.violation_id))
    return ReplayResult(
        cases=tuple(cases),
        signal=tuple(
            span
            for signal in camera.signals
            for span in watcher.judge.timeline(signal.id).spans(0.0, watcher.last_s)
        ),
        not_judged=dict(watcher.judge.counts),
        frames_analysed=watcher.frames_analysed,
        unproved=watcher.unproved,
        footage_s=watcher.last_s,
        wall_s=time.perf_counter() - started,
    )
