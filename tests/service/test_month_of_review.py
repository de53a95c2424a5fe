"""Many officers at once over one queue, and a database that goes away: no case decided twice, nothing lost."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from threading import Barrier

import pytest
from sqlalchemy import func, select

from service.audit import first_broken_entry
from service.cases.moves import State
from service.database import transaction
from service.door import CSRF_HEADER, SESSION_COOKIE
from service.people import digest
from service.tables import AuditEntry, Case, LedgerEntry, Person, SignIn
from tests.service.conftest import BEGIN, CSRF, Service, build, prepare
from tests.service.packets import packet_of, sealed, zip_of
from tests.service.postgres_server import PostgresServer, temporary_server
from tests.service.test_review import act

OFFICERS, CASES = 8, 40
"""The city's month is 40 officers and 50,000 cases; what can go wrong between two goes wrong between eight."""


def hire(service: Service) -> list[str]:
    """Officers who are signed in; the tokens of their sessions."""
    tokens = []
    with transaction(service.record.engine) as session:
        password_hash = session.scalars(select(Person.password_hash)).first()
        for number in range(OFFICERS):
            person = Person(
                name=f"officer {number}",
                role="reviewer",
                password_hash=password_hash,
                failures=0,
                active=True,
            )
            session.add(person)
            session.flush()
            tokens.append(f"token of officer {number}")
            row = SignIn(
                token_sha256=digest(tokens[-1]),
                person_id=person.id,
                csrf=CSRF,
                expires_at=BEGIN.replace(year=2030),
            )
            session.add(row)
    return tokens


def work(service: Service, token: str, case_ids: list[int], start: Barrier) -> Counter[str]:
    """One officer's way through the queue in an order of their own; what they did and what they were refused."""
    client, chance, done = service.client(), Random(token), Counter[str]()
    client.cookies.set(SESSION_COOKIE, token)
    client.headers[CSRF_HEADER] = CSRF
    start.wait(timeout=60)
    for case_id in chance.sample(case_ids, len(case_ids)):
        way = f"/api/v1/cases/{case_id}"
        claimed = client.post(f"{way}/claim")
        assert claimed.status_code in {200, 409}, claimed.text
        if claimed.status_code == 409:
            done["taken by another"] += 1
            continue
        tag = {"If-Match": claimed.headers["etag"]}
        plate = client.post(f"{way}/plate", json={"plate": f"63A{case_id:05d}"}, headers=tag)
        assert plate.status_code == 200, plate.text
        if chance.random() < 0.5:
            decided = client.post(f"{way}/confirm", headers={"If-Match": plate.headers["etag"]})
        else:
            decided = client.post(f"{way}/reject", json={"reason": "test"})
        assert decided.status_code == 200, decided.text
        done["decided"] += 1
    return done


def test_no_case_is_decided_twice_and_no_edit_is_lost(committed: Service) -> None:
    case_ids = [committed.new_case(number) for number in range(1, CASES + 1)]
    tokens, start = hire(committed), Barrier(OFFICERS)
    with ThreadPoolExecutor(OFFICERS) as pool:
        done = list(pool.map(lambda token: work(committed, token, case_ids, start), tokens))
    assert sum(each["decided"] for each in done) == CASES
    assert sum(each["taken by another"] for each in done) == CASES * (OFFICERS - 1)
    with transaction(committed.record.engine) as session:
        cases = session.scalars(select(Case)).all()
        assert {case.state for case in cases} <= {State.CONFIRMED, State.REJECTED}
        assert all(case.plate_officer == f"63A{case.id:05d}" for case in cases)
        made = Counter(
            session.scalars(select(AuditEntry.subject).where(AuditEntry.action.in_(["confirm", "reject"])))
        )
        assert (len(made), set(made.values())) == (CASES, {1})
        assert first_broken_entry(session) is None


def test_of_two_edits_of_the_same_look_one_is_refused(committed: Service) -> None:
    case_id = committed.new_case()
    tag = act(committed, case_id, "claim").headers["etag"]
    start = Barrier(2)

    def edit(plate: str) -> int:
        client = committed.client("reviewer")
        start.wait(timeout=60)
        body, headers = {"plate": plate}, {"If-Match": tag}
        return client.post(f"/api/v1/cases/{case_id}/plate", json=body, headers=headers).status_code

    plates = ["63A11111", "63A22222"]
    with ThreadPoolExecutor(2) as pool:
        answers = dict(zip(plates, pool.map(edit, plates), strict=True))
    assert sorted(answers.values())[0] == 200
    assert sorted(answers.values())[1] in {409, 412}
    with transaction(committed.record.engine) as session:
        kept = session.get_one(Case, case_id).plate_officer
    assert answers[str(kept)] == 200


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[tuple[Service, PostgresServer]]:
    """A service on a PostgreSQL server of its own, which the test may stop."""
    with temporary_server() as server:
        engine = prepare(server.new_database())
        yield build(engine, tmp_path), server
        engine.dispose()


def test_a_database_that_was_gone_for_a_while_costs_nothing(fragile: tuple[Service, PostgresServer]) -> None:
    service, server = fragile
    case_id = service.new_case()
    act(service, case_id, "claim")
    packet, key = zip_of(sealed(packet_of(2))), {"Idempotency-Key": "k1"}
    officer = service.client("reviewer")
    server.stop()
    for answer in (
        service.send(packet),
        officer.post(f"/api/v1/cases/{case_id}/confirm", headers=key),
        officer.get(f"/api/v1/cases/{case_id}"),
        service.client().get("/health"),
        service.client().post("/api/v1/session", json={"name": "first", "password": "x"}),
    ):
        assert answer.status_code == 503, answer.text
        assert "nothing was changed" in answer.json()["detail"]
    server.start()
    assert service.client().get("/health").status_code == 200
    assert service.send(packet).status_code == 201
    assert officer.post(f"/api/v1/cases/{case_id}/confirm", headers=key).status_code == 200
    assert officer.post(f"/api/v1/cases/{case_id}/confirm", headers=key).status_code == 200
    with transaction(service.record.engine) as session:
        assert session.scalar(select(func.count(Case.id))) == 2
        assert session.scalar(select(func.count()).where(AuditEntry.action == "confirm")) == 1
        assert session.scalar(select(func.count(LedgerEntry.id))) == 0
        assert first_broken_entry(session) is None


def test_who_finds_every_connection_taken_is_asked_to_try_again(
    committed: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = committed.new_case()
    engine = committed.record.engine
    pool = engine.pool
    monkeypatch.setattr(pool, "_timeout", 0.1)
    taken = [engine.connect() for _ in range(pool.size() + pool._max_overflow)]
    try:
        answer = act(committed, case_id, "claim")
    finally:
        for connection in taken:
            connection.close()
    assert (answer.status_code, "nothing was changed" in answer.json()["detail"]) == (503, True)
    assert act(committed, case_id, "claim").status_code == 200
