"""What others are told: signed, once it happened, again until it is taken; by webhook and by a real MQTT broker."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.errors import BadInput
from service.publishing.delivering import MOST_ATTEMPTS, deliver_due, pause_after, tell_camera_states, tidy
from service.publishing.mqtt import Broker, broker_of
from service.publishing.sending import check_webhook_url, signature
from service.publishing.tables import OutboxDelivery, OutboxMessage
from tests.service.conftest import Service
from tests.service.mqtt_broker import PASSWORD, USER, free_port, running_broker
from tests.service.receiver import Receiver, receiving
from tests.service.test_review import act

Open = Callable[[], Session]
EVERYTHING = ["case.confirmed", "case.rejected", "case.decision", "camera.state"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def told(service: Service, receiver: Receiver) -> dict[str, Any]:
    """The webhook of the receiver, with its secret."""
    service.record.settings.local_webhooks = True
    body = {"url": receiver.url, "topics": EVERYTHING}
    answer = service.client("integrator").post("/api/v1/webhooks", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def confirmed(service: Service, number: int = 1) -> int:
    case_id = service.new_case(number)
    act(service, case_id, "claim")
    act(service, case_id, "confirm")
    return case_id


def deliver(service: Service, broker: Broker | None = None) -> tuple[int, int]:
    done = deliver_due(service.record, at=service.clock.now, broker=broker)
    return done.delivered, done.failed


def test_a_decided_case_is_told_signed_and_without_plate(
    service: Service, told: dict[str, Any], receiver: Receiver
) -> None:
    case_id = confirmed(service)
    assert deliver(service) == (1, 0)
    ((headers, content),) = receiver.came
    said = json.loads(content)
    assert (said["type"], said["data"]["case_id"], said["data"]["state"]) == (
        "case.confirmed",
        case_id,
        "confirmed",
    )
    assert "63A12345" not in content.decode()
    timestamp = int(headers["webhook-timestamp"])
    expected = signature(told["secret"], message=headers["webhook-id"], timestamp=timestamp, content=content)
    assert headers["webhook-signature"] == expected
    assert timestamp == int(service.clock.now.timestamp())
    other = signature("whsec_AAAA", message=headers["webhook-id"], timestamp=timestamp, content=content)
    assert headers["webhook-signature"] != other
    assert deliver(service) == (0, 0)


def test_the_signature_is_the_one_of_the_standard() -> None:
    """The example of the Standard Webhooks specification's own libraries."""
    found = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1_614_265_330,
        content=b'{"test": 2432232314}',
    )
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_was_undone_is_told_to_nobody(
    service: Service, told: dict[str, Any], receiver: Receiver
) -> None:
    case_id = service.new_case()
    act(service, case_id, "claim")
    assert act(service, case_id, "reject", reason="no reason").status_code == 400
    assert deliver(service) == (0, 0)
    act(service, case_id, "reject", reason="test")
    assert deliver(service) == (1, 0)


def test_what_is_not_taken_is_sent_again_with_longer_pauses(
    service: Service, told: dict[str, Any], receiver: Receiver
) -> None:
    confirmed(service)
    receiver.status = 500
    for attempt in range(1, 5):
        assert deliver(service) == (0, 1)
        service.clock.now += pause_after(attempt) - timedelta(seconds=1)
        assert deliver(service) == (0, 0)
        service.clock.now += timedelta(seconds=1)
    receiver.status = 204
    assert deliver(service) == (1, 0)
    bodies = {content for _, content in receiver.came}
    assert (len(receiver.came), len(bodies)) == (5, 1)
    assert len({headers["webhook-id"] for headers, _ in receiver.came}) == 1
    way = f"/api/v1/webhooks/{told['id']}/deliveries"
    (delivery,) = service.client("integrator").get(way).json()["deliveries"]
    assert (delivery["outcome"], delivery["attempts"], delivery["last_error"]) == ("delivered", 5, None)


def test_a_message_is_given_up_in_the_end_and_can_be_sent_again_by_hand(
    service: Service, told: dict[str, Any], receiver: Receiver
) -> None:
    confirmed(service)
    receiver.status = 404
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert deliver(service) == (0, 1)
        service.clock.now += pause_after(attempt)
    assert deliver(service) == (0, 0)
    way = f"/api/v1/webhooks/{told['id']}/deliveries"
    keeper = service.client("integrator")
    (delivery,) = keeper.get(way).json()["deliveries"]
    assert (delivery["outcome"], delivery["last_error"]) == ("given_up", "answered 404")
    receiver.status = 200
    assert keeper.post(f"{way}/{delivery['id']}/again").json()["outcome"] == "waiting"
    assert deliver(service) == (1, 0)
    assert keeper.post(f"{way}/{delivery['id']}/again").status_code == 409


def test_a_redirect_is_no_receipt_and_is_not_followed(
    service: Service, told: dict[str, Any], receiver: Receiver
) -> None:
    confirmed(service)
    receiver.status = 302
    assert deliver(service) == (0, 1)
    assert len(receiver.came) == 1


def test_a_webhook_hears_its_topics_from_now_on(service: Service, receiver: Receiver) -> None:
    service.record.settings.local_webhooks = True
    confirmed(service)
    service.clock.advance(seconds=1)
    body = {"url": receiver.url, "topics": ["case.decision"]}
    hook = service.client("integrator").post("/api/v1/webhooks", json=body).json()
    case_id = confirmed(service, 2)
    assert deliver(service) == (0, 0)
    act(service, case_id, "fine", amount_vnd=None)
    assert deliver(service) == (1, 0)
    service.client("admin").delete(f"/api/v1/webhooks/{hook['id']}")
    act(service, confirmed(service, 3), "fine", amount_vnd=None)
    assert deliver(service) == (0, 0)
    assert len(receiver.came) == 1


