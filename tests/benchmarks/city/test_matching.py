"""The city bench's arithmetic: what was planted beside what the service has, and how late looks were."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.city.footage import CityFootage, Planted
from benchmarks.city.matching import CityMatch, match_city
from benchmarks.city.measuring import WatchReading, cpu_s, lag_quantile_s, memory_mb, tree_of
from benchmarks.city.stage import CityCamera, ServedCase, city_cameras
from tests.detector.judging.builders import camera

FOOTAGE = CityFootage(
    camera=camera(),
    main=Path("main.mp4"),
    sub=Path("sub.mp4"),
    planted=(Planted(at_s=40.0, kind="red_light", plate="63B112345"),),
    round_s=120.0,
)
START = 1_800_000_000.0


def cameras(count: int) -> tuple[CityCamera, ...]:
    return city_cameras([FOOTAGE], count)


def case(
    at_s: float, *, camera_id: str = "city-01", kind: str = "red_light", plate: str | None = "63B112345"
) -> ServedCase:
    committed_at = datetime.fromtimestamp(START + at_s, UTC)
    return ServedCase(
        camera_id=camera_id,
        kind=kind,
        plate=plate,
        committed_at=committed_at,
        detected_at=datetime.fromtimestamp(START + at_s + 8.0, UTC),
    )


def matched(*cases: ServedCase, to_s: float = 200.0) -> CityMatch:
    return match_city(cameras(1), cases, started_at={"city-01": START}, from_s=START + 10, to_s=START + to_s)


@pytest.mark.parametrize(
    ("label", "cases", "planted", "found", "false", "exact"),
    [
        ("found in both rounds", [case(40.0), case(160.3)], 2, 2, 0, 2),
        ("missed in the second", [case(40.2)], 2, 1, 0, 1),
        ("another plate is found and not exact", [case(40.0, plate="63B112346"), case(160.0)], 2, 2, 0, 1),
        ("too far in time is a miss and a false one", [case(41.0), case(160.0)], 2, 1, 1, 1),
        ("another kind is false", [case(40.0, kind="stop_line"), case(160.0)], 2, 1, 1, 1),
        ("another camera is false", [case(40.0, camera_id="city-02"), case(160.0)], 2, 1, 1, 1),
        ("the same one twice is false once", [case(40.0), case(40.1), case(160.0)], 2, 2, 1, 2),
        ("after the end it counts neither way", [case(40.0), case(160.0), case(280.0)], 2, 2, 0, 2),
    ],
)
def test_planted_violations_are_matched_in_every_round(
    label: str, cases: list[ServedCase], planted: int, found: int, false: int, exact: int
) -> None:
    match = matched(*cases)
    assert (match.planted, match.found, len(match.false), match.plates_exact) == (
        planted,
        found,
        false,
        exact,
    ), label
    assert all(7.5 <= delay_s <= 8.5 for delay_s in match.delays_s)


def test_cameras_stand_at_all_moments_of_the_round_or_all_at_one() -> None:
    assert [one.phase_s for one in cameras(4)] == [0.0, 30.0, 60.0, 90.0]
    assert {one.phase_s for one in city_cameras([FOOTAGE], 5, phase_s=60.0)} == {60.0}
    assert len({one.camera.camera_id for one in cameras(48)}) == 48


def test_a_lag_is_interpolated_inside_its_bucket_and_only_new_looks_count() -> None:
    before = WatchReading(lag_buckets=((0.5, 100.0), (1.0, 100.0), (float("inf"), 100.0)), by_name={})
    after = WatchReading(lag_buckets=((0.5, 150.0), (1.0, 200.0), (float("inf"), 200.0)), by_name={})
    assert lag_quantile_s(before, after, 0.5) == pytest.approx(0.5)
    assert lag_quantile_s(before, after, 0.99) == pytest.approx(0.99)
    assert lag_quantile_s(after, after, 0.99) == 0.0


def test_a_tree_of_processes_is_measured_whole() -> None:
    import os

    pids = tree_of(os.getpid())
    assert pids[0] == os.getpid()
    assert cpu_s(pids) > 0.1
    assert memory_mb(pids) > 20
    assert cpu_s([2**22 + 1]) == memory_mb([2**22 + 1]) == 0.0
