"""What the detector makes of a clip, as rows that a person still has to confirm. Nothing in it counts as truth."""

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.footage.observing import ObservedJudge
from benchmarks.truth import TruthVerdict
from benchmarks.truth_page.draft import DraftCrossing, DraftSignal
from detector.contract.camera import Camera
from detector.evidence.packet_writer import PacketWriter
from detector.types import CASE_VERDICTS, Crossing, Direction, Finding, Verdict
from detector.watching.opening import open_eyes, open_signer, stamp
from detector.watching.replay import replay_camera
from detector.watching.watcher import Progress

VERDICTS: dict[Verdict, TruthVerdict] = {
    Verdict.RED_LIGHT: "red_light",
    Verdict.STOP_LINE: "stop_line",
    Verdict.WRONG_WAY: "wrong_way",
    Verdict.WRONG_LANE: "wrong_lane",
    Verdict.ILLEGAL_STOP: "illegal_stop",
    Verdict.LAWFUL: "lawful",
    Verdict.ALREADY_OVER: "already_over",
    Verdict.NOT_JUDGED: "not_judgeable",
}
Proposed = tuple[tuple[DraftSignal, ...], tuple[DraftCrossing, ...]]


def propose(camera: Camera, clip: Path, *, progress: Progress) -> Proposed:
    """Watch the clip as the product would; every signal span and every judged crossing becomes a row."""
    judge = ObservedJudge(camera)
    with TemporaryDirectory() as folder:
        state = Path(folder)
        result = replay_camera(
            camera,
            base_dir=clip.parent,
            eyes=open_eyes(),
            writer=PacketWriter(state / "packets", open_signer(state)),
            run=stamp(),
            progress=progress,
            judge=judge,
        )
    plates = {
        (c.packet.vehicle.track_id, c.packet.lane_id, c.packet.cross_s): c.packet.plate.text
        for c in result.cases
    }
    signal = tuple(
        DraftSignal(
            signal=s.signal_id, colour=s.colour.value, from_s=_ms(s.from_s), to_s=_ms(s.to_s), confirmed=False
        )
        for s in result.signal
    )
    findings = sorted(filter(_is_row, judge.findings), key=lambda finding: finding.crossing.cross_s)
    return signal, tuple(
        _row(number, finding, plates.get(_case_key(finding.crossing)))
        for number, finding in enumerate(findings, start=1)
    )


def _is_row(finding: Finding) -> bool:
    """Who drives the wrong way is seen going backward over the arrow; other ways back over a line are no crossing."""
    return finding.crossing.direction is Direction.FORWARD or finding.verdict in CASE_VERDICTS


def _case_key(crossing: Crossing) -> tuple[int, str, float]:
    return crossing.track_id, crossing.lane_id, _ms(crossing.cross_s)


def _row(number: int, finding: Finding, plate: str | None) -> DraftCrossing:
    box = finding.crossing.box
    left, top = max(box.left, 0.0), max(box.top, 0.0)
    return DraftCrossing(
        id=number,
        vehicle_class=finding.track.vehicle_class,
        cross_s=_ms(finding.crossing.cross_s),
        box=(
            _share(left),
            _share(top),
            _share(min(box.right, 1.0) - left),
            _share(min(box.bottom, 1.0) - top),
        ),
        verdict=VERDICTS[finding.verdict],
        plate=plate,
        sure=False,
        confirmed=False,
    )


def _ms(seconds: float) -> float:
    return round(seconds, 3)


def _share(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), 4)
