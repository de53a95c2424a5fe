"""What the OpenAPI document says beyond the endpoints: problem documents, ways to sign in, bodies that are no JSON."""

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.idempotency import BY_CONTENT

PROBLEM = "application/problem+json"
EXAMPLES = Path(__file__).with_name("api_examples.json")
"""A body for each endpoint that takes one, by method and path."""
_REFUSAL = {"content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "Refused: `detail` says what, where and what to do", **_REFUSAL},
    "5XX": {"description": "The service cannot do it now; nothing was changed", **_REFUSAL},
}
"""Answers of every endpoint."""
_PROBLEM_SCHEMA = {
    "title": "Problem",
    "description": "RFC 9457",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
    "example": {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "another officer holds this case; take the next one",
    },
}
_WAYS_IN = {
    "session": {"type": "apiKey", "in": "cookie", "name": "ngatu_session"},
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token of a program: POST /api/v1/tokens makes one",
    },
    "worker": {"type": "http", "scheme": "bearer", "description": "The token of a video worker"},
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same request with the same key within a day is done once and answered as the first time",
    "schema": {"type": "string", "pattern": "^[!-~]{1,100}$"},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag as it was looked at; 412 when it was changed since",
    "schema": {"type": "string", "pattern": '^(W/)?"[0-9a-f]{1,64}"$'},
}
WITH_VERSION = (
    "/api/v1/cameras", "/api/v1/feeds/{camera_id}", "/api/v1/people/{name}", "/api/v1/people/{name}/password",
    "/api/v1/people/{name}/second-factor",
)  # fmt: skip
_SIGNED_IN: list[dict[str, list[str]]] = [{"session": [], "csrf": []}, {"token": []}]


def zip_body(description: str) -> dict[str, Any]:
    """The request body of an endpoint that takes a packet."""
    return _raw_body("application/zip", {"type": "string", "format": "binary"}, description)


def csv_body(description: str) -> dict[str, Any]:
    """The request body of an endpoint that takes a statement."""
    return _raw_body("text/csv", {"type": "string"}, description)


def describe(app: FastAPI) -> None:
    """Make the application's OpenAPI document a complete one."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(
                get_openapi(title=app.title, version=app.version, routes=app.routes)
            )
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _PROBLEM_SCHEMA
    components["securitySchemes"] = _WAYS_IN
    document["security"] = _SIGNED_IN
    examples = json.loads(EXAMPLES.read_bytes())
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if (method, path) in {("post", "/api/v1/session"), ("get", "/health"), ("get", "/metrics")}:
                operation["security"] = []
            if method == "post" and path not in BY_CONTENT:
                operation.setdefault("parameters", []).append(_KEY)
            if method != "get" and ("{case_id}" in path or path in WITH_VERSION):
                operation.setdefault("parameters", []).append(_IF_MATCH)
            _show_example(operation, examples.get(f"{method} {path}"))
            if (method, path) == ("post", "/api/v1/packets"):
                operation["security"] = [{"worker": []}]
    return document


def _show_example(operation: dict[str, Any], example: Any) -> None:
    """Put an example beside the schema of a body; some schemas have their own."""
    if example is not None:
        for content in operation["requestBody"]["content"].values():
            content["example"] = example


def _raw_body(media_type: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    content = {media_type: {"schema": schema}}
    return {"requestBody": {"required": True, "description": description, "content": content}}
