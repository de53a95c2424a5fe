"""What is decoded and what the detector looks at: key frames at green, all from yellow on, nothing that stands."""

from pathlib import Path

import av
import numpy as np
import pytest

from detector.contract.camera import Camera, load_camera
from detector.sources.backlog import Queued
from detector.sources.decoding import Frame
from detector.sources.feed import open_feed
from detector.watching.camera_watch import CameraWatch, Look
from detector.watching.lamp_memory import LampMemory
from detector.watching.stillness import LONGEST_STILL_S, Stillness
from detector.watching.watched_stream import WatchedStream
from models.types import LampColour, LampRead

CLIPS = Path(__file__).parents[3] / "fixtures" / "clips"
CAMERA = load_camera(CLIPS / "day_runners.camera.json")
YELLOW_AT_S = 2.2


class LampsByTime:
    """A lamp reader that is told by the test what is lit; it is asked in order of time."""

    def __init__(self, programme: list[tuple[float, LampColour]]) -> None:
        self.programme, self.now_s = programme, 0.0

    def read_head(self, head: object) -> LampRead:
        colour = [colour for from_s, colour in self.programme if from_s <= self.now_s][-1]
        return LampRead(colour=colour, confidence=1.0)

    def read_lamps(self, *, red: object, yellow: object, green: object) -> LampRead:
        return self.read_head(red)


class Watched:
    """A watch over the sub stream of a kept clip, packet after packet."""

    def __init__(self, camera: Camera, programme: list[tuple[float, LampColour]]) -> None:
        self.lamps = LampsByTime(programme)
        self.looks: list[Look] = []
        with open_feed(camera, base_dir=CLIPS) as feed:
            watch = CameraWatch(camera, self.lamps, feed)
            read = watch._read

            def read_at(frame: Frame) -> object:
                self.lamps.now_s = frame.at_s
                for memory in watch._memories:
                    memory._read = []  # the clip's own lamps do not follow the programme
                return read(frame)

            watch._read = read_at  # type: ignore[method-assign, assignment]
            while not feed.is_over:
                queued = feed.take(0.0)
                for look in watch.take(queued) if queued is not None else ():
                    self.looks.append(look)
                    watch.conclude(look, [] if look.wants_vehicles else None)
            self.decoded = watch.frames_decoded

    def times(self) -> list[float]:
        return [round(look.frame.at_s, 2) for look in self.looks]


GREEN, YELLOW, RED = LampColour.GREEN, LampColour.YELLOW, LampColour.RED


def test_at_green_only_key_frames_are_decoded_and_no_vehicle_is_looked_for() -> None:
    watched = Watched(CAMERA, [(0.0, GREEN)])
    assert watched.decoded < 45, "213 frames, 18 of them key frames; the first second is watched whole"
    assert not any(look.wants_vehicles for look in watched.looks)
    assert watched.times()[-3:] == [14.4, 15.36, 16.32]


def test_from_the_first_light_that_is_not_green_everything_is_watched_back_to_its_onset() -> None:
    watched = Watched(CAMERA, [(0.0, GREEN), (8.0, YELLOW), (11.0, RED)])
    times = watched.times()
    assert times == sorted(set(times)), "no frame is judged twice, none out of turn"
    assert [at_s for at_s in times if 7.7 <= at_s <= 8.6] == pytest.approx(
        [7.76, 7.84, 7.92, 8.0, 8.08, 8.16, 8.24, 8.32, 8.4, 8.48, 8.56], abs=0.005
    ), "the key frame at 8.64 told of yellow; all since the one at 7.68 was looked at"
    assert any(look.wants_vehicles for look in watched.looks if 8.0 <= look.frame.at_s < 8.2)


def test_after_green_came_back_the_watch_rests_again() -> None:
    watched = Watched(CAMERA, [(0.0, RED), (5.0, GREEN)])
    times = watched.times()
    assert len([at_s for at_s in times if at_s < 5.0]) > 55
    assert len([at_s for at_s in times if at_s > 8.0]) <= 10
    assert not any(look.wants_vehicles for look in watched.looks if look.frame.at_s > 6.1)


def test_a_light_that_cannot_be_told_is_watched_like_red() -> None:
    watched = Watched(CAMERA, [(0.0, LampColour.UNKNOWN)])
    assert len(watched.looks) > 200


