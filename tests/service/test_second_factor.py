"""The second factor: authenticator codes once each, recovery codes, and roles that cannot do without."""

from collections.abc import Callable

import pyotp
import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.accounts.signing_in import MOST_FAILURES
from service.accounts.tables import RecoveryCode
from service.door import CSRF_HEADER
from service.tables import Person
from tests.service.conftest import PASSWORD, Service

Open = Callable[[], Session]


def code_of(service: Service, secret: str, *, offset: int = 0) -> str:
    return pyotp.TOTP(secret).generate_otp(int(service.clock.now.timestamp()) // 30 + offset)


def enrol(service: Service, client: TestClient) -> tuple[str, list[str]]:
    """Secret and recovery codes of somebody who added a second factor."""
    begun = client.post("/api/v1/me/second-factor")
    assert begun.status_code == 201, begun.text
    secret = begun.json()["secret"]
    confirmed = client.post("/api/v1/me/second-factor/confirm", json={"code": code_of(service, secret)})
    assert confirmed.status_code == 200, confirmed.text
    return secret, confirmed.json()["codes"]


def sign_in(service: Service, code: str | None = None, name: str = "first") -> tuple[TestClient, Response]:
    client = service.client()
    body = {"name": name, "password": PASSWORD, **({"code": code} if code else {})}
    answer = client.post("/api/v1/session", json=body)
    if answer.status_code == 201:
        client.headers[CSRF_HEADER] = answer.json()["csrf"]
    return client, answer


@pytest.fixture
def enrolled(service: Service) -> tuple[Service, str, list[str]]:
    client, _ = sign_in(service)
    secret, codes = enrol(service, client)
    service.clock.advance(seconds=60)
    return service, secret, codes


def test_after_enrolment_the_password_alone_is_not_enough(enrolled: tuple[Service, str, list[str]]) -> None:
    service, secret, _ = enrolled
    without = sign_in(service)[1]
    assert (without.status_code, "a code is needed" in without.json()["detail"]) == (401, True)
    assert sign_in(service, "000000")[1].status_code == 401
    client, answer = sign_in(service, code_of(service, secret))
    assert answer.status_code == 201
    assert client.get("/api/v1/me").json()["second_factor"] is True


def test_a_code_counts_once_and_neither_before_nor_long_after_its_time(
    enrolled: tuple[Service, str, list[str]],
) -> None:
    service, secret, _ = enrolled
    assert sign_in(service, code_of(service, secret, offset=-2))[1].status_code == 401
    assert sign_in(service, code_of(service, secret, offset=3))[1].status_code == 401
    assert sign_in(service, code_of(service, secret, offset=-1))[1].status_code == 201
    assert sign_in(service, code_of(service, secret, offset=-1))[1].status_code == 401
    assert sign_in(service, code_of(service, secret))[1].status_code == 201


def test_a_recovery_code_stands_in_once(enrolled: tuple[Service, str, list[str]]) -> None:
    service, _, codes = enrolled
    assert (len(codes), len(set(codes))) == (10, 10)
    client, answer = sign_in(service, codes[3].upper())
    assert answer.status_code == 201
    assert client.get("/api/v1/me").json()["recovery_codes_left"] == 9
    assert sign_in(service, codes[3])[1].status_code == 401
    assert sign_in(service, codes[4])[1].status_code == 201


def test_wrong_codes_lock_out_as_wrong_passwords_do(enrolled: tuple[Service, str, list[str]]) -> None:
    service, secret, _ = enrolled
    for _ in range(MOST_FAILURES):
        assert sign_in(service, "000000")[1].status_code == 401
    assert sign_in(service, code_of(service, secret))[1].status_code == 401
    service.clock.advance(minutes=15, seconds=1)
    assert sign_in(service, code_of(service, secret))[1].status_code == 201


def test_neither_secret_nor_codes_are_kept_in_clear(
    enrolled: tuple[Service, str, list[str]], session_here: Open
) -> None:
    _, secret, codes = enrolled
    session = session_here()
    person = session.scalars(select(Person).where(Person.name == "first")).one()
    assert secret not in (person.totp_encrypted or "")
    assert not {*codes} & {*session.scalars(select(RecoveryCode.code_sha256))}


def test_a_role_that_must_have_one_can_do_nothing_else_before(service: Service) -> None:
    service.record.settings.second_factor_roles = frozenset({"admin"})
    client, answer = sign_in(service)
    assert answer.json()["must_enrol"] is True
    refused = client.get("/api/v1/people")
    assert (refused.status_code, "second factor" in refused.json()["detail"]) == (403, True)
    led = client.get("/people", follow_redirects=False)
    assert led.status_code in {303, 404}
    assert client.get("/figures", follow_redirects=False).headers["location"] == "/second-factor"
    enrol(service, client)
    assert client.get("/api/v1/people").status_code == 200


def test_a_second_factor_is_added_and_used_in_the_console(service: Service, session_here: Open) -> None:
    client, _ = sign_in(service)
    page = client.get("/second-factor")
    assert "<svg" in page.text
    person = session_here().scalars(select(Person).where(Person.name == "first")).one()
    secret = service.record.secret.decrypt((person.totp_encrypted or "").encode()).decode()
    assert secret in page.text
    assert client.post("/second-factor", data={"code": "1"}).status_code == 400
    done = client.post("/second-factor", data={"code": code_of(service, secret)})
    assert (done.status_code, done.text.count("<li><code>")) == (200, 10)
    service.clock.advance(seconds=60)
    other = service.client()
    form = {"name": "first", "password": PASSWORD}
    asked = other.post("/sign-in", data=form)
    assert (asked.status_code, 'name="code"' in asked.text) == (401, True)
    wrong = other.post("/sign-in", data={**form, "code": "1"})
    assert (wrong.status_code, 'name="code"' in wrong.text) == (401, True)
    right = other.post("/sign-in", data={**form, "code": code_of(service, secret)}, follow_redirects=False)
    assert right.status_code == 303


def test_a_page_of_another_site_adds_no_second_factor(service: Service) -> None:
    client, _ = sign_in(service)
    client.get("/second-factor")
    answer = client.post("/second-factor", data={"code": "1"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_an_administrator_takes_a_lost_second_factor_away(enrolled: tuple[Service, str, list[str]]) -> None:
    service, _, codes = enrolled
    client, _ = sign_in(service, codes[0])
    gone = service.client("admin").delete("/api/v1/people/first/second-factor")
    assert gone.status_code == 200
    assert client.get("/api/v1/me").status_code == 401, "sessions end"
    assert sign_in(service)[1].status_code == 201


def test_a_second_factor_in_force_is_not_replaced_by_whoever_holds_the_session(
    enrolled: tuple[Service, str, list[str]],
) -> None:
    service, _, codes = enrolled
    client, _ = sign_in(service, codes[0])
    assert client.post("/api/v1/me/second-factor").status_code == 409
    assert client.post("/api/v1/me/second-factor/confirm", json={"code": "1"}).status_code == 409


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "aaaaaaaaaaaa",
        "Matkhau123456",
        "password!2026",
        "1234512345",
        "i am first of all",
        "csgt 2026!!",
    ],
)
def test_a_password_that_is_tried_first_is_refused(password: str, service: Service) -> None:
    client, _ = sign_in(service)
    answer = client.post("/api/v1/me/password", json={"old": PASSWORD, "new": password})
    assert (answer.status_code, answer.json()["detail"][:9]) == (400, "password:")


def test_a_changed_password_ends_all_other_sessions(service: Service) -> None:
    (mine, _), (other, _) = sign_in(service), sign_in(service)
    assert (
        mine.post("/api/v1/me/password", json={"old": "wrong", "new": "four words for it"}).status_code == 400
    )
    body = {"old": PASSWORD, "new": "four words for it"}
    assert mine.post("/api/v1/me/password", json=body).status_code == 204
    assert (mine.get("/api/v1/me").status_code, other.get("/api/v1/me").status_code) == (200, 401)
    assert sign_in(service)[1].status_code == 401


def test_an_administrator_gives_a_new_password_and_lifts_a_lock_out(service: Service) -> None:
    for _ in range(MOST_FAILURES):
        service.client().post("/api/v1/session", json={"name": "first", "password": "wrong"})
    assert sign_in(service)[1].status_code == 401
    new = {"password": "four words for it"}
    assert service.client("admin").post("/api/v1/people/first/password", json=new).status_code == 200
    body = {"name": "first", "password": "four words for it"}
    assert service.client().post("/api/v1/session", json=body).status_code == 201
