"""Following vehicles from frame to frame with synthetic detections."""

import pytest

from detector.judging.tracking import MEMORY_S, MOST_POINTS, Tracker
from models.types import VehicleClass, VehicleDetection
from tests.detector.judging.builders import Ride, detection

CAR, BIKE, BICYCLE = VehicleClass.CAR, VehicleClass.MOTORBIKE, VehicleClass.BICYCLE


def follow(
    tracker: Tracker, *rides: Ride, until_s: float, fps: float = 8.0, from_s: float = 0.0
) -> list[set[int]]:
    """The ids seen in each frame."""
    frames = []
    for number in range(int(from_s * fps), int(until_s * fps) + 1):
        at_s = number / fps
        found = [vehicle for ride in rides if (vehicle := ride.at(at_s)) is not None]
        frames.append(set(tracker.update(found, at_s)))
    return frames


def ids_of(*rides: Ride, until_s: float = 4.0, fps: float = 8.0) -> set[int]:
    return set().union(*follow(Tracker(), *rides, until_s=until_s, fps=fps))


def upwards(
    x: float, *, from_y: float = 0.9, to_y: float = 0.2, to_s: float = 4.0, **changes: object
) -> Ride:
    return Ride(way=((0.0, x, from_y), (to_s, x, to_y)), **changes)  # type: ignore[arg-type]


def parked(x: float, y: float, *, vehicle_class: VehicleClass = CAR, until_s: float = 60.0) -> Ride:
    return Ride(way=((0.0, x, y), (until_s, x, y)), vehicle_class=vehicle_class, width=0.125)


@pytest.mark.parametrize(
    ("label", "rides", "vehicles"),
    [
        ("one motorbike", [upwards(0.5)], 1),
        ("two abreast, a hand apart", [upwards(0.45), upwards(0.52)], 2),
        ("two abreast, their boxes overlapping by a third", [upwards(0.45), upwards(0.485)], 2),
        ("four abreast", [upwards(x) for x in (0.3, 0.37, 0.44, 0.51)], 4),
        ("one behind the other", [upwards(0.5, from_y=0.9, to_y=0.3), upwards(0.5, from_y=0.7, to_y=0.1)], 2),
        ("one overtakes the other", [upwards(0.45, to_s=4.0), upwards(0.53, from_y=1.0, to_y=0.15, to_s=3.0)], 2),
        ("one comes against the other", [upwards(0.4), upwards(0.5, from_y=0.2, to_y=0.9)], 2),
        ("hidden for half a second", [upwards(0.5, hidden=((1.5, 2.0),))], 1),
        ("hidden for nine tenths of a second", [upwards(0.5, hidden=((1.5, 2.4),))], 1),
        ("hidden for a second and a half", [upwards(0.5, hidden=((1.5, 3.0),))], 2),
        ("parked beside the road", [parked(0.2, 0.7)], 1),
        ("a motorbike passes a parked car", [parked(0.35, 0.6), upwards(0.5)], 2),
        ("a motorbike passes before a parked car", [parked(0.5, 0.6), upwards(0.5)], 2),
    ],
)  # fmt: skip
def test_as_many_tracks_as_vehicles(label: str, rides: list[Ride], vehicles: int) -> None:
    assert len(ids_of(*rides)) == vehicles, label


@pytest.mark.parametrize("fps", [4.0, 5.0, 8.0, 12.0, 25.0])
def test_a_fast_motorbike_is_one_track_at_any_frame_rate(fps: float) -> None:
    assert len(ids_of(upwards(0.5, to_s=3.0), fps=fps)) == 1


@pytest.mark.parametrize("gap", [0.035, 0.05, 0.07])
def test_two_riders_abreast_keep_their_own_ids_all_along(gap: float) -> None:
    tracker = Tracker()
    follow(tracker, upwards(0.45), upwards(0.45 + gap), until_s=4.0)
    for track_id, x in ((1, 0.45), (2, 0.45 + gap)):
        grounds = {round(point.box.ground.x, 6) for point in tracker.track(track_id).points}
        assert grounds == {round(x, 6)}


