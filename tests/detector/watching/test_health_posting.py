"""Health goes to the service: the newest of each camera, a moved view's picture once, and nothing of who left."""

from collections.abc import Callable
from dataclasses import replace
from threading import Event

import httpx
import pytest
from structlog.testing import capture_logs

from detector.contract.health import HealthIn, WatchedCamera
from detector.watching.camera_health import CameraHealth, GroupHealth
from detector.watching.health_posting import OLD_AFTER, HealthPoster
from tests.detector.watching.test_fleet import WELL

JPEG = b"\xff\xd8\xff" + bytes(20) + b"\xff\xd9"
Answer = Callable[[httpx.Request], httpx.Response]


def report(*cameras: CameraHealth) -> GroupHealth:
    return GroupHealth(
        group_id="g", cameras=cameras, cpu_s=1.0, resident_bytes=1, inference_queue=0, proofs_waiting=0, lags_s=()
    )  # fmt: skip


class Service:
    """Takes what is posted, or refuses it while `is_away`."""

    def __init__(self) -> None:
        self.came: list[HealthIn] = []
        self.is_away = False
        self.knows_the_worker = True
        self.client = httpx.Client(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.is_away:
            raise httpx.ConnectError("nobody listens")
        if not self.knows_the_worker:
            return httpx.Response(401)
        self.came.append(HealthIn.model_validate_json(request.content))
        return httpx.Response(204)

    def last(self) -> dict[str, WatchedCamera]:
        return {one.camera_id: one for one in self.came[-1].cameras}


@pytest.fixture
def service() -> Service:
    return Service()


def test_the_newest_report_of_each_camera_is_told(service: Service) -> None:
    poster = HealthPoster("http://service/", "token")
    poster.hear([report(WELL, replace(WELL, camera_id="C2")), report(replace(WELL, lag_s=7.25, gaps=2))])
    assert poster.post(service.client)
    assert {one: told.lag_s for one, told in service.last().items()} == {"C1": 7.25, "C2": 0.1}
    assert service.last()["C1"].gaps == 2


def test_the_picture_of_a_moved_view_is_kept_until_it_was_told_and_told_once(service: Service) -> None:
    poster = HealthPoster("http://service", "token")
    moved = replace(WELL, view="moved", view_moved=0.031)
    poster.hear([report(replace(moved, view_jpeg=JPEG)), report(moved)])
    service.is_away = True
    assert not poster.post(service.client)
    service.is_away = False
    for expected in (True, False):
        assert poster.post(service.client)
        told = service.last()["C1"]
        assert (told.view, told.view_moved, told.view_jpeg_base64 is not None) == ("moved", 0.031, expected)


def test_a_picture_too_big_for_the_service_is_left_out_and_the_rest_is_told(service: Service) -> None:
    poster = HealthPoster("http://service", "token")
    poster.hear([report(replace(WELL, view="moved", view_jpeg=bytes(2_000_000)))])
    assert poster.post(service.client)
    assert service.last()["C1"].view_jpeg_base64 is None


def test_a_camera_that_left_the_watch_is_told_no_more(service: Service) -> None:
    poster = HealthPoster("http://service", "token")
    poster.hear([report(WELL)])
    for _ in range(OLD_AFTER):
        poster.hear([report(replace(WELL, camera_id="C2"))])
        poster.post(service.client)
        assert set(service.last()) == {"C1", "C2"}
    poster.hear([report(replace(WELL, camera_id="C2"))])
    poster.post(service.client)
    assert set(service.last()) == {"C2"}


def test_measures_that_are_no_numbers_break_nothing(service: Service) -> None:
    poster = HealthPoster("http://service", "token")
    poster.hear([report(replace(WELL, lag_s=float("nan"), analysed_fps=float("inf"), gap_s=-0.5))])
    assert poster.post(service.client)
    assert service.last()["C1"].lag_s == 0.0


def test_a_worker_that_the_service_does_not_know_is_told_once_how_to_be_registered(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    poster, stopped = HealthPoster("http://service", "token"), Event()
    stopped.set()
    service.knows_the_worker = False
    with capture_logs() as said:
        with monkeypatch.context() as patched:
            patched.setattr(httpx, "Client", lambda **_settings: service.client)
            poster.run(stopped)
        poster.hear([report(WELL)])
        assert not poster.post(httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(401))))
    assert [line["event"] for line in said] == ["health_not_told"]
    assert "ngatu worker add --state" in said[0]["do"]


def test_a_service_that_is_away_when_the_watch_begins_tells_of_an_unknown_worker_when_it_comes(
    service: Service,
) -> None:
    poster = HealthPoster("http://service", "token")
    poster.hear([report(WELL)])
    service.is_away = True
    with capture_logs() as said:
        poster.post(service.client)
        poster.post(service.client)
        service.is_away, service.knows_the_worker = False, False
        poster.post(service.client)
    assert [line["reason"] for line in said] == ["ConnectError", "401"]
    assert "do" in said[1]