@pytest.mark.parametrize(
    "url",
    ["ftp://x.example/", "https://", "https://user:secret@x.example/", "http://127.0.0.1/", "http://[::1]/", "http://0/",
     "http://169.254.169.254/latest", "http://localhost:8000/", "http://[::ffff:127.0.0.1]/", "http://[bad/"],
)  # fmt: skip
def test_a_webhook_does_not_lead_to_this_machine(url: str, service: Service) -> None:
    body = {"url": url, "topics": ["case.confirmed"]}
    assert service.client("integrator").post("/api/v1/webhooks", json=body).status_code == 400


def test_a_name_that_leads_to_this_machine_later_gets_nothing(
    service: Service, told: dict[str, Any], receiver: Receiver
) -> None:
    confirmed(service)
    service.record.settings.local_webhooks = False
    assert deliver(service) == (0, 1)
    assert receiver.came == []


@pytest.mark.parametrize("topics", [["case.detected"], ["everything"], ["case.confirmed", "x"]])
def test_a_topic_that_is_none_is_refused(topics: list[str], service: Service) -> None:
    body = {"url": "https://x.example/", "topics": topics}
    assert service.client("integrator").post("/api/v1/webhooks", json=body).status_code == 400


def test_a_webhooks_secret_is_shown_once_and_kept_encrypted(
    service: Service, told: dict[str, Any], session_here: Open
) -> None:
    listed = service.client("integrator").get("/api/v1/webhooks").text
    assert told["url"] in listed
    assert told["secret"] not in listed
    assert check_webhook_url("https://x.example/hook", local=False) is None  # type: ignore[func-returns-value]


def test_a_camera_that_falls_silent_is_told_once(
    service: Service, told: dict[str, Any], receiver: Receiver
) -> None:
    service.new_case()
    assert tell_camera_states(service.record, at=service.clock.now) == 2
    assert tell_camera_states(service.record, at=service.clock.now) == 0
    service.clock.advance(hours=25)
    assert tell_camera_states(service.record, at=service.clock.now) == 1
    deliver(service)
    states = [json.loads(content)["data"] for _, content in receiver.came]
    seen = {(each["camera_id"], each["was"], each["state"]) for each in states}
    assert seen == {
        ("le-loi", None, "sending"),
        ("far-away", None, "waiting"),
        ("le-loi", "sending", "quiet"),
    }


def test_old_messages_are_dropped_but_not_what_a_camera_said_last(
    service: Service, session_here: Open
) -> None:
    confirmed(service)
    tell_camera_states(service.record, at=service.clock.now)
    deliver(service)
    tidy(service.record, at=service.clock.now + timedelta(days=31))
    topics = session_here().scalars(select(OutboxMessage.topic)).all()
    assert topics == ["camera.state", "camera.state"]


def test_a_broker_gets_cases_and_keeps_the_state_of_cameras(service: Service, tmp_path: Path) -> None:
    with running_broker(tmp_path, free_port()) as url, broker_of(url, "city") as broker:  # type: ignore[union-attr]
        service.new_case(9)
        tell_camera_states(service.record, at=service.clock.now)
        assert deliver(service, broker) == (2, 0)
        came: Queue[tuple[str, dict[str, Any]]] = Queue()
        listener = mqtt.Client(CallbackAPIVersion.VERSION2)
        listener.username_pw_set(USER, PASSWORD)
        listener.on_message = lambda _c, _u, message: came.put((message.topic, json.loads(message.payload)))
        listener.on_connect = lambda client, *_: client.subscribe("city/#", qos=1)
        subscribed: Queue[bool] = Queue()
        listener.on_subscribe = lambda *_: subscribed.put(True)
        listener.connect("127.0.0.1", int(url.rsplit(":", 1)[1]))
        listener.loop_start()
        subscribed.get(timeout=30)
        kept = dict(came.get(timeout=30) for _ in range(2))
        assert kept["city/camera/le-loi/state"]["data"]["state"] == "sending"
        case_id = confirmed(service)
        assert deliver(service, broker) == (1, 0)
        topic, said = came.get(timeout=30)
        assert (topic, said["data"]["case_id"]) == ("city/case/confirmed", case_id)
        listener.disconnect()
        listener.loop_stop()


def test_a_broker_that_is_away_gets_everything_once_it_is_back(
    service: Service, tmp_path: Path, session_here: Open
) -> None:
    port = free_port()
    address = f"mqtt://{USER}:p%40ss@127.0.0.1:{port}"
    with Broker(address, prefix="city", client_id="ngatu") as broker:
        confirmed(service)
        assert deliver(service, broker) == (0, 1)
        service.clock.advance(seconds=10)
        with running_broker(tmp_path, port):
            assert deliver(service, broker) == (1, 0)
        confirmed(service, 2)
        assert deliver(service, broker) == (0, 1)
        service.clock.advance(seconds=10)
        with running_broker(tmp_path, port):
            assert deliver(service, broker) == (1, 0)
    assert session_here().scalar(select(func.count()).where(OutboxDelivery.outcome == "delivered")) == 2


@pytest.mark.parametrize("url", ["http://broker", "mqtt://", "broker:1883"])
def test_an_address_that_is_no_brokers_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="NGATU_MQTT_URL"):
        broker_of(url, "city")
    assert broker_of("", "city") is None