def test_a_vehicle_that_another_hides_comes_out_with_its_own_id() -> None:
    tracker = Tracker()
    hidden = Ride(way=((0.0, 0.2, 0.7), (4.0, 0.8, 0.7)), hidden=((1.75, 2.25),))
    lorry = Ride(way=((0.0, 0.8, 0.75), (4.0, 0.2, 0.75)), vehicle_class=CAR, width=0.25, height=0.375)
    frames = follow(tracker, hidden, lorry, until_s=4.0)
    assert set().union(*frames) == {1, 2}
    assert tracker.track(1).points[-1].box.ground.x == pytest.approx(0.8)
    assert tracker.track(1).vehicle_class is BIKE


def test_a_parked_vehicle_is_one_track_for_a_minute_and_its_memory_does_not_grow() -> None:
    tracker = Tracker()
    assert set().union(*follow(tracker, parked(0.2, 0.7), until_s=60.0)) == {1}
    points = tracker.track(1).points
    assert points[0].at_s == 0.0, "where it stood when it came is not forgotten"
    assert len(points) <= MOST_POINTS
    follow(tracker, parked(0.2, 0.7, until_s=400.0), until_s=400.0, from_s=60.0)
    points = tracker.track(1).points
    assert points[0].at_s >= 400.0 - MEMORY_S
    assert len(points) <= MOST_POINTS


@pytest.mark.parametrize(
    ("label", "boxes", "vehicles"),
    [
        ("the same car boxed twice", [(0.5, 0.125, CAR), (0.505, 0.13, CAR)], 1),
        ("a car boxed as a lorry too", [(0.5, 0.125, CAR), (0.5, 0.125, VehicleClass.TRUCK)], 1),
        ("a motorbike boxed as a bicycle too", [(0.5, 0.0625, BIKE), (0.5, 0.0625, BICYCLE)], 1),
        ("two cars side by side", [(0.4, 0.125, CAR), (0.55, 0.125, CAR)], 2),
    ],
)
def test_one_vehicle_boxed_twice_is_one_track(
    label: str, boxes: list[tuple[float, float, VehicleClass]], vehicles: int
) -> None:
    tracker = Tracker()
    seen: set[int] = set()
    for number in range(16):
        y = 0.9 - number * 0.01
        found = [detection(x, y, width=width, vehicle_class=kind) for x, width, kind in boxes]
        seen |= set(tracker.update(found, number / 8))
    assert len(seen) == vehicles, label


def test_of_two_tracks_that_come_to_lie_on_each_other_the_younger_is_given_up() -> None:
    tracker = Tracker()
    tracker.update([detection(0.4, width=0.25, vehicle_class=CAR)], 0.0)
    tracker.update(
        [detection(0.4, width=0.25, vehicle_class=CAR), detection(0.6, width=0.25, vehicle_class=CAR)], 0.1
    )
    for number, x in enumerate((0.55, 0.5, 0.45), start=2):
        tracker.update(
            [detection(0.4, width=0.25, vehicle_class=CAR), detection(x, width=0.25, vehicle_class=CAR)],
            number / 10,
        )
    assert tracker.ended == (2,)
    with pytest.raises(KeyError):
        tracker.track(2)


def test_two_cameras_never_share_ids() -> None:
    """Each camera counts for itself: what one sees changes nothing for the other."""
    busy, quiet = Tracker(), Tracker()
    assert set().union(*follow(busy, *[upwards(x) for x in (0.2, 0.4, 0.6)], until_s=2.0)) == {1, 2, 3}
    assert set().union(*follow(quiet, upwards(0.5), until_s=2.0)) == {1}
    assert busy.track(1).points != quiet.track(1).points


