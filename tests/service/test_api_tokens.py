"""API tokens of programs: narrower than their person, for a time, kept as digests."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from service.accounts import token_use
from service.accounts.tables import ApiToken
from service.accounts.tokens import TokenUse
from service.tables import AuditEntry
from tests.service.conftest import Service, camera_file

Open = Callable[[], Session]
CAMERA = camera_file("new-camera").model_dump(mode="json", by_alias=True)


def new_token(service: Service, role: str, *scopes: str, days: int = 30) -> dict[str, Any]:
    body = {"name": "camera sync", "scopes": list(scopes), "days": days}
    answer = service.client(role).post("/api/v1/tokens", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def program(service: Service, token: str) -> TestClient:
    client = service.client()
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def test_a_program_does_what_scope_and_role_both_allow(service: Service, session_here: Open) -> None:
    token = new_token(service, "integrator", "cameras:read", "cameras:write", "cases:read")
    client = program(service, token["token"])
    assert client.get("/api/v1/cameras").status_code == 200
    assert client.post("/api/v1/cameras", json=CAMERA).status_code == 201, (
        "no CSRF token: no browser sends this"
    )
    assert client.get("/api/v1/cases").status_code == 403, (
        "the scope allows it, the integrator's role does not"
    )
    assert client.get("/api/v1/workers").status_code == 403, "the role allows it, the scope does not"
    entry = (
        session_here().scalars(select(AuditEntry).where(AuditEntry.action == "camera_registered")).all()[-1]
    )
    assert entry.who == f"integrator (token {token['id']})"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/tokens", {"name": "x", "scopes": ["me:read"], "days": 1}),
        ("GET", "/people", None),
        ("POST", "/people", {"name": "x", "role": "admin", "password": "four words for it"}),
        ("POST", "/me/password", {"old": "x", "new": "four words for it"}),
        ("POST", "/cases/1/claim", None),
        ("DELETE", "/session", None),
    ],
)
def test_some_things_no_program_does(
    method: str, path: str, body: dict[str, Any] | None, service: Service
) -> None:
    for role in ("admin", "supervisor"):
        token = new_token(service, role, "cases:read", "me:read", "workers:write")
        answer = program(service, token["token"]).request(method, f"/api/v1{path}", json=body)
        assert (answer.status_code, "scope" in answer.json()["detail"]) == (403, True), answer.text


def test_a_token_ends_on_its_day_and_when_it_is_revoked(service: Service) -> None:
    first, second = (new_token(service, "integrator", "cameras:read", days=2) for _ in range(2))
    service.client("integrator").delete(f"/api/v1/tokens/{first['id']}")
    assert program(service, first["token"]).get("/api/v1/cameras").status_code == 401
    assert program(service, second["token"]).get("/api/v1/cameras").status_code == 200
    service.clock.advance(days=2)
    assert program(service, second["token"]).get("/api/v1/cameras").status_code == 401


def test_a_token_ends_with_its_persons_account(service: Service) -> None:
    token = new_token(service, "other-reviewer", "cases:read")
    assert program(service, token["token"]).get("/api/v1/cases").status_code == 200
    service.client("admin").delete("/api/v1/people/other-reviewer")
    assert program(service, token["token"]).get("/api/v1/cases").status_code == 401


def test_a_token_is_shown_once_and_kept_as_a_digest(service: Service, session_here: Open) -> None:
    token = new_token(service, "integrator", "cameras:read")
    assert token["token"].startswith("ngatu_")
    listed = service.client("integrator").get("/api/v1/tokens")
    assert [each["id"] for each in listed.json()["tokens"]] == [token["id"]]
    assert token["token"] not in listed.text
    assert token["token"] not in session_here().scalars(select(ApiToken.token_sha256)).all()


def test_nobody_sees_or_revokes_the_tokens_of_others_but_an_administrator(service: Service) -> None:
    token = new_token(service, "integrator", "cameras:read")
    assert service.client("supervisor").get("/api/v1/tokens").json()["tokens"] == []
    assert service.client("supervisor").delete(f"/api/v1/tokens/{token['id']}").status_code == 404
    assert service.client("admin").delete(f"/api/v1/tokens/{token['id']}").status_code == 200


@pytest.mark.parametrize("change", [{"scopes": []}, {"scopes": ["cases:write"]}, {"scopes": ["everything"]}])
def test_a_scope_that_is_none_is_refused(change: dict[str, Any], service: Service) -> None:
    body = {"name": "x", "scopes": ["me:read"], "days": 1, **change}
    assert service.client("admin").post("/api/v1/tokens", json=body).status_code == 400


def last_used(service: Service, role: str) -> str | None:
    (listed,) = service.client(role).get("/api/v1/tokens").json()["tokens"]
    return str(listed["last_used_at"])[:19] if listed["last_used_at"] else None


@pytest.mark.parametrize(
    ("role", "scope", "path"),
    [
        ("integrator", "cameras:read", "/cameras"),
        ("supervisor", "cases:read", "/cases"),
        ("supervisor", "deadlines:read", "/deadlines"),
    ],
)
def test_the_last_use_is_noted_also_by_what_only_reads(
    role: str, scope: str, path: str, service: Service
) -> None:
    token = new_token(service, role, scope)
    assert last_used(service, role) is None
    service.clock.advance(hours=1)
    first = service.clock.now.isoformat()[:19]
    for _ in range(2):
        assert program(service, token["token"]).get(f"/api/v1{path}").status_code == 200
        service.clock.advance(minutes=4)
    assert last_used(service, role) == first
    program(service, token["token"]).get(f"/api/v1{path}")
    assert last_used(service, role) == service.clock.now.isoformat()[:19]


def test_programs_with_one_token_do_not_get_into_each_others_way(committed: Service) -> None:
    token = new_token(committed, "integrator", "feeds:write")["token"]
    together = Barrier(6)

    def post(number: int) -> int:
        body = {"name": f"Camera {number}", "main": f"rtsp://10.0.0.{number}/main"}
        client = program(committed, token)
        together.wait()
        return client.post("/api/v1/feeds", json=body).status_code

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(post, range(6))) == [201] * 6


def test_a_use_that_cannot_be_noted_spoils_no_answer(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = new_token(service, "integrator", "cameras:read")

    def full(session: Session, used: TokenUse) -> None:
        raise OperationalError("UPDATE", {}, Exception("the disk is full"))

    monkeypatch.setattr(token_use, "note_use", full)
    assert program(service, token["token"]).get("/api/v1/cameras").status_code == 200
    assert last_used(service, "integrator") is None


@pytest.mark.parametrize("token", ["", "ngatu_unknown", "Đ", "token of the worker"])
def test_what_is_no_api_token_opens_nothing(token: str, service: Service) -> None:
    client = service.client()
    headers = {"Authorization": f"Bearer {token}".encode()}
    assert client.get("/api/v1/cameras", headers=headers).status_code == 401
