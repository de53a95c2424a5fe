"""One clip through the product, beside its truth where there is one: what a worker process of the bench does."""

import errno
import hashlib
import os
import resource
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import av

import benchmarks
import detector
import models
from benchmarks.footage.conditions import Frames
from benchmarks.footage.explaining import SeenCase, box_of, nearest_frame, why_false, why_missed
from benchmarks.footage.folder import ClipFiles, camera_of, sub_of
from benchmarks.footage.observing import ObservedJudge, Stopwatch, timed_eyes
from benchmarks.footage.picturing import as_uri, first_picture, moment
from benchmarks.footage.progress import footage_s
from benchmarks.footage.results import CaseRow, ClipResult, SignalRow, StageTime
from benchmarks.machine import machine
from benchmarks.running import predicted
from benchmarks.truth import Truth, TruthCrossing, TruthFileError, truth_of_clip
from benchmarks.violations import Row, compare
from detector.contract.camera import CameraFileError
from detector.contract.packet import PLATE_FILE
from detector.errors import DetectorError, printable
from detector.evidence.packet_writer import PacketWriter
from detector.watching.case_prover import ProvedCase
from detector.watching.opening import open_eyes, open_signer, stamp
from detector.watching.replay import ReplayResult, camera_on_clip, replay_camera
from detector.watching.watcher import Progress
from models.types import Box
from models.weights import checksums

PRECISION = "NGATU_INFERENCE_PRECISION"
"""A setting that changes results."""
STATED_LIGHTS = ("day", "dusk", "night", "rain")
DARK_LUMA, DIM_LUMA = 50, 90


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    """What the pictures and the whys are made from."""

    clip: Path
    height_px: int
    frames: Frames
    result: ReplayResult
    judge: ObservedJudge
    truth: Truth | None


def key_of(files: ClipFiles) -> str:
    """Names a result by all that decides it: files, stated light, weights, code, machine.

    Raises OSError, CameraFileError, TruthFileError for what is seen to be no clip of a camera before it is opened:
    a folder may hold hundreds of such files, and none of them needs a process.
    """
    if not files.clip.is_file():
        raise OSError(errno.EINVAL, "it is no file", str(files.clip))  # a pipe would be waited for
    camera_of(files)
    digest = hashlib.sha256()
    for path in (files.clip, files.camera_file, files.truth_file, sub_of(files)):
        digest.update(_sha256(path) if path else b"none")
    digest.update(f"{_stated_light(files.clip.stem)}, {machine()}, {os.environ.get(PRECISION)}".encode())
    for name, checksum in sorted(checksums().items()):
        digest.update(f"{name}={checksum}".encode())
    digest.update(version("ngatu").encode() + code_sha256())
    return digest.hexdigest()[:32]


