"""The fleet that keeps groups alive and balanced, with groups that only write down what they are told."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from detector.contract.camera import Camera
from detector.watching.camera_health import CameraHealth, GroupHealth
from detector.watching.fleet import (
    MOST_RESTARTS,
    MOVE_PAUSE_S,
    OPENING_S,
    OVERLOADED_FOR_S,
    RESTARTS_COUNT_FOR_S,
    SILENT_S,
    Fleet,
    shared_out,
)
from tests.detector.judging.builders import camera

WELL = CameraHealth(
    camera_id="C1",
    state="playing",
    gear="watching",
    is_degraded=False,
    lag_s=0.1,
    ring_s=20.0,
    ring_bytes=1000,
    analysed_fps=6.0,
    frames_decoded=10,
    frames_analysed=5,
    frames_inferred=3,
    gaps=0,
    gap_s=0.0,
    dropped=0,
    reconnects=0,
    restarts=0,
    cases=0,
    unproved=0,
    unwritten=0,
    lost=0,
    clock_offset_ms=None,
    not_judged={},
)


class StandIn:
    """A group that does at once what it is told."""

    def __init__(self, group_id: str, cameras: Sequence[Camera]) -> None:
        self.group_id = group_id
        self.watched = [one.camera_id for one in cameras]
        self.is_alive, self.silent_s, self.lag_s = True, 0.0, 0.1
        self.killed = self.stopped = False

    def add(self, camera: Camera) -> None:
        self.watched.append(camera.camera_id)

    def remove(self, camera_id: str) -> None:
        self.watched.remove(camera_id)

    def reports(self) -> list[GroupHealth]:
        cameras = tuple(replace(WELL, camera_id=camera_id, lag_s=self.lag_s) for camera_id in self.watched)
        return [
            GroupHealth(
                group_id=self.group_id,
                cameras=cameras,
                cpu_s=1.0,
                resident_bytes=1,
                inference_queue=0,
                proofs_waiting=0,
                lags_s=(),
            )
        ]

    def stop(self) -> None:
        self.stopped = True

    def wait_ended(self, timeout_s: float) -> bool:
        return self.is_alive

    def kill(self) -> None:
        self.killed = True


class City:
    """A fleet over stand-ins with a clock that is moved by hand."""

    def __init__(self, cameras: int, groups: int) -> None:
        self.now_s = 1000.0
        self.placed: list[StandIn] = []
        self.fleet = Fleet(
            [camera(camera_id=f"C{number}") for number in range(cameras)],
            groups=groups,
            place=self._place,
            clock=lambda: self.now_s,
        )

    def _place(self, group_id: str, cameras: Sequence[Camera]) -> StandIn:
        self.placed.append(StandIn(group_id, cameras))
        return self.placed[-1]

    def watched(self) -> list[str]:
        return [camera_id for group in self.placed for camera_id in group.watched]

    def look(self, after_s: float = 1.0) -> None:
        self.now_s += after_s
        with capture_logs():
            self.fleet.look_round()


@pytest.mark.parametrize(
    ("cameras", "groups", "sizes"),
    [(48, 2, [24, 24]), (5, 2, [3, 2]), (1, 2, [1]), (3, 8, [1, 1, 1]), (4, 0, [4])],
)
def test_cameras_are_dealt_evenly_and_no_group_is_empty(cameras: int, groups: int, sizes: list[int]) -> None:
    dealt = shared_out([camera(camera_id=f"C{number}") for number in range(cameras)], groups)
    assert [len(group) for group in dealt] == sizes
    assert len({one.camera_id for group in dealt for one in group}) == cameras


@pytest.mark.parametrize("how", ["dead", "silent"])
def test_a_group_that_died_or_hangs_is_started_again_with_its_cameras(how: str) -> None:
    city = City(cameras=4, groups=2)
    broken = city.placed[0]
    broken.is_alive = how != "dead"
    broken.silent_s = SILENT_S + 1 if how == "silent" else 0.0
    city.look()
    assert broken.killed
    assert len(city.placed) == 3
    assert (city.placed[2].group_id, city.placed[2].watched) == ("group-1", broken.watched)
    assert city.fleet.restarts("group-1") == 1


def test_a_group_that_opens_its_networks_is_given_more_time_than_one_that_hangs() -> None:
    city = City(cameras=2, groups=1)
    (opening,) = city.placed
    opening.reports = list  # type: ignore[method-assign]
    opening.silent_s = SILENT_S + 1
    city.look()
    assert not opening.killed
    opening.silent_s = OPENING_S + 1
    city.look()
    assert opening.killed


def test_a_group_that_keeps_dying_is_given_up_and_the_others_go_on() -> None:
    city = City(cameras=4, groups=2)
    for _ in range(MOST_RESTARTS + 3):
        newest = [group for group in city.placed if group.group_id == "group-1"][-1]
        newest.is_alive = False
        city.look()
    assert city.fleet.given_up == ("group-1",)
    assert len([group for group in city.placed if group.group_id == "group-1"]) == MOST_RESTARTS + 1
    assert not city.placed[1].killed


def test_a_group_that_dies_now_and_then_is_never_given_up() -> None:
    city = City(cameras=2, groups=1)
    for _ in range(MOST_RESTARTS * 3):
        city.placed[-1].is_alive = False
        city.look(after_s=RESTARTS_COUNT_FOR_S / MOST_RESTARTS + 1)
    assert city.fleet.given_up == ()


def test_an_overloaded_group_gives_one_camera_at_a_time_to_one_that_has_time() -> None:
    city = City(cameras=4, groups=2)
    late, relaxed = city.placed
    late.lag_s = 8.0
    city.look()
    city.look(after_s=OVERLOADED_FOR_S + 1)
    city.look()
    assert (len(late.watched), len(relaxed.watched)) == (1, 3)
    city.look(after_s=5.0)
    assert len(late.watched) == 1, "the effect of a move is waited for"
    assert sorted(late.watched + relaxed.watched) == ["C0", "C1", "C2", "C3"]


@pytest.mark.parametrize(
    ("label", "lags", "wait_s"),
    [
        ("late for a moment only", (8.0, 0.1), 2.0),
        ("everybody is late", (8.0, 8.0), OVERLOADED_FOR_S + MOVE_PAUSE_S),
    ],
)
def test_no_camera_is_moved_for_nothing(label: str, lags: tuple[float, float], wait_s: float) -> None:
    city = City(cameras=4, groups=2)
    for group, lag_s in zip(city.placed, lags, strict=True):
        group.lag_s = lag_s
    city.look()
    city.look(after_s=wait_s)
    assert [len(group.watched) for group in city.placed] == [2, 2], label


def test_stopping_waits_for_every_group_and_kills_what_does_not_end() -> None:
    city = City(cameras=4, groups=2)
    city.placed[1].is_alive = False
    with capture_logs():
        city.fleet.stop()
    assert [group.stopped for group in city.placed] == [True, True]
    assert [group.killed for group in city.placed] == [False, True]


def test_cameras_come_change_and_leave_while_the_city_is_watched() -> None:
    city = City(cameras=3, groups=2)
    known = [camera(camera_id=f"C{number}") for number in range(3)]
    changed = known[0].model_copy(update={"name": "another name"})
    fresh = camera(camera_id="C9")
    city.look()
    city.fleet.set_cameras([changed, known[1], fresh])
    assert "C0" not in city.watched(), "the old drawing is let go first"
    city.look()
    assert sorted(city.watched()) == ["C0", "C1", "C9"]
    city.fleet.set_cameras([changed, known[1], fresh])
    city.look()
    assert sorted(city.watched()) == ["C0", "C1", "C9"], "the same list changes nothing"
    city.fleet.set_cameras([])
    city.look()
    assert city.watched() == []
    city.fleet.set_cameras([fresh])
    city.look()
    assert city.watched() == ["C9"]


def test_a_camera_that_is_taken_out_while_it_changes_does_not_come_back() -> None:
    city = City(cameras=1, groups=1)
    city.look()
    city.fleet.set_cameras([camera(camera_id="C0").model_copy(update={"name": "another name"})])
    city.fleet.set_cameras([])
    city.look()
    assert city.watched() == []


def test_a_watch_that_began_with_one_camera_opens_groups_as_more_come() -> None:
    city = City(cameras=1, groups=2)
    assert len(city.placed) == 1
    city.look()
    city.fleet.set_cameras([camera(camera_id=f"C{number}") for number in range(4)])
    city.look()
    assert [len(group.watched) for group in city.placed] == [2, 2]
    city.placed[1].is_alive = False
    city.look()
    assert sorted(city.placed[2].watched) == sorted(city.placed[1].watched), "restarted with what came later"