@pytest.mark.parametrize(
    ("label", "score", "frames", "followed"),
    [
        ("sure at first sight", 0.9, 1, True),
        ("just sure enough at first sight", 0.35, 1, True),
        ("faint, seen once", 0.25, 1, False),
        ("faint, seen twice", 0.25, 2, False),
        ("faint, seen three times on end", 0.25, 3, True),
        ("too faint ever", 0.1, 20, False),
    ],
)
def test_a_faint_vehicle_must_be_seen_more_often(
    label: str, score: float, frames: int, followed: bool
) -> None:
    tracker = Tracker()
    for number in range(frames):
        seen = tracker.update([detection(y=0.75 - number * 0.01, score=score)], number / 8)
    assert bool(seen) is followed, label


def test_faint_sights_with_a_frame_missing_between_them_begin_no_track() -> None:
    tracker = Tracker()
    for number, found in enumerate([1, 1, 0, 1, 1, 0, 1, 1]):
        assert tracker.update([detection(score=0.25)] * found, number / 8) == ()


def test_a_faint_second_box_on_a_followed_vehicle_begins_no_track() -> None:
    """The surer box keeps the track; the faint one that lies on it is the same vehicle, however long it lasts."""
    tracker = Tracker()
    for number in range(8):
        ids = tracker.update([detection(score=0.9), detection(x=0.505, score=0.3)], number / 8)
        assert ids == (1,)


def test_a_faint_sight_keeps_a_followed_vehicle() -> None:
    tracker = Tracker()
    for number, score in enumerate([0.9, 0.9, 0.15, 0.15, 0.9]):
        assert tracker.update([detection(y=0.75 - number * 0.02, score=score)], number / 8) == (1,)


@pytest.mark.parametrize(
    ("label", "then"),
    [
        ("far away", detection(0.9, 0.3)),
        ("there, but ten times as big", detection(0.5, 0.85, width=0.25, height=0.375)),
    ],
)
def test_another_vehicle_does_not_take_the_track_over(label: str, then: VehicleDetection) -> None:
    tracker = Tracker()
    tracker.update([detection(0.5, 0.75)], 0.0)
    assert tracker.update([then], 0.125) == (2,), label


def test_a_car_does_not_take_a_motorbike_s_track_when_the_motorbike_is_there() -> None:
    tracker = Tracker()
    tracker.update([detection(0.5, 0.75)], 0.0)
    tracker.update([detection(0.51, 0.75, vehicle_class=CAR), detection(0.5, 0.74)], 0.125)
    assert tracker.track(1).vehicle_class is BIKE
    assert tracker.track(1).class_confidence == 1.0


def test_the_class_is_the_majority_of_all_sights() -> None:
    tracker = Tracker()
    for number, kind in enumerate([BICYCLE, BIKE, BIKE, BIKE]):
        tracker.update([detection(y=0.75 - number * 0.01, vehicle_class=kind)], number / 8)
    track = tracker.track(1)
    assert (track.vehicle_class, track.class_confidence) == (BIKE, 0.75)


def test_the_last_point_is_where_the_vehicle_was_last_seen() -> None:
    tracker = Tracker()
    tracker.update([detection(0.5, 0.75)], 0.0)
    tracker.update([detection(0.5, 0.72)], 0.125)
    assert tracker.last_point(1) == tracker.track(1).points[-1]
    assert tracker.last_point(1).at_s == 0.125


def test_a_vehicle_gone_for_more_than_a_second_is_given_up_once() -> None:
    tracker = Tracker()
    tracker.update([detection()], 0.0)
    tracker.update([], 1.0)
    assert tracker.ended == ()
    tracker.update([], 1.125)
    assert tracker.ended == (1,)
    tracker.update([], 1.25)
    assert tracker.ended == ()


def test_after_a_reset_ids_go_on_counting() -> None:
    tracker = Tracker()
    tracker.update([detection(), detection(0.2, score=0.25)], 0.0)
    tracker.reset()
    assert tracker.update([detection()], 0.125) == (2,)


def test_the_tracks_of_a_moment_are_those_seen_in_its_frame() -> None:
    tracker = Tracker()
    tracker.update([detection(0.3), detection(0.7)], 1.0)
    tracker.update([detection(0.3)], 1.1)
    assert [seen.track_id for seen in tracker.seen_at(1.1)] == [1]
    assert tracker.seen_at(1.0) == (tracker.track(2),)