@cache
def code_sha256() -> bytes:
    """Of the code that decides a result: a rule changed between two releases must not meet kept results."""
    digest = hashlib.sha256()
    for package in (benchmarks, detector, models):
        for path in sorted(Path(package.__path__[0]).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.digest()


def bench_one(files: ClipFiles, key: str, progress: Progress = lambda _at_s: None) -> ClipResult:
    """Run one clip, telling each second reached. A clip that cannot be run gives a result with its problem."""
    try:
        return _bench(files, key, progress)
    except (CameraFileError, TruthFileError, DetectorError, av.FFmpegError, OSError) as error:
        return problem_with(files, key, error)


def problem_with(files: ClipFiles, key: str, error: Exception) -> ClipResult:
    """The result of a clip that cannot be run: one line, without the folder that it lies in."""
    line = str(error)
    if isinstance(error, OSError):
        where = Path(os.fsdecode(error.filename)).name if error.filename else files.clip.name
        line = f"{where}: cannot be read ({error.strerror}); check that it is a file, its rights, and the disk's space"
    for folder in (files.clip.parent, files.clip.parent.resolve()):
        line = line.replace(f"{folder}/", "")
    line = printable(line).removeprefix(f"{files.name}: ")
    return ClipResult(name=files.name, key=key, problem=line)


def _bench(files: ClipFiles, key: str, progress: Progress) -> ClipResult:
    camera = camera_on_clip(camera_of(files), files.clip, files.clip.parent)
    truth = (
        truth_of_clip(files.truth_file, files.clip, length_s=footage_s(files.clip))
        if files.truth_file
        else None
    )
    first = first_picture(files.clip)
    judge, watch = ObservedJudge(camera), Stopwatch()
    eyes = timed_eyes(open_eyes(camera.detector), watch)
    with TemporaryDirectory() as folder:
        state = Path(folder)
        begun_s = _cpu_s()
        result = replay_camera(
            camera,
            base_dir=files.clip.parent,
            eyes=eyes,
            writer=PacketWriter(state / "packets", open_signer(state)),
            run=stamp(),
            judge=judge,
            progress=progress,
        )
        spent_s = _cpu_s() - begun_s
        run = _Run(
            clip=files.clip,
            height_px=first.height_px,
            frames=Frames(fps=first.fps),
            result=result,
            judge=judge,
            truth=truth,
        )
        rows = _rows(run)
    return ClipResult(
        name=files.name,
        key=key,
        has_truth=truth is not None,
        light=light_of(files.clip.stem, first.luma),
        footage_s=result.footage_s,
        wall_s=result.wall_s,
        cpu_s=spent_s,
        frames_analysed=result.frames_analysed,
        unproved=result.unproved,
        peak_memory_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        rows=rows,
        signal_seen=tuple(
            SignalRow(signal=s.signal_id, colour=s.colour, from_s=s.from_s, to_s=s.to_s)
            for s in result.signal
        ),
        signal_true=tuple(SignalRow(**s.model_dump()) for s in truth.signal) if truth else (),
        stages=_stages(watch, result.wall_s),
    ).model_copy(update={"not_judged": result.not_judged})


def _cpu_s() -> float:
    """Processor seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def light_of(stem: str, luma: float) -> str:
    """The light that the scene's name states, else what was measured in the first picture."""
    if stated := _stated_light(stem):
        return stated
    return "measured dark" if luma < DARK_LUMA else "measured dim" if luma < DIM_LUMA else "measured bright"


def _stated_light(stem: str) -> str | None:
    words = stem.lower().replace("-", "_").split("_")
    return next((light for light in STATED_LIGHTS if light in words), None)


def _stages(watch: Stopwatch, wall_s: float) -> tuple[StageTime, ...]:
    timed = [StageTime(stage=s, calls=watch.calls[s], seconds=watch.seconds[s]) for s in sorted(watch.calls)]
    rest = wall_s - sum(stage.seconds for stage in timed)
    return (*timed, StageTime(stage="decoding, tracking, packets", calls=1, seconds=rest))


def _rows(run: _Run) -> tuple[CaseRow, ...]:
    cases = {case.packet.violation_id: case for case in run.result.cases}
    if run.truth is None:
        return tuple(_row(_unchecked(case), case, run) for case in run.result.cases)
    compared = compare(predicted(run.result), run.truth)
    return tuple(_row(row, cases.get(row.violation_id or ""), run) for row in compared.rows)


def _unchecked(case: ProvedCase) -> Row:
    return Row(
        outcome="unchecked",
        kind=case.packet.kind,
        truth_id=None,
        violation_id=case.packet.violation_id,
        truth_s=None,
        cross_s=case.packet.cross_s,
        truth_plate=None,
        plate=case.packet.plate.text,
    )


def _row(row: Row, case: ProvedCase | None, run: _Run) -> CaseRow:
    true = next((t for t in run.truth.crossings if t.id == row.truth_id), None) if run.truth else None
    why = None
    if row.outcome == "missed" and true is not None:
        why = why_missed(true, run.judge, run.frames)
    elif row.outcome == "false" and case is not None and run.truth is not None:
        why = why_false(_case_seen(case), run.truth, run.judge, run.frames)
    box = true.box if true else case.packet.vehicle.box if case else None
    heights = [read.box[3] * run.height_px for read in case.packet.plate.reads] if case else []
    return CaseRow(
        outcome=row.outcome,
        kind=row.kind,
        vehicle_class=_class_of(case) if case else true.vehicle_class if true else None,
        true_class=true.vehicle_class if true else None,
        truth_id=row.truth_id,
        truth_s=row.truth_s,
        cross_s=row.cross_s,
        truth_plate=row.truth_plate,
        plate=row.plate,
        plate_confidence=case.packet.plate.confidence if case else None,
        plate_height_px=max(heights, default=None),
        vehicle_height_px=box[3] * run.height_px if box else None,
        why=why,
        pictures=_pictures(row, case, true, run),
    )


def _case_seen(case: ProvedCase) -> SeenCase:
    packet = case.packet
    return SeenCase(kind=packet.kind, cross_s=packet.cross_s, box=packet.vehicle.box, lane_id=packet.lane_id)


def _class_of(case: ProvedCase) -> str:
    return str(case.packet.vehicle.vehicle_class)


def _pictures(row: Row, case: ProvedCase | None, true: TruthCrossing | None, run: _Run) -> tuple[str, ...]:
    """The moment of a miss, a false case or a wrong class with the detections; then a plate read wrong."""
    pictures: list[str | None] = []
    if row.outcome in ("missed", "false") or _is_wrong_class(case, true):
        at_s = row.truth_s if row.truth_s is not None else row.cross_s
        shares = case.packet.vehicle.box if case else true.box if true else None
        if at_s is not None:
            pictures.append(_moment(at_s, box_of(shares) if shares else None, run))
    if case is not None and row.truth_plate and row.plate != row.truth_plate:
        plate = case.folder / PLATE_FILE
        pictures.append(as_uri(plate.read_bytes()) if plate.is_file() else None)
    return tuple(picture for picture in pictures if picture)


def _is_wrong_class(case: ProvedCase | None, true: TruthCrossing | None) -> bool:
    said = true.vehicle_class if true else None
    return case is not None and said is not None and _class_of(case) != said


def _moment(at_s: float, meant: Box | None, run: _Run) -> str | None:
    frame = nearest_frame(run.judge.frames, at_s)
    seen = [detection.box for detection in frame.detections] if frame else []
    return moment(run.clip, frame.at_s if frame else at_s, seen=seen, meant=meant)


def _sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
