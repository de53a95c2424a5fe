"""The OpenAPI document shows how each endpoint is called: every body has an example, and the schema takes it."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from service.api_description import EXAMPLES
from tests.service.conftest import Service

WITHOUT = {("post", "/api/v1/packets")}
"""A zip is not shown as text; docs/evidence-format.md tells what is in it."""


@pytest.fixture
def document(service: Service) -> dict[str, Any]:
    found: dict[str, Any] = service.app.openapi()
    return found


def bodies(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method, path): content
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    }


def example_of(document: dict[str, Any], content: dict[str, Any]) -> Any:
    name = content["schema"].get("$ref", "").rpartition("/")[2]
    return content.get("example", document["components"]["schemas"].get(name, {}).get("example"))


def test_every_body_has_an_example_that_its_schema_takes(document: dict[str, Any]) -> None:
    found = bodies(document)
    assert len(found) > 40
    for key, content in found.items():
        if key in WITHOUT:
            continue
        example = example_of(document, content)
        assert example is not None, key
        schema = {**content["schema"], "components": document["components"]}
        assert [error.message for error in Draft202012Validator(schema).iter_errors(example)] == [], key


def test_no_example_is_left_over(document: dict[str, Any]) -> None:
    shown = {f"{method} {path}" for method, path in bodies(document)}
    assert sorted(set(json.loads(EXAMPLES.read_bytes())) - shown) == []
