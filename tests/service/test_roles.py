"""Who may use which endpoint: every endpoint × every role. An endpoint that is not in the table fails the test."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from service import api, deadlines_api, exports, office_api
from service.door import CSRF_HEADER, SAFE_METHODS
from service.owners import endpoints as owner_endpoints
from service.papers import endpoints as paper_endpoints
from service.payments import endpoints as payment_endpoints
from service.people import ROLES
from tests.service.conftest import Service, camera_file
from tests.service.packets import WORKER_KEY_ID, WORKER_PEM

READERS = {"reviewer", "supervisor", "auditor"}
OFFICERS = {"reviewer", "supervisor"}
KEEPERS = {"integrator", "admin"}
ALL = set(ROLES)
NOBODY: set[str] = set()
CAMERA = camera_file("new-camera").model_dump(mode="json", by_alias=True)

ALLOWED: dict[tuple[str, str], tuple[set[str], dict[str, Any] | None]] = {
    ("POST", "/packets"): (NOBODY, None),
    ("DELETE", "/session"): (ALL, None),
    ("GET", "/cases"): (READERS, None),
    ("GET", "/cases/{case_id}"): (READERS, None),
    ("GET", "/cases/{case_id}/evidence/{name}"): (READERS, None),
    ("POST", "/cases/{case_id}/claim"): (OFFICERS, None),
    ("POST", "/cases/{case_id}/release"): (OFFICERS, None),
    ("POST", "/cases/{case_id}/confirm"): (OFFICERS, None),
    ("POST", "/cases/{case_id}/reject"): (OFFICERS, {"reason": "test"}),
    ("POST", "/cases/{case_id}/undo"): (OFFICERS, None),
    ("POST", "/cases/{case_id}/plate"): (OFFICERS, {"plate": "63A12345"}),
    ("POST", "/cases/{case_id}/fine"): (OFFICERS, {}),
    ("POST", "/cases/{case_id}/payments"): (OFFICERS, {"amount_vnd": 1, "reference": "A"}),
    ("POST", "/cases/{case_id}/refunds"): ({"supervisor"}, {"amount_vnd": 1, "reference": "A"}),
    ("POST", "/cases/{case_id}/moves"): ({"supervisor"}, {"move": "cancel", "why": "x"}),
    ("GET", "/cases/{case_id}/owner"): (OFFICERS, None),
    ("POST", "/cases/{case_id}/owner"): (OFFICERS, {"reason": "notice to the owner"}),
    ("POST", "/cases/{case_id}/notice"): (OFFICERS, {}),
    ("POST", "/cases/{case_id}/decision-draft"): (OFFICERS, {}),
    ("GET", "/cases/{case_id}/papers"): (READERS, None),
    ("GET", "/papers"): (READERS, None),
    ("GET", "/papers/{paper_id}/pdf"): (OFFICERS, None),
    ("POST", "/papers/batch"): (OFFICERS, {"paper_ids": [1]}),
    ("POST", "/papers/{paper_id}/cancel"): ({"supervisor"}, {"why": "wrong address"}),
    ("GET", "/figures"): (READERS | {"admin"}, None),
    ("GET", "/me"): (ALL, None),
    ("GET", "/people"): ({"admin"}, None),
    ("POST", "/people"): ({"admin"}, {"name": "new", "role": "reviewer", "password": "long enough it is"}),
    ("DELETE", "/people/{name}"): ({"admin"}, None),
    ("GET", "/workers"): (KEEPERS, None),
    ("POST", "/workers"): (KEEPERS, {"name": "w", "key_id": WORKER_KEY_ID, "public_pem": WORKER_PEM}),
    ("DELETE", "/workers/{key_id}"): (KEEPERS, None),
    ("GET", "/cameras"): (ALL, None),
    ("POST", "/cameras"): (KEEPERS, CAMERA),
    ("GET", "/audit"): ({"auditor", "supervisor"}, None),
    ("GET", "/audit/check"): ({"auditor"}, None),
    ("GET", "/cases/export"): (READERS, None),
    ("GET", "/deadlines"): (READERS, None),
    ("POST", "/cases/{case_id}/corrections"): ({"supervisor"}, {"amount_vnd": 18_000_000, "why": "x"}),
    ("POST", "/payments/import"): ({"supervisor"}, None),
    ("GET", "/payments"): (READERS, None),
    ("GET", "/payments/export"): (READERS, None),
    ("POST", "/payments/{line_id}/assign"): ({"supervisor"}, {"case_id": 1, "why": "x"}),
    ("POST", "/payments/late-run"): ({"supervisor"}, None),
}
ROUTERS = (
    api.router,
    office_api.router,
    exports.router,
    payment_endpoints.router,
    deadlines_api.router,
    owner_endpoints.router,
    paper_endpoints.router,
)
OPEN_TO_ALL = {("POST", "/session")}
PARTS = {"{name}": "plate.jpg", "{key_id}": WORKER_KEY_ID, "{line_id}": "1", "{paper_id}": "1"}


def endpoints() -> Iterator[tuple[str, str]]:
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for method in route.methods:
                yield method, route.path.removeprefix("/api/v1")


def address(path: str, case_id: int) -> str:
    for part, value in PARTS.items():
        path = path.replace(part, value)
    query = "?from_on=2026-01-01&to_on=2026-01-02" if path == "/figures" else ""
    return f"/api/v1{path.replace('{case_id}', str(case_id))}{query}"


def test_the_table_names_every_endpoint() -> None:
    assert set(endpoints()) == set(ALLOWED) | OPEN_TO_ALL


@pytest.mark.parametrize(("method", "path"), sorted(ALLOWED), ids=" ".join)
def test_only_the_roles_of_the_table_may(method: str, path: str, service: Service) -> None:
    allowed, body = ALLOWED[(method, path)]
    url = address(path, service.new_case())
    nobody = service.client().request(method, url, json=body)
    assert nobody.status_code == 401, nobody.text
    for role in sorted(ALL - allowed):
        answer = service.client(role).request(method, url, json=body)
        assert answer.status_code == (401 if path == "/packets" else 403), (role, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    for role in sorted(allowed):
        answer = service.client(role).request(method, url, json=body)
        assert answer.status_code not in {401, 403, 422}, (role, answer.text)
        assert answer.status_code < 500, (role, answer.text)


@pytest.mark.parametrize(
    ("method", "path"),
    sorted(key for key, (roles, _) in ALLOWED.items() if key[0] not in SAFE_METHODS and roles),
    ids=" ".join,
)
@pytest.mark.parametrize("token", [None, "wrong", "Đ"])
def test_no_change_without_the_csrf_token(
    method: str, path: str, token: str | None, service: Service
) -> None:
    allowed, body = ALLOWED[(method, path)]
    client = service.client(sorted(allowed)[0])
    del client.headers[CSRF_HEADER]
    headers = {CSRF_HEADER: token.encode()} if token else {}
    answer = client.request(method, address(path, service.new_case()), json=body, headers=headers)
    assert answer.status_code == 403
    assert CSRF_HEADER in answer.json()["detail"]