def test_a_camera_of_one_stream_is_watched_the_same_way() -> None:
    one_stream = CAMERA.model_copy(update={"sources": CAMERA.sources.model_copy(update={"sub": None})})
    watched = Watched(one_stream, [(0.0, GREEN), (8.0, YELLOW), (11.0, RED)])
    times = watched.times()
    assert len([at_s for at_s in times if 3.0 <= at_s < 7.0]) == 4, "one key frame a second"
    assert any(8.0 <= at_s < 8.1 for at_s in times)
    assert len([at_s for at_s in times if 9.0 <= at_s < 10.0]) in (12, 13), "every second frame of 25"


def test_a_fast_detector_looks_six_times_a_second() -> None:
    fast = CAMERA.model_copy(update={"detector": "fast"})
    watched = Watched(fast, [(0.0, RED)])
    assert len([at_s for at_s in watched.times() if 4.0 <= at_s < 8.0]) == 25


@pytest.mark.parametrize(
    ("label", "place", "moved"),
    [
        ("on the approach", (0.5, 0.8), True),
        ("on the stop line", (0.5, 0.52), True),
        ("on the pavement in the sky", (0.5, 0.05), False),
    ],
)
def test_only_what_moves_where_vehicles_are_judged_is_looked_at(
    label: str, place: tuple[float, float], moved: bool
) -> None:
    still = Stillness(CAMERA)
    assert still.has_moved(framed(0.0))
    assert not still.has_moved(framed(0.1))
    assert still.has_moved(framed(0.2, square_at=place)) is moved, label


def test_slow_creeping_adds_up_and_a_look_is_never_older_than_a_second() -> None:
    still = Stillness(CAMERA)
    still.has_moved(framed(0.0, light=100))
    assert [still.has_moved(framed(0.1 * step, light=100 + 3 * step)) for step in range(1, 5)] == [
        False,
        False,
        False,
        True,
    ]
    assert not still.has_moved(framed(0.5, light=112))
    assert still.has_moved(framed(0.45 + LONGEST_STILL_S, light=112))


class FakeFrame:
    def __init__(self, at_s: float, luma: np.ndarray) -> None:
        self.at_s, self.luma = at_s, luma


def framed(at_s: float, *, light: int = 100, square_at: tuple[float, float] | None = None) -> Frame:
    luma = np.full((360, 640), light, np.uint8)
    if square_at is not None:
        x, y = int(square_at[0] * 640), int(square_at[1] * 360)
        luma[max(0, y - 12) : y + 12, x - 12 : x + 12] = 20
    return FakeFrame(at_s, luma)  # type: ignore[return-value]


class CountingLamps:
    """Always red; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def read_head(self, head: object) -> LampRead:
        self.asked += 1
        return LampRead(colour=RED, confidence=1.0)

    def read_lamps(self, *, red: object, yellow: object, green: object) -> LampRead:
        return self.read_head(red)


@pytest.mark.parametrize(
    ("label", "lights", "asked"),
    [
        ("a steady lamp is read once", [100, 100, 102, 99, 100], 1),
        ("coding noise is no change", [100, 110, 100, 95, 108], 1),
        ("a flicker is read", [100, 200, 100, 200], 4),
        ("a slow change adds up", [100, 102, 104, 106, 108], 3),
    ],
)
def test_lamps_are_read_again_only_when_their_pixels_changed(
    label: str, lights: list[int], asked: int
) -> None:
    lamps = CountingLamps()
    memory = LampMemory(CAMERA.signals[0], lamps)
    rng = np.random.default_rng(7)
    for light in lights:
        picture = np.full((360, 640, 3), 100, np.uint8)
        if "noise" in label:
            spots = rng.integers(0, 360, 8)
            picture[spots, spots] = light
            picture[45, 600] = light
        else:
            picture[:] = light
        memory.colour(decoded(picture))
    assert lamps.asked == asked, label


def decoded(picture: np.ndarray) -> Frame:
    """A picture as a decoder gives it: planes of brightness and colour."""
    video = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
    return Frame(at_s=0.0, number=0, video=video)


def test_a_new_session_forgets_what_was_kept_of_the_old_one() -> None:
    stream = WatchedStream(lambda _frame: None)
    with open_feed(CAMERA, base_dir=CLIPS) as feed:
        taken = [queued for _ in range(30) if (queued := feed.take(0.0)) is not None]
    for queued in taken[:20]:
        stream.begins_anew(queued)
        stream.keep(queued)
    again = Queued(session=2, info=taken[0].info, packet=taken[24].packet)
    assert stream.begins_anew(again)
    assert not stream.begins_anew(again)
    assert not stream.has_many_keys
    assert stream.rewind() == []
