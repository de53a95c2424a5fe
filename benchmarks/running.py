"""Runs the product over a clip and sets its cases beside the truth: the work behind `ngatu bench violations`."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.footage.progress import footage_s
from benchmarks.truth import truth_of_clip
from benchmarks.violations import Comparison, PredictedCase, compare
from detector.contract.camera import parse_camera
from detector.errors import printable
from detector.evidence.packet_writer import PacketWriter
from detector.watching.opening import open_eyes, open_signer, stamp
from detector.watching.replay import ReplayResult, camera_on_clip, replay_camera


def bench_clip(clip: Path, *, truth_file: Path) -> Comparison:
    """Replay a clip with the camera of its truth file and compare. Raises TruthFileError, SourceError."""
    truth = truth_of_clip(truth_file, clip, length_s=footage_s(clip))
    camera = parse_camera(truth.camera, f"{truth_file}: camera")
    with TemporaryDirectory() as folder:
        state = Path(folder)
        result = replay_camera(
            camera_on_clip(camera, clip, truth_file.parent),
            base_dir=clip.parent,
            eyes=open_eyes(),
            writer=PacketWriter(state / "packets", open_signer(state)),
            run=stamp(),
        )
    return compare(predicted(result), truth)


def predicted(result: ReplayResult) -> list[PredictedCase]:
    """The cases of a replay as the comparison wants them."""
    return [
        PredictedCase(
            violation_id=case.packet.violation_id,
            kind=case.packet.kind,
            cross_s=case.packet.cross_s,
            box=case.packet.vehicle.box,
            plate=case.packet.plate.text,
        )
        for case in result.cases
    ]


def say_comparison(comparison: Comparison, say: Callable[[str], None]) -> None:
    """The comparison for people, row by row."""
    for row in comparison.rows:
        when = row.cross_s if row.cross_s is not None else row.truth_s
        moment = f"{when:7.2f} s" if when is not None else "        –"
        truth = printable(row.truth_plate or "–")
        say(f"{row.outcome:12} {row.kind:10} {moment}  truth {truth:10} read {row.plate or '–'}")
    say(
        f"found {comparison.count('found')}, missed {comparison.count('missed')}, false {comparison.count('false')}"
    )
