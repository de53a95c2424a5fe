"""The watch of a whole clip: near missing footage no case is made, a case that the disk refused is kept."""

from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from detector.contract.camera import load_camera
from detector.errors import PacketNotWritten
from detector.evidence.packet_writer import PacketContents, PacketWriter
from detector.evidence.verifying import verify
from detector.sources.backlog import Queued
from detector.sources.feed import CameraFeed, open_feed
from detector.watching.case_prover import ProvedCase
from detector.watching.eyes import Eyes
from detector.watching.opening import open_eyes, stamp
from detector.watching.watcher import CameraWatcher
from tests.detector.evidence.builders import PUBLIC_KEY, SIGNER

CLIPS = Path(__file__).parents[3] / "fixtures" / "clips"
CAMERA = load_camera(CLIPS / "day_runners.camera.json")
MOTORBIKE_CROSSES_S, CAR_CROSSES_S = 8.45, 10.90

Gaps = tuple[tuple[float, float], ...]


@pytest.fixture(scope="module")
def eyes() -> Eyes:
    return open_eyes()


class FeedWithGaps:
    """A feed that says that footage is missing, as it learns of it."""

    def __init__(self, feed: CameraFeed, gaps_at: Callable[[float], Gaps]) -> None:
        self._feed, self._gaps_at, self._now_s = feed, gaps_at, 0.0

    def __getattr__(self, name: str) -> object:
        return getattr(self._feed, name)

    def take(self, timeout_s: float) -> Queued | None:
        queued = self._feed.take(timeout_s)
        self._now_s = queued.packet.at_s if queued is not None else self._now_s
        return queued

    @property
    def gaps(self) -> Gaps:
        return self._gaps_at(self._now_s)


def cases_with(watcher: CameraWatcher, gaps_at: Callable[[float], Gaps]) -> list[ProvedCase]:
    with open_feed(CAMERA, base_dir=CLIPS) as feed:
        return list(watcher.watch(FeedWithGaps(feed, gaps_at)))  # type: ignore[arg-type]


def test_near_a_gap_no_case_is_made_whether_the_judge_knew_of_it_or_the_main_stream_told_later(
    tmp_path: Path, eyes: Eyes
) -> None:
    known = (CAR_CROSSES_S + 0.7, CAR_CROSSES_S + 1.3)
    learned_late = (MOTORBIKE_CROSSES_S - 1.5, MOTORBIKE_CROSSES_S - 0.6)
    watcher = CameraWatcher(CAMERA, eyes, PacketWriter(tmp_path, SIGNER), stamp())
    with capture_logs() as logs:
        cases = cases_with(watcher, lambda now_s: (learned_late, known) if now_s > 13.0 else (known,))
    assert cases == []
    assert watcher.judge.counts["not_judged:gap_in_footage"] == 1
    assert watcher.judge.counts["red_light:ran_red"] == 1
    assert watcher.unproved == 1
    said = [entry for entry in logs if entry["event"] == "footage_missing"]
    assert [(entry["from_s"], entry["to_s"]) for entry in said] == [
        pytest.approx(known, abs=0.01),
        pytest.approx(learned_late, abs=0.01),
    ]


class FullDisk(PacketWriter):
    """A disk that is full for the first writing of the car, and for the motorbike always."""

    asked: list[str]

    def put(self, contents: PacketContents) -> Path:
        kind = str(contents.packet.vehicle.vehicle_class)
        self.asked.append(kind)
        if kind == "motorbike" or self.asked.count(kind) == 1:
            raise PacketNotWritten(f"{kind}: disk full")
        return super().put(contents)


def test_a_case_that_the_disk_refused_is_kept_and_written_later_and_a_lost_one_is_told(
    tmp_path: Path, eyes: Eyes
) -> None:
    writer = FullDisk(tmp_path, SIGNER)
    writer.asked = []
    watcher = CameraWatcher(CAMERA, eyes, writer, stamp(), keeps_unwritten=True)
    with capture_logs() as logs:
        cases = cases_with(watcher, lambda _now_s: ((1.0, 4.0), (7.0, 7.2)))
    assert [case.packet.vehicle.vehicle_class for case in cases] == ["car"]
    assert cases[0].packet.gaps == ((7.0, 7.2),), "the gaps near the clip are told with the case"
    assert verify(tmp_path, PUBLIC_KEY).is_good
    assert watcher.lost == 1
    assert watcher.unwritten == 1
    events = [entry["event"] for entry in logs]
    assert events.count("case_lost") == 1
    assert "packet_not_written" in events
