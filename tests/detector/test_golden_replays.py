"""Each kept clip gives exactly the cases that were planted in it, with their plates, twice the same, and sealed.

A clip is replayed once for all tests; one clip is replayed a second time for the comparison of two runs.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import av
import cv2
import pytest

from benchmarks.running import predicted
from benchmarks.truth import load_truth
from benchmarks.violations import compare
from detector.contract.packet import ViolationPacket
from detector.evidence.verifying import verify_command
from detector.sources.decoding import Frame, luma_sha256
from detector.watching.opening import replay_clip
from detector.watching.replay import ReplayResult
from tools import readme_picture

CLIPS = Path(__file__).parents[2] / "fixtures" / "clips"
NAMES = sorted(path.name.removesuffix(".truth.json") for path in CLIPS.glob("*.truth.json"))
REPLAYED_TWICE = "day_runners"
MOST_DIFFERENCE = 4.0


def replayed(name: str, folder: Path) -> ReplayResult:
    return replay_clip(
        CLIPS / f"{name}.mp4",
        camera_file=CLIPS / f"{name}.camera.json",
        out=folder / "out",
        state=folder / "state",
    )


@pytest.fixture(scope="module")
def runners(tmp_path_factory: pytest.TempPathFactory) -> tuple[ReplayResult, Path]:
    """The clip that several tests look at, replayed once, and where."""
    folder = tmp_path_factory.mktemp("runners")
    return replayed(REPLAYED_TWICE, folder), folder


def test_there_are_clips_of_day_dusk_night_and_rain() -> None:
    assert {name.partition("_")[0] for name in NAMES} == {"day", "dusk", "night", "rain"}


@pytest.mark.parametrize("name", NAMES)
def test_a_clip_gives_exactly_its_planted_cases_with_their_plates(
    name: str, runners: tuple[ReplayResult, Path], tmp_path: Path
) -> None:
    result, folder = runners if name == REPLAYED_TWICE else (replayed(name, tmp_path), tmp_path)
    comparison = compare(predicted(result), load_truth(CLIPS / f"{name}.truth.json"))
    assert [row for row in comparison.rows if row.outcome in ("missed", "false")] == []
    found = [row for row in comparison.rows if row.outcome == "found"]
    for row in found:
        assert row.plate in plates_allowed(name, row.truth_id, row.truth_plate), row
    assert result.unproved == 0
    said: list[str] = []
    if result.cases:
        assert (
            verify_command([folder / "out"], public_key=folder / "state/keys/worker.pub", say=said.append)
            == 0
        )
        assert f"good: {len(result.cases)} packet" in said[0]


def plates_allowed(name: str, truth_id: int | None, truth_plate: str | None) -> set[str | None]:
    """The plate that must be read; where it is too small to be asked for, nothing or what was drawn on the vehicle."""
    if truth_plate is not None:
        return {truth_plate}
    truth = json.loads((CLIPS / f"{name}.truth.json").read_text(encoding="utf-8"))
    (track,) = [row["track"] for row in truth["crossings"] if row["id"] == truth_id]
    with gzip.open(CLIPS / f"{name}.frames.json.gz", "rt", encoding="utf-8") as file:
        vehicles = json.load(file)["vehicles"]
    return {None, vehicles[str(track)]["plate"]}


def test_the_same_footage_gives_the_same_packet_twice(
    runners: tuple[ReplayResult, Path], tmp_path: Path
) -> None:
    first, second = runners[0], replayed(REPLAYED_TWICE, tmp_path)
    assert [case.folder.name for case in first.cases] == [case.folder.name for case in second.cases]
    assert len(first.cases) == 2
    for one, other in zip(first.cases, second.cases, strict=True):
        assert (one.folder / "packet.json").read_bytes() != (other.folder / "packet.json").read_bytes()
        assert without_run(one.folder) == without_run(other.folder)
        for name in sorted(path.name for path in one.folder.iterdir() if path.suffix in {".jpg", ".mp4"}):
            assert (one.folder / name).read_bytes() == (other.folder / name).read_bytes(), name


def test_the_clip_shows_the_crossing_where_the_packet_says(runners: tuple[ReplayResult, Path]) -> None:
    for case in runners[0].cases:
        packet = ViolationPacket.model_validate_json((case.folder / "packet.json").read_bytes())
        assert packet.clip_from_s is not None
        with av.open(str(case.folder / "clip.mp4")) as container:
            frames = list(container.decode(video=0))
        into_the_clip_s = packet.cross_s - packet.clip_from_s
        shown = next(frame for frame in frames if frame.time >= into_the_clip_s - 0.002)
        assert luma_sha256(Frame(at_s=0.0, number=0, video=shown)) == packet.frame_sha256


def test_the_readme_s_picture_is_what_a_case_looks_like_now(runners: tuple[ReplayResult, Path]) -> None:
    """Another machine may shift a box by a pixel; another moment, vehicle or data bar is noticed."""
    now = readme_picture.picture_of(runners[0].cases[0].folder)
    kept = cv2.imread(str(readme_picture.PICTURE))
    other = readme_picture.picture_of(runners[0].cases[1].folder)

    assert readme_picture.PICTURE.stat().st_size < 300_000
    assert readme_picture.difference(kept, now) < MOST_DIFFERENCE, "run: make pictures"
    assert readme_picture.difference(kept, other) > MOST_DIFFERENCE, "a stale picture would not be noticed"


def without_run(folder: Path) -> str:
    """packet.json as it lies there, apart from the run's own fields."""
    packet: dict[str, Any] = json.loads((folder / "packet.json").read_text(encoding="utf-8"))
    assert set(packet.pop("run")) == {"run_id", "produced_at", "software_version"}
    return json.dumps(packet, ensure_ascii=False)


def test_footage_damaged_near_a_crossing_gives_no_case(tmp_path: Path) -> None:
    """A patched-up picture is no evidence, though the small stream beside it shows the crossing well."""
    whole = (CLIPS / f"{REPLAYED_TWICE}.mp4").read_bytes()
    quarter = len(whole) // 4
    clip = tmp_path / "damaged.mp4"
    clip.write_bytes(whole[:quarter] + bytes(2 * quarter) + whole[3 * quarter :])
    camera_file = CLIPS / f"{REPLAYED_TWICE}.camera.json"
    result = replay_clip(clip, camera_file=camera_file, out=tmp_path / "out", state=tmp_path / "state")
    assert (result.cases, result.unproved) == ((), 2)
