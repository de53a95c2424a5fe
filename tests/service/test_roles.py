"""Every endpoint × every role is allowed or refused as the table says. An endpoint that is not in it fails the test."""

import pytest

from service.door import CSRF_HEADER, SAFE_METHODS
from tests.service.conftest import Service
from tests.service.permissions import ALL, ALLOWED, OPEN_TO_ALL, address, endpoints

FOR_WORKERS = ("/packets", "/assist/", "/watch/")
"""They have tokens of their own; nobody who is signed in stands in for them."""


def test_the_table_names_every_endpoint(service: Service) -> None:
    assert set(endpoints(service.app)) == set(ALLOWED) | OPEN_TO_ALL


@pytest.mark.parametrize(("method", "path"), sorted(ALLOWED), ids=str)
def test_only_the_roles_of_the_table_may(method: str, path: str, service: Service) -> None:
    allowed, body = ALLOWED[(method, path)]
    url = address(path, service.new_case())
    nobody = service.client().request(method, url, json=body)
    assert nobody.status_code == 401, nobody.text
    for role in sorted(ALL - allowed):
        answer = service.client(role).request(method, url, json=body)
        assert answer.status_code == (401 if path.startswith(FOR_WORKERS) else 403), (role, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    for role in sorted(allowed):
        answer = service.client(role).request(method, url, json=body)
        assert answer.status_code not in {401, 403, 422}, (role, answer.text)
        assert answer.status_code < 500, (role, answer.text)


@pytest.mark.parametrize(
    ("method", "path"),
    sorted(key for key, (roles, _) in ALLOWED.items() if key[0] not in SAFE_METHODS and roles),
    ids=str,
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
