"""Who may use which endpoint: the table that tests hold the whole interface against, and addresses for its rows."""

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from service.people import ROLES
from tests.service.conftest import camera_file
from tests.service.packets import WORKER_KEY_ID, WORKER_PEM

PREFIX = "/api/v1"
READERS = {"reviewer", "supervisor", "auditor"}
OFFICERS = {"reviewer", "supervisor"}
KEEPERS = {"integrator", "admin"}
ALL = set(ROLES)
NOBODY: set[str] = set()
CAMERA = camera_file("new-camera").model_dump(mode="json", by_alias=True)
RECORDED_AT = "2026-11-24T03:00:08Z"
MARK = {f"{name}_at": RECORDED_AT for name in ("in", "before", "crossing", "junction", "out")} | {
    "camera_id": "le-loi", "kind": "red_light", "vehicle_class": "car", "light": "red", "box": [0.1, 0.1, 0.2, 0.2],
}  # fmt: skip
PATROL = {
    "name": "Sáng",
    "camera_ids": ["le-loi"],
    "from_at": "2026-11-24T01:00:00Z",
    "until_at": "2026-11-24T03:00:00Z",
}

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
    ("POST", "/cases/{case_id}/decision-receipt"): (OFFICERS, {"received_on": "2026-11-24"}),
    ("POST", "/cases/{case_id}/moves"): ({"supervisor"}, {"move": "cancel", "why": "x"}),
    ("GET", "/cases/{case_id}/owner"): (OFFICERS, None),
    ("POST", "/cases/{case_id}/owner"): (OFFICERS, {"reason": "notice to the owner"}),
    ("POST", "/cases/{case_id}/notice"): (OFFICERS, {}),
    ("POST", "/cases/{case_id}/decision-draft"): (OFFICERS, {}),
    ("POST", "/cases/{case_id}/receipts"): (OFFICERS, {"entry_id": 10**6}),
    ("GET", "/cases/{case_id}/papers"): (READERS, None),
    ("GET", "/papers"): (READERS, None),
    ("GET", "/papers/{paper_id}/pdf"): (OFFICERS, None),
    ("POST", "/papers/batch"): (OFFICERS, {"paper_ids": [1]}),
    ("POST", "/papers/{paper_id}/cancel"): ({"supervisor"}, {"why": "wrong address"}),
    ("GET", "/figures"): (READERS | {"admin"}, None),
    ("GET", "/me"): (ALL, None),
    ("POST", "/me/password"): (ALL, {"old": "no", "new": "a new password"}),
    ("POST", "/me/second-factor"): (ALL, None),
    ("POST", "/me/second-factor/confirm"): (ALL, {"code": "1"}),
    ("GET", "/tokens"): (ALL, None),
    ("POST", "/tokens"): (ALL, {"name": "t", "scopes": ["me:read"], "days": 1}),
    ("DELETE", "/tokens/{token_id}"): (ALL, None),
    ("POST", "/people/{name}/password"): ({"admin"}, {"password": "a new password"}),
    ("DELETE", "/people/{name}/second-factor"): ({"admin"}, None),
    ("POST", "/feeds"): (KEEPERS, {"name": "Hùng Vương", "main": "rtsp://10.0.0.9/main"}),
    ("POST", "/feeds/{camera_id}"): (KEEPERS, {"name": "Hùng Vương"}),
    ("POST", "/cameras/import"): (KEEPERS, None),
    ("GET", "/cameras/export.csv"): (KEEPERS, None),
    ("GET", "/cameras/{camera_id}/calibration"): (ALL, None),
    ("PUT", "/cameras/{camera_id}/calibration"): (KEEPERS, {"drawing": {"signals": [], "lanes": []}}),
    ("GET", "/cameras/{camera_id}/calibrations"): (ALL, None),
    ("POST", "/cameras/{camera_id}/calibrations/{version}/enable"): (KEEPERS, {"why": "x"}),
    ("POST", "/cameras/{camera_id}/disable"): (KEEPERS, {"why": "x"}),
    ("POST", "/cameras/{camera_id}/enable"): (KEEPERS, {"why": "x"}),
    ("POST", "/cameras/{camera_id}/jobs"): (KEEPERS, {"kind": "still"}),
    ("POST", "/camera-jobs"): (KEEPERS, {"kind": "discover"}),
    ("GET", "/camera-jobs/{job_id}"): (ALL, None),
    ("POST", "/camera-jobs/{job_id}/stop"): (KEEPERS, None),
    ("GET", "/camera-pictures/{picture_id}"): (ALL, None),
    ("GET", "/camera-states"): (ALL, None),
    ("POST", "/watch/health"): (NOBODY, None),
    ("POST", "/assist/take"): (NOBODY, None),
    ("GET", "/assist/jobs/{job_id}/reference"): (NOBODY, None),
    ("POST", "/assist/jobs/{job_id}/frame"): (NOBODY, None),
    ("POST", "/assist/jobs/{job_id}/done"): (NOBODY, None),
    ("PUT", "/assist/jobs/{job_id}/pictures/{name}"): (NOBODY, None),
    ("GET", "/webhooks"): (KEEPERS, None),
    ("POST", "/webhooks"): (KEEPERS, {"url": "https://x.example/", "topics": ["case.confirmed"]}),
    ("DELETE", "/webhooks/{webhook_id}"): (KEEPERS, None),
    ("GET", "/webhooks/{webhook_id}/deliveries"): (KEEPERS, None),
    ("POST", "/webhooks/{webhook_id}/deliveries/{delivery_id}/again"): (KEEPERS, None),
    ("GET", "/people"): ({"admin"}, None),
    ("POST", "/people"): ({"admin"}, {"name": "new", "role": "reviewer", "password": "long enough it is"}),
    ("DELETE", "/people/{name}"): ({"admin"}, None),
    ("GET", "/people/{name}"): ({"admin"}, None),
    ("POST", "/people/{name}"): ({"admin"}, {"role": "reviewer"}),
    ("GET", "/workers"): (KEEPERS, None),
    ("POST", "/workers"): (KEEPERS, {"name": "w", "key_id": WORKER_KEY_ID, "public_pem": WORKER_PEM}),
    ("DELETE", "/workers/{key_id}"): (KEEPERS, None),
    ("GET", "/cameras"): (ALL, None),
    ("GET", "/cameras/{camera_id}"): (ALL, None),
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
    ("GET", "/live/{camera_id}"): (ALL, None),
    ("GET", "/live/{camera_id}/film"): (ALL, None),
    ("GET", "/live/{camera_id}/glimpse"): (ALL, None),
    ("GET", "/live/{camera_id}/still"): (ALL, None),
    ("POST", "/live/{camera_id}/looks"): (ALL, {"moving": False}),
    ("GET", "/recordings/{camera_id}"): (READERS, None),
    ("GET", "/recordings/{camera_id}/files/{day}/{name}"): (READERS, None),
    ("GET", "/recordings/{camera_id}/still"): (READERS, None),
    ("POST", "/recordings/{camera_id}/plate"): (OFFICERS, {"at": RECORDED_AT, "box": [0.1, 0.1, 0.2, 0.2]}),
    ("POST", "/markings"): (OFFICERS, MARK),
    ("GET", "/markings/{mark_id}"): (READERS, None),
    ("GET", "/markings/pictures/{question_id}"): (READERS, None),
    ("GET", "/patrols"): (READERS, None),
    ("POST", "/patrols"): ({"supervisor"}, PATROL),
    ("POST", "/patrols/{patrol_id}/progress"): (OFFICERS, {"camera_id": "le-loi", "seen_until": RECORDED_AT}),
    ("POST", "/patrols/{patrol_id}/close"): ({"supervisor"}, None),
}
OPEN_TO_ALL = {("POST", "/session")}
PARTS = {
    "{name}": "plate.jpg",
    "{key_id}": WORKER_KEY_ID,
    "{line_id}": "1",
    "{paper_id}": "1",
    "{token_id}": "1",
    "{camera_id}": "le-loi",
    "{patrol_id}": "1",
    "{day}": "2026-11-24",
    "{webhook_id}": "1",
    "{delivery_id}": "1",
    "{version}": "1",
    "{job_id}": "1",
    "{picture_id}": "1",
}


def endpoints(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of every endpoint under /api/v1, without that prefix."""
    for route in routes(app):
        if route.path.startswith(PREFIX):
            for method in route.methods:
                yield method, route.path.removeprefix(PREFIX)


def routes(app: FastAPI) -> Iterator[APIRoute]:
    """Every route of the application, those of included routers too."""
    return _walked(app.routes)


def _walked(found: Sequence[BaseRoute]) -> Iterator[APIRoute]:
    for route in found:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):  # FastAPI keeps an included router whole
            yield from _walked(route.original_router.routes)


def address(path: str, case_id: int, **others: object) -> str:
    """The path with a case's number and other parts in their places."""
    for part, value in {**PARTS, **{f"{{{name}}}": str(value) for name, value in others.items()}}.items():
        path = path.replace(part, value)
    query = "?from_on=2026-01-01&to_on=2026-01-02" if path == "/figures" else ""
    return f"{PREFIX}{path.replace('{case_id}', str(case_id))}{query}"
