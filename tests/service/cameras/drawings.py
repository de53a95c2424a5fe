"""Drawings and feeds with defaults, and a worker that does jobs by hand."""

from typing import Any

from fastapi.testclient import TestClient

from tests.service.conftest import WORKER_TOKEN, Service

JPEG = b"\xff\xd8\xff\xe0" + bytes(40) + b"\xff\xd9"
FIT = {
    "fit": True,
    "score": 93,
    "checks": [{"name": "clock", "measured": "none", "grade": "good", "advice": ""}],
    "moved": None,
    "main": {"codec": "h264", "width": 1920, "height": 1080, "fps": 25.0},
}


def lane(**changes: Any) -> dict[str, Any]:
    return {
        "id": "L1",
        "approach": [[0.1, 0.6], [0.9, 0.6], [0.95, 0.95], [0.05, 0.95]],
        "stop_line": [[0.1, 0.6], [0.9, 0.6]],
        "junction": [[0.1, 0.5], [0.9, 0.5], [0.8, 0.2], [0.2, 0.2]],
        "signal": "S1",
        "free_on_red": [],
    } | changes


def signal(**changes: Any) -> dict[str, Any]:
    return {"id": "S1", "lamps": {"red": [0.9, 0.1, 0.92, 0.14], "green": [0.9, 0.2, 0.92, 0.24]}} | changes


def drawing(
    *lanes: dict[str, Any], signals: list[dict[str, Any]] | None = None, **more: Any
) -> dict[str, Any]:
    return {"signals": [signal()] if signals is None else signals, "lanes": list(lanes) or [lane()], **more}


def direction(**changes: Any) -> dict[str, Any]:
    return {"arrow": [[0.5, 0.9], [0.5, 0.65]], "length_m": 8.0, "least_kmh": 8.0} | changes


def solid_line(**changes: Any) -> dict[str, Any]:
    return {"id": "V1", "line": [[0.4, 0.9], [0.4, 0.65]]} | changes


def no_stop_zone(**changes: Any) -> dict[str, Any]:
    return {"id": "Z1", "area": [[0.1, 0.5], [0.3, 0.5], [0.3, 0.6]], "most_s": 10.0} | changes


def feed(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Đường Hùng Vương – Lê Lợi",
        "main": "rtsp://10.0.0.9/main",
        "user": "eye",
        "password": "s3cret/äh",
        "ward": "Phường 1",
        "latitude": 10.36,
        "longitude": 106.36,
    } | changes


class HandWorker:
    """A worker whose jobs the test does itself."""

    def __init__(self, service: Service, token: str = WORKER_TOKEN) -> None:
        self._client = TestClient(service.app)
        self._client.headers["Authorization"] = f"Bearer {token}"

    def take(self) -> dict[str, Any] | None:
        answer = self._client.post("/api/v1/assist/take", json={"wait_s": 0})
        assert answer.status_code in {200, 204}, answer.text
        return answer.json() if answer.status_code == 200 else None

    def frame(self, job_id: int, jpeg: str | None = None, **seen: Any) -> bool:
        body = {"frame": {"at_s": 1.0, "of_s": 10.0} | seen, "jpeg_base64": jpeg}
        answer = self._client.post(f"/api/v1/assist/jobs/{job_id}/frame", json=body)
        assert answer.status_code == 200, answer.text
        return bool(answer.json()["go_on"])

    def picture(self, job_id: int, name: str = "still.jpg", jpeg: bytes = JPEG) -> int:
        return self._client.put(f"/api/v1/assist/jobs/{job_id}/pictures/{name}", content=jpeg).status_code

    def reference(self, job_id: int) -> Any:
        return self._client.get(f"/api/v1/assist/jobs/{job_id}/reference")

    def done(self, job_id: int, **body: Any) -> None:
        assert self._client.post(f"/api/v1/assist/jobs/{job_id}/done", json=body).status_code == 204
