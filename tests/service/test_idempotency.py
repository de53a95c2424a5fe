"""The same POST twice is done once; an edit of what somebody else changed meanwhile is refused."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.database import transaction
from service.idempotency import HEADER, IdempotentAnswer, IdempotentRoute
from service.tables import AuditEntry, LedgerEntry, Person
from tests.service.conftest import Service
from tests.service.permissions import PREFIX, routes
from tests.service.test_concurrency import all_at_once
from tests.service.test_review import act

Open = Callable[[], Session]
PERSON = {"name": "Hoa", "role": "reviewer", "password": "four words for it"}
BY_CONTENT = {"/packets", "/payments/import", "/session"}
WORKERS = (f"{PREFIX}/assist/", f"{PREFIX}/watch/")
"""What video workers send names its job and its round, or says how things are now."""


def post(service: Service, path: str, body: dict[str, Any], key: str, role: str = "admin"):  # type: ignore[no-untyped-def]
    return service.client(role).post(f"{PREFIX}{path}", json=body, headers={HEADER: key})


def test_the_same_request_again_is_answered_as_the_first_time_and_done_once(
    service: Service, session_here: Open
) -> None:
    first, again = (post(service, "/people", PERSON, "k1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    session = session_here()
    assert session.scalar(select(func.count()).where(Person.name == "Hoa")) == 1
    added = (AuditEntry.action == "person_added", AuditEntry.subject == "Hoa")
    assert session.scalar(select(func.count()).where(*added)) == 1


def test_without_the_key_it_is_another_request(service: Service) -> None:
    assert post(service, "/people", PERSON, "k1").status_code == 201
    assert service.client("admin").post(f"{PREFIX}/people", json=PERSON).status_code == 409
    assert post(service, "/people", PERSON, "k2").status_code == 409


@pytest.mark.parametrize(
    ("path", "body"),
    [("/people", {**PERSON, "name": "Lan"}), ("/tokens", {"name": "x", "scopes": ["me:read"], "days": 1})],
)
def test_a_key_belongs_to_one_request(path: str, body: dict[str, Any], service: Service) -> None:
    assert post(service, "/people", PERSON, "k1").status_code == 201
    answer = post(service, path, body, "k1")
    assert (answer.status_code, "another request" in answer.json()["detail"]) == (422, True)


def test_a_key_belongs_to_one_person(service: Service) -> None:
    body = {"name": "x", "scopes": ["me:read"], "days": 1}
    tokens = {post(service, "/tokens", body, "k1", role).json()["token"] for role in ("admin", "auditor")}
    assert len(tokens) == 2


def test_a_refusal_is_not_kept(service: Service) -> None:
    assert post(service, "/people", {**PERSON, "password": "short"}, "k1").status_code == 400
    assert post(service, "/people", PERSON, "k1").status_code == 201


def test_an_answer_is_kept_for_a_day_and_encrypted(service: Service, session_here: Open) -> None:
    body = {"name": "x", "scopes": ["me:read"], "days": 1}
    first = post(service, "/tokens", body, "k1").json()["token"]
    kept = session_here().scalars(select(IdempotentAnswer)).one()
    assert first not in kept.body_encrypted
    service.clock.advance(hours=23, minutes=59)
    assert post(service, "/tokens", body, "k1").json()["token"] == first
    service.clock.advance(minutes=1)
    assert post(service, "/tokens", body, "k1").json()["token"] != first


@pytest.mark.parametrize("key", ["", " ", "k" * 101, "kéy"])
def test_a_key_that_is_none_is_refused(key: str, service: Service) -> None:
    answer = service.client("admin").post(f"{PREFIX}/people", json=PERSON, headers={HEADER: key.encode()})
    assert answer.status_code == 400


def test_a_payment_sent_many_times_at_once_with_a_key_is_booked_once(committed: Service) -> None:
    case_id = committed.new_case()
    for what in ("claim", "confirm"):
        act(committed, case_id, what)
    act(committed, case_id, "fine", amount_vnd=None)
    body = {"amount_vnd": 1_000_000, "reference": "A"}

    def send() -> int:
        return int(post(committed, f"/cases/{case_id}/payments", body, "k1", "reviewer").status_code)

    answers = all_at_once([send] * 4)
    assert set(answers) <= {201, 409}
    assert answers[201] >= 1
    assert send() == 201, "who was refused asks again and gets the first answer"
    with transaction(committed.record.engine) as session:
        assert session.scalar(select(func.count()).where(LedgerEntry.kind == "payment")) == 1
        assert session.scalar(select(func.count()).select_from(IdempotentAnswer)) == 1


def test_an_endpoint_that_waits_for_others_keeps_its_answer_too(service: Service) -> None:
    case_id = service.new_case()
    act(service, case_id, "claim")
    act(service, case_id, "confirm")
    body = {"reason": "notice to the owner"}
    answers = [post(service, f"/cases/{case_id}/owner", body, "k1", "reviewer") for _ in range(2)]
    assert Counter(answer.status_code for answer in answers) == {503: 2}, (
        "no registry is set: nothing is kept"
    )


def test_every_post_takes_a_key_or_is_known_again_by_its_bytes(service: Service) -> None:
    for route in routes(service.app):
        if "POST" in (route.methods or ()) and route.path.startswith(PREFIX):
            taken = isinstance(route, IdempotentRoute)
            by_content = route.path.removeprefix(PREFIX) in BY_CONTENT or route.path.startswith(WORKERS)
            assert taken or by_content, route.path


def versioned(service: Service, case_id: int, what: str, tag: str, **body: Any):  # type: ignore[no-untyped-def]
    client = service.client("reviewer")
    return client.post(f"{PREFIX}/cases/{case_id}/{what}", json=body or None, headers={"If-Match": tag})


def test_a_case_is_changed_only_as_it_was_looked_at(service: Service) -> None:
    case_id = service.new_case()
    act(service, case_id, "claim")
    seen = service.client("reviewer").get(f"{PREFIX}/cases/{case_id}").headers["etag"]
    assert seen == '"2"'
    changed = versioned(service, case_id, "plate", seen, plate="63A99999")
    assert (changed.status_code, changed.headers["etag"]) == (200, '"3"')
    late = versioned(service, case_id, "confirm", seen)
    assert (late.status_code, "load it again" in late.json()["detail"]) == (412, True)
    assert versioned(service, case_id, "confirm", "*").status_code == 200


@pytest.mark.parametrize("tag", ["3", '"x"', '"1", "2"', ""])
def test_a_tag_that_is_none_is_refused(tag: str, service: Service) -> None:
    assert versioned(service, service.new_case(), "claim", tag).status_code == 400


def test_answers_that_nobody_asks_for_again_are_dropped(service: Service, session_here: Open) -> None:
    from service.publishing.delivering import tidy

    post(service, "/people", PERSON, "k1")
    session = session_here()
    for hours, kept in ((23, 1), (24, 0)):
        tidy(service.record, at=service.clock.now + timedelta(hours=hours))
        assert session.scalar(select(func.count()).select_from(IdempotentAnswer)) == kept
        session.rollback()
