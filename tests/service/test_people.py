"""Signing in, lock-out, accounts, workers and cameras through the interface."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.accounts.signing_in import MOST_FAILURES
from service.door import CSRF_HEADER, SESSION_COOKIE
from service.tables import CameraRow, Person, SignIn, Worker
from tests.service.conftest import PASSWORD, Service, camera_file
from tests.service.packets import OTHER_KEY, WORKER_KEY_ID, WORKER_PEM, packet_of, sealed, zip_of

Open = Callable[[], Session]


def sign_in(service: Service, name: str = "first", password: str = PASSWORD):  # type: ignore[no-untyped-def]
    client = service.client()
    return client, client.post("/api/v1/session", json={"name": name, "password": password})


def test_signing_in_gives_a_cookie_that_no_script_and_no_other_site_can_use(service: Service) -> None:
    client, answer = sign_in(service)
    assert answer.status_code == 201
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    me = client.get("/api/v1/me").json()
    assert (me["name"], me["role"], me["ward"], me["second_factor"]) == ("first", "admin", None, False)
    gone = client.delete("/api/v1/session", headers={CSRF_HEADER: answer.json()["csrf"]})
    assert gone.status_code == 204
    assert client.get("/api/v1/me").status_code == 401


def test_a_cookie_over_https_is_marked_so(service: Service) -> None:
    service.record.settings.secure_cookies = True
    assert "secure" in sign_in(service)[1].headers["set-cookie"].lower()


def test_nothing_that_opens_the_record_is_kept_in_clear(service: Service, session_here: Open) -> None:
    client, _ = sign_in(service)
    session = session_here()
    token = client.cookies[SESSION_COOKIE]
    assert token not in session.scalars(select(SignIn.token_sha256)).all()
    stored = session.scalars(select(Person.password_hash)).all()
    assert all(text.startswith("$argon2id$") and PASSWORD not in text for text in stored)


def test_a_session_ends(service: Service) -> None:
    client, _ = sign_in(service)
    service.clock.advance(hours=9, minutes=59)
    assert client.get("/api/v1/me").status_code == 200
    service.clock.advance(minutes=1)
    assert client.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("name", ["first", "nobody of this name"])
def test_a_wrong_name_and_a_wrong_password_are_answered_alike(name: str, service: Service) -> None:
    _, answer = sign_in(service, name, "not the password")
    assert answer.status_code == 401
    assert answer.json()["detail"].startswith("name or password is wrong")


def test_wrong_tries_lock_the_account_for_a_while(service: Service) -> None:
    for _ in range(MOST_FAILURES):
        assert sign_in(service, password="wrong wrong wrong")[1].status_code == 401
    assert sign_in(service)[1].status_code == 401
    service.clock.advance(minutes=14, seconds=59)
    assert sign_in(service)[1].status_code == 401
    service.clock.advance(seconds=2)
    assert sign_in(service)[1].status_code == 201


def test_a_right_password_forgives_earlier_tries(service: Service) -> None:
    for _ in range(3):
        for _ in range(MOST_FAILURES - 1):
            sign_in(service, password="wrong wrong wrong")
        assert sign_in(service)[1].status_code == 201


def test_a_closed_account_is_closed_at_once(service: Service) -> None:
    officer = service.client("other-reviewer")
    assert officer.get("/api/v1/me").status_code == 200
    closed = service.client("admin").delete("/api/v1/people/other-reviewer")
    assert (closed.status_code, closed.json()["active"]) == (200, False)
    assert officer.get("/api/v1/me").status_code == 401
    assert sign_in(service, "other-reviewer")[1].status_code == 401
    assert service.client("admin").delete("/api/v1/people/nobody").status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"role": "king"}, 400),
        ({"password": "short"}, 400),
        ({"name": " "}, 400),
        ({"name": "first"}, 409),
        ({"name": "n" * 101}, 422),
        ({"name": "a\0b"}, 422),
        ({"colour": "red"}, 422),
    ],
)
def test_an_account_that_cannot_be_is_refused(
    change: dict[str, str], status: int, service: Service, session_here: Open
) -> None:
    body = {"name": "Hoa", "role": "reviewer", "password": "a long password", **change}
    assert service.client("admin").post("/api/v1/people", json=body).status_code == status
    assert session_here().scalars(select(Person).where(Person.name == "Hoa")).first() is None


def test_a_new_account_can_be_used(service: Service) -> None:
    body = {"name": "Hoa", "role": "reviewer", "ward": "Phường 9", "password": "a long password"}
    assert service.client("admin").post("/api/v1/people", json=body).status_code == 201
    client, answer = sign_in(service, "Hoa", "a long password")
    assert answer.status_code == 201
    assert client.get("/api/v1/me").json()["ward"] == "Phường 9"
    names = [person["name"] for person in service.client("admin").get("/api/v1/people").json()]
    assert "Hoa" in names


def test_a_worker_gets_a_new_token_and_loses_the_old_one(service: Service) -> None:
    body = {"name": "w", "key_id": WORKER_KEY_ID, "public_pem": WORKER_PEM}
    token = service.client("integrator").post("/api/v1/workers", json=body).json()["token"]
    packet = zip_of(sealed(packet_of()))
    assert service.send(packet).status_code == 401
    assert service.send(packet, token).status_code == 201


def test_a_revoked_worker_cannot_come_back(service: Service, session_here: Open) -> None:
    integrator = service.client("integrator")
    assert integrator.delete(f"/api/v1/workers/{WORKER_KEY_ID}").status_code == 200
    assert service.send(zip_of(sealed(packet_of()))).status_code == 401
    body = {"name": "w", "key_id": WORKER_KEY_ID, "public_pem": WORKER_PEM}
    assert integrator.post("/api/v1/workers", json=body).status_code == 409
    assert session_here().get_one(Worker, WORKER_KEY_ID).revoked_at == service.clock.now
    assert integrator.delete("/api/v1/workers/0000000000000000").status_code == 404


@pytest.mark.parametrize("pem", ["hello", WORKER_PEM.replace("A", "B")])
def test_a_worker_key_that_is_none_is_refused(pem: str, service: Service) -> None:
    body = {"name": "w", "key_id": "0123456789abcdef", "public_pem": pem}
    assert service.client("integrator").post("/api/v1/workers", json=body).status_code == 400


def test_a_worker_key_must_be_the_one_it_says(service: Service) -> None:
    body = {"name": "w", "key_id": "0123456789abcdef", "public_pem": WORKER_PEM}
    answer = service.client("integrator").post("/api/v1/workers", json=body)
    assert (answer.status_code, "another one" in answer.json()["detail"]) == (400, True)
    assert OTHER_KEY.public_key() != WORKER_KEY_ID


def test_a_camera_is_registered_and_its_password_never_comes_back(
    service: Service, session_here: Open
) -> None:
    body = camera_file("new-camera").model_dump(mode="json", by_alias=True)
    integrator = service.client("integrator")
    answer = integrator.post("/api/v1/cameras", json=body)
    assert answer.status_code == 201, answer.text
    assert "s3cret" not in answer.text
    assert "sources" not in answer.text
    assert "s3cret" not in integrator.get("/api/v1/cameras").text
    row = session_here().get_one(CameraRow, "new-camera")
    assert "s3cret" not in row.sources_encrypted
    assert "s3cret" in service.record.secret.decrypt(row.sources_encrypted).decode()


@pytest.mark.parametrize("main", ["/etc/passwd", "file:///etc/passwd", "http://169.254.169.254/latest"])
def test_a_camera_source_is_an_rtsp_address(main: str, service: Service) -> None:
    body = camera_file("x").model_dump(mode="json", by_alias=True)
    body["sources"] = {"main": main, "sub": None}
    answer = service.client("integrator").post("/api/v1/cameras", json=body)
    assert (answer.status_code, main in answer.text) == (400, False)


def test_a_mistake_in_a_camera_does_not_echo_its_password(service: Service) -> None:
    body = camera_file("x").model_dump(mode="json", by_alias=True)
    body["sources"]["speed"] = "rtsp://eye:s3cret@x"
    answer = service.client("integrator").post("/api/v1/cameras", json=body)
    assert (answer.status_code, "s3cret" in answer.text) == (422, False)


def test_only_the_cameras_of_the_ward_are_shown(service: Service) -> None:
    ids = [camera["camera_id"] for camera in service.client("far-reviewer").get("/api/v1/cameras").json()]
    assert ids == ["far-away"]
