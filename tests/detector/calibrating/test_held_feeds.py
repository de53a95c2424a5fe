"""Feeds are held while somebody calibrates: the last seconds are read at once and again, few stay."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import takewhile

import pytest

from detector.calibrating.held_feeds import KEPT_FOR_S, HeldFeed, HeldFeeds
from detector.calibrating.rehearsing import rehearse
from detector.contract.camera import Camera
from detector.errors import SourceError, SourceRefused, SourceUnreadable
from detector.watching.eyes import Eyes
from detector.watching.opening import open_eyes, stamp
from fixtures.rtsp.server import RtspServer
from tests.service.cameras.feeds import CLIPS, lasting_camera

NAME = "day_runners"
PASSWORD = "m4t-khau"
HELD_FOR_S = 9.0
DRAWN = json.loads((CLIPS / f"{NAME}.camera.json").read_text(encoding="utf-8"))
MOST_WAIT_S = 60.0


def camera_at(server: RtspServer, *, password: str = PASSWORD) -> Camera:
    at = f"rtsp://eye:{password}@127.0.0.1:{server.port}/cam"
    return Camera.model_validate({**DRAWN, "sources": {"main": f"{at}/main", "sub": f"{at}/sub"}})


def waits_until(holds: Callable[[], bool]) -> None:
    until_s = time.monotonic() + MOST_WAIT_S
    while not holds():
        assert time.monotonic() < until_s
        time.sleep(0.05)


def seconds_held(held: HeldFeed) -> float:
    span = held.feed.ring.span()
    return span[1] - span[0] if span else 0.0


@pytest.fixture(scope="module")
def server() -> Iterator[RtspServer]:
    with lasting_camera(NAME, user="eye", password=PASSWORD) as running:
        yield running


@pytest.fixture(scope="module")
def eyes() -> Eyes:
    return open_eyes()


@pytest.fixture(scope="module")
def held(server: RtspServer) -> Iterator[HeldFeed]:
    feeds = HeldFeeds()
    one = feeds.of(camera_at(server))
    waits_until(lambda: seconds_held(one) > HELD_FOR_S)
    yield one
    feeds.close()


def test_the_last_seconds_are_there_at_once_and_can_be_read_again(held: HeldFeed) -> None:
    newest_s = held.feed.main_until_s
    for _ in range(2):
        at_s = [
            frame.at_s for frame in takewhile(lambda frame: frame.at_s < newest_s - 1, held.frames(back_s=6))
        ]
        assert newest_s - 9.5 < at_s[0] <= newest_s - 5.0, "from the key frame before"
        assert at_s == sorted(at_s)
        assert len(at_s) > 12 * 3


def test_a_dry_run_judges_what_was_held_and_waits_for_the_rest_only(
    held: HeldFeed, eyes: Eyes, server: RtspServer
) -> None:
    began_s = held.feed.main_until_s
    shown: list[float] = []
    done = rehearse(
        camera_at(server),
        held,
        eyes=eyes,
        run=stamp(),
        seconds=6.0,
        looks_back=True,
        show=lambda _, seen: shown.append(seen.at_s),
    )
    assert 5.0 <= done.result.footage_s <= 6.5
    assert shown[0] < 0.5, "timed from the beginning of the dry run"
    seen_until_s = next(held.frames(back_s=0)).at_s
    assert seen_until_s >= began_s - 2.5
    assert all(0 <= case.cross_s <= 6.5 for case in done.result.cases)


def test_a_camera_is_held_once_and_let_go_when_nobody_looks(server: RtspServer) -> None:
    now = [0.0]
    feeds = HeldFeeds(clock=lambda: now[0])
    first = feeds.of(camera_at(server))
    assert feeds.of(camera_at(server)) is first
    now[0] = KEPT_FOR_S - 1
    feeds.sweep()
    assert feeds.of(camera_at(server)) is first
    now[0] += KEPT_FOR_S + 1
    feeds.sweep()
    waits_until(lambda: first.is_over)
    again = feeds.of(camera_at(server))
    assert again is not first
    feeds.close()


def test_a_refused_password_is_told_and_the_next_look_tries_anew(server: RtspServer) -> None:
    feeds = HeldFeeds()
    wrong = camera_at(server, password="wrong")
    first = feeds.of(wrong)
    with pytest.raises(SourceRefused):
        next(first.frames(back_s=30))
    assert feeds.of(wrong) is not first
    feeds.close()


def test_a_feed_that_dies_ends_every_look_at_it_and_the_next_look_calls_again() -> None:
    feeds = HeldFeeds()
    with lasting_camera(NAME, user="eye", password=PASSWORD) as dying:
        camera = camera_at(dying)
        one = feeds.of(camera)
        frames = one.frames(back_s=30)
        next(frames)
    with suppress(SourceError):  # hung up on in the middle, or told that the stream is over: both end it
        for _ in frames:
            pass
    waits_until(lambda: one.is_over)
    again = feeds.of(camera)
    with pytest.raises(SourceUnreadable):
        next(again.frames(back_s=30))
    feeds.close()
