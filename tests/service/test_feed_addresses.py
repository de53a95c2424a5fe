"""Where a camera's feed may lead, as a table; every spelling of this machine and of metadata services is refused."""

import pytest

from service.errors import BadInput
from service.feed_addresses import FeedRules, check_feed_address
from tests.service.conftest import Service, camera_file

ANY = FeedRules()
HOSTS = FeedRules(hosts=("10.20.0.0/16", "*.cam.example", "dvr", "2001:db8::/32"))


@pytest.mark.parametrize(
    ("url", "rules"),
    [
        ("rtsp://10.0.0.7/main", ANY),
        ("rtsps://user:p%40ss@camera.example:322/1", ANY),
        ("rtsp://[2001:db8::7]:554/main", ANY),
        ("rtsp://192.168.1.7", ANY),
        ("rtsp://127.0.0.1:8554/main", FeedRules(local=True)),
        ("rtsp://10.20.3.4/main", HOSTS),
        ("rtsp://a.cam.example/main", HOSTS),
        ("rtsp://DVR/main", HOSTS),
        ("rtsp://[2001:db8::1]/main", HOSTS),
    ],
)
def test_a_feed_may_lead_there(url: str, rules: FeedRules) -> None:
    check_feed_address("main", url, rules)


@pytest.mark.parametrize(
    ("url", "rules", "why"),
    [
        ("/etc/passwd", ANY, "must begin"),
        ("file:///etc/passwd", ANY, "must begin"),
        ("http://10.0.0.7/", ANY, "must begin"),
        ("RTSP://10.0.0.7/", ANY, "must begin"),
        ("rtsp://", ANY, "names no host"),
        ("rtsp:///main", ANY, "names no host"),
        ("rtsp://10.0.0.7:0/main", ANY, "names no host"),
        ("rtsp://10.0.0.7:99999/main", ANY, "is no address"),
        ("rtsp://[::1/main", ANY, "is no address"),
        ("rtsp://127.0.0.1/main", ANY, "this machine"),
        ("rtsp://127.9.9.9/main", ANY, "this machine"),
        ("rtsp://0x7f.1/main", ANY, "this machine"),
        ("rtsp://2130706433/main", ANY, "this machine"),
        ("rtsp://0177.0.0.1/main", ANY, "this machine"),
        ("rtsp://127.1/main", ANY, "this machine"),
        ("rtsp://0.0.0.0/main", ANY, "this machine"),
        ("rtsp://0/main", ANY, "this machine"),
        ("rtsp://[::]/main", ANY, "this machine"),
        ("rtsp://[::1]/main", ANY, "this machine"),
        ("rtsp://[::ffff:127.0.0.1]/main", ANY, "this machine"),
        ("rtsp://[64:ff9b::7f00:1]/main", ANY, "this machine"),
        ("rtsp://[fe80::1%25eth0]/main", ANY, "this machine"),
        ("rtsp://localhost/main", ANY, "this machine"),
        ("rtsp://LOCALHOST./main", ANY, "this machine"),
        ("rtsp://a.localhost/main", ANY, "this machine"),
        ("rtsp://user@169.254.169.254/latest", ANY, "this machine"),
        ("rtsp://[::ffff:169.254.169.254]/", ANY, "this machine"),
        ("rtsp://[fd00:ec2::254]/", ANY, "this machine"),
        ("rtsp://100.100.100.200/", ANY, "this machine"),
        ("rtsp://metadata.google.internal/", ANY, "this machine"),
        ("rtsp://224.0.0.1/", ANY, "this machine"),
        ("rtsp://10.21.3.4/main", HOSTS, "NGATU_FEED_HOSTS"),
        ("rtsp://cam.example.evil/main", HOSTS, "NGATU_FEED_HOSTS"),
        ("rtsp://evilcam.example/main", HOSTS, "NGATU_FEED_HOSTS"),
        ("rtsp://10.20.3.4@10.21.3.4/main", HOSTS, "NGATU_FEED_HOSTS"),
    ],
)
def test_a_feed_may_not_lead_there(url: str, rules: FeedRules, why: str) -> None:
    with pytest.raises(BadInput, match=why) as refused:
        check_feed_address("main", url, rules)
    assert len(url) < 10 or url not in str(refused.value)


def registered(service: Service, main: str) -> int:
    body = camera_file("x").model_dump(mode="json", by_alias=True)
    body["sources"] = {"main": main, "sub": None}
    return service.client("integrator").post("/api/v1/cameras", json=body).status_code


def test_the_settings_decide_about_cameras_that_are_registered(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert registered(service, "rtsp://127.0.0.1:8554/main") == 400
    monkeypatch.setenv("NGATU_LOCAL_FEEDS", "true")
    assert registered(service, "rtsp://127.0.0.1:8554/main") == 201
    monkeypatch.setenv("NGATU_FEED_HOSTS", '["10.20.0.0/16"]')
    assert registered(service, "rtsp://10.0.0.7/main") == 400
    assert registered(service, "rtsp://10.20.0.7/main") == 201
