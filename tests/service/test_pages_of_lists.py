"""Every list is handed out in pages: followed from cursor to cursor, it shows everything once and in order."""

from typing import Any

import httpx
import pytest

from tests.service.conftest import Service, camera_file
from tests.service.permissions import ALLOWED, PREFIX, routes

BOUNDED = {
    "/cases/{case_id}/owner", "/cases/{case_id}/papers", "/figures", "/me", "/audit/check", "/patrols",
    "/cameras/{camera_id}/calibrations",
}  # fmt: skip
"""What belongs to one case or one camera, what is one thing, the newest open patrols."""


def followed(service: Service, role: str, path: str) -> list[Any]:
    """Everything of a list, one entry a page, by its Link headers."""
    client, found, way = service.client(role), [], f"{PREFIX}{path}?limit=1"
    while way:
        answer = client.get(way)
        assert answer.status_code == 200, answer.text
        found += answer.json()
        way = httpx.Response(200, headers=answer.headers).links.get("next", {}).get("url", "")
        assert len(found) < 100
    return found


@pytest.mark.parametrize(
    ("role", "path", "key"),
    [("admin", "/people", "name"), ("integrator", "/workers", "key_id"), ("admin", "/cameras", "camera_id")],
)
def test_a_list_is_followed_from_page_to_page(role: str, path: str, key: str, service: Service) -> None:
    body = {"name": "Nguyễn Thị Hoa", "role": "reviewer", "password": "four words for it"}
    service.client("admin").post(f"{PREFIX}/people", json=body)
    camera = camera_file("a-new-one").model_dump(mode="json", by_alias=True)
    service.client("integrator").post(f"{PREFIX}/cameras", json=camera)
    whole = service.client(role).get(f"{PREFIX}{path}").json()
    assert followed(service, role, path) == whole
    assert len({entry[key] for entry in whole}) == len(whole) > 0


def test_every_list_has_pages(service: Service) -> None:
    """By the document: an endpoint that answers with many takes a limit and a cursor."""
    document = service.app.openapi()["paths"]
    for method, path in sorted(ALLOWED):
        if method != "GET" or path in BOUNDED or path.endswith("/export"):
            continue
        operation = document[PREFIX + path]["get"]
        schema = (
            operation["responses"]["200"].get("content", {}).get("application/json", {}).get("schema", {})
        )
        if schema.get("type") == "array" or str(schema.get("$ref", "")).endswith("List"):
            names = {each["name"] for each in operation.get("parameters", [])}
            assert "limit" in names, path
            assert names & {"after", "after_id", "before_id", "cursor"}, path


@pytest.mark.parametrize("path", ["/cases/export", "/payments/export"])
def test_an_export_of_what_grows_is_streamed(path: str, service: Service) -> None:
    (route,) = [route for route in routes(service.app) if route.path == PREFIX + path]
    assert "StreamingResponse" in str(route.endpoint.__annotations__["return"])
