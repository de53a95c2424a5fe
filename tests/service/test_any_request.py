"""Schemathesis over every endpoint: requests that fit the OpenAPI document and requests against it; none gets a 5xx."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine

from service.api_description import PROBLEM
from service.door import CSRF_HEADER
from tests.service.conftest import WORKER_TOKEN, Service, build
from tests.service.permissions import ALLOWED, OPEN_TO_ALL, PREFIX

EXAMPLES = 12
SEED = 20261125
schemathesis.serializer.alias("application/zip", "application/octet-stream")
FROM_THE_WIRE = (response_schema_conformance, content_type_conformance, status_code_conformance)
REAL = {"name": "plate.jpg", "camera_id": "le-loi"}
"""What is there, put in place of what was made up in every second request, so that it gets past "not found"."""

WITHOUT_INPUT = {("DELETE", "/session"), ("GET", "/me"), ("GET", "/audit/check")}
WITH_INPUT = {*ALLOWED, *OPEN_TO_ALL} - WITHOUT_INPUT


@pytest.fixture(scope="module")
def busy_service(shared_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with cases in several states; what the requests change is rolled back at the end."""
    with shared_engine.connect() as connection:
        outer = connection.begin()
        service = build(connection, Path(tmp_path_factory.mktemp("busy")))
        officer = service.client("reviewer")
        for number in range(1, 5):
            case_id = service.new_case(number)
            for move in ("claim", "confirm", "fine")[: number - 1]:
                body = {"without_notice": "the owner came"} if move == "fine" else {}
                officer.post(f"{PREFIX}/cases/{case_id}/{move}", json=body)
        yield service
        outer.rollback()


def client_for(service: Service, method: str, path: str) -> TestClient:
    """A browser of somebody who may use the endpoint, so that requests are refused for what they say."""
    roles, _ = ALLOWED.get((method, path), (set(), None))
    client = service.client(sorted(roles)[-1] if roles else None)
    if path == "/packets":
        client.headers["Authorization"] = f"Bearer {WORKER_TOKEN}"
    client._transport.raise_server_exceptions = False  # type: ignore[attr-defined]
    return client


def with_real_parts(parts: dict[str, Any], turn: int) -> dict[str, Any]:
    """Every second time the path's parts name what is there."""
    if turn % 2:
        return parts
    numbers = range(1, 5)
    there = {**REAL, "case_id": numbers[turn // 2 % 4], "paper_id": 1, "line_id": 1}
    return {name: there.get(name, value) for name, value in parts.items()}


def sent_by(case: Any) -> dict[str, Any]:
    """The request without made-up ways to sign in: the client is signed in already."""
    sent = case.as_transport_kwargs()
    del sent["cookies"]
    if "data" in sent:
        sent["content"] = sent.pop("data")  # httpx calls raw bytes so
    ways_in = {CSRF_HEADER.lower(), "authorization", "cookie"}
    sent["headers"] = {name: value for name, value in sent["headers"].items() if name.lower() not in ways_in}
    return dict(sent)


def check_answer(case: Any, answer: httpx.Response) -> None:
    """Below 500, what the document says, and a problem document where it is a refusal; a drawing lists its faults."""
    said = (
        f"{case.method} {case.formatted_path} {case.body!r:.300} → {answer.status_code} {answer.text[:300]}"
    )
    assert answer.status_code < 500, said
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == PROBLEM, said
        assert {"type", "title", "status", "detail"} == set(answer.json()) - {"problems"}, said
        return
    case.validate_response(answer, checks=list(FROM_THE_WIRE))


def ask_often(service: Service, method: str, path: str, mode: GenerationMode) -> None:
    """Put requests made up from the document to one endpoint."""
    operation = schemathesis.openapi.from_dict(service.app.openapi())[PREFIX + path][method]
    client, turns = client_for(service, method, path), count()

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        case.path_parameters = with_real_parts(case.path_parameters, next(turns))
        check_answer(case, client.request(**sent_by(case)))

    ask()


@pytest.mark.parametrize(("method", "path"), sorted({*ALLOWED, *OPEN_TO_ALL}), ids=str)
def test_requests_as_documented_are_never_answered_with_a_fault(
    method: str, path: str, busy_service: Service
) -> None:
    ask_often(busy_service, method, path, GenerationMode.POSITIVE)


@pytest.mark.parametrize(("method", "path"), sorted(WITH_INPUT), ids=str)
def test_requests_against_the_document_are_never_answered_with_a_fault(
    method: str, path: str, busy_service: Service
) -> None:
    ask_often(busy_service, method, path, GenerationMode.NEGATIVE)
