"""The application as it is started: what it imports, how fast, what it says of its health and of its own mistakes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from fastapi.testclient import TestClient
from sqlalchemy import create_engine

from service.application import create_application, open_record
from service.door import Record
from service.evidence.folder import FolderStore
from service.settings import Settings
from tests.service.conftest import Service

START = """
import json, sys
from pathlib import Path
from service.application import create_application, open_record
from service.settings import Settings
create_application(open_record(Settings(state=Path(sys.argv[1]))))
import os
used = os.times()
foreign = {"cv2", "av", "openvino", "onnxruntime", "torch", "numpy"} & set(sys.modules)
print(json.dumps({"foreign": sorted(foreign), "cpu_s": used.user + used.system}))
"""


def test_the_service_starts_quickly_and_without_eyes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", START, str(tmp_path / "state")],
        capture_output=True,
        text=True,
        check=True,
    )
    started = json.loads(done.stdout)
    assert started["foreign"] == []
    assert started["cpu_s"] < 4, "2 s on an idle core; other tests may be running beside this one"


def test_keys_and_database_are_made_where_the_settings_say(tmp_path: Path) -> None:
    record = open_record(Settings(state=tmp_path / "state"))
    assert (tmp_path / "state" / "ngatu.db").is_file()
    key = tmp_path / "state" / "keys" / "service.key"
    assert key.stat().st_mode & 0o077 == 0
    again = open_record(Settings(state=tmp_path / "state"))
    assert again.secret.decrypt(record.secret.encrypt(b"x")) == b"x"
    for opened in (record, again):
        opened.engine.dispose()


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NGATU_DATABASE", "postgresql+psycopg://ngatu@db/ngatu")
    monkeypatch.setenv("NGATU_STATE", str(tmp_path))
    settings = Settings()
    assert settings.database_url == "postgresql+psycopg://ngatu@db/ngatu"
    assert settings.evidence_folder == tmp_path / "evidence"


def test_health_says_that_all_is_well(service: Service) -> None:
    answer = service.client().get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert answer.json()["evidence_free_mb"] > 0


def test_health_means_it_when_evidence_cannot_be_kept(service: Service) -> None:
    service.record.settings.evidence_folder.write_text("a file where the folder should be")
    answer = service.client().get("/health")
    assert answer.status_code == 507
    assert "evidence cannot be written" in answer.json()["detail"]


@pytest.mark.parametrize(
    "url",
    ["sqlite:////nowhere/at/all/ngatu.db", "postgresql+psycopg://nobody@/nothing?host=/nowhere"],
    ids=["sqlite", "postgresql"],
)
def test_a_database_that_is_gone_is_said_to_be_gone(url: str, tmp_path: Path) -> None:
    record = Record(
        settings=Settings(state=tmp_path),
        engine=create_engine(url),
        evidence=FolderStore(tmp_path / "evidence"),
        secret=Fernet(Fernet.generate_key()),
    )
    client = TestClient(create_application(record))
    for answer in (
        client.get("/health"),
        client.post("/api/v1/session", json={"name": "a", "password": "b"}),
    ):
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert "nothing was changed" in answer.json()["detail"]


def test_a_mistake_of_our_own_is_one_clear_line_without_details(service: Service) -> None:
    def break_down() -> None:
        raise ZeroDivisionError("the plate was 63A12345")

    service.app.add_api_route("/api/v1/broken", break_down)
    answer = TestClient(service.app, raise_server_exceptions=False).get("/api/v1/broken")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "63A12345" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/v1/nothing", 404), ("PUT", "/api/v1/cases", 405), ("GET", "/api/v1/cases/x", 401)],
)
def test_every_refusal_is_a_problem_document(method: str, path: str, status: int, service: Service) -> None:
    answer = service.client().request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail"} == set(answer.json())


NASTY = ["\0", "\ud800", "'; DROP TABLE person; --", "<script>alert(1)</script>", "=1+1", "x" * 10_000]


@pytest.mark.parametrize("text", NASTY, ids=["nul", "surrogate", "sql", "html", "formula", "long"])
def test_nasty_text_in_any_field_is_answered_below_500(text: str, service: Service) -> None:
    case_id = service.new_case()
    officer = service.client("reviewer")
    officer.post(f"/api/v1/cases/{case_id}/claim")
    body_headers = {"Content-Type": "application/json"}
    bodies = [
        ("plate", {"plate": text}),
        ("reject", {"reason": text}),
        ("reject", {"reason": "other", "note": text}),
        ("payments", {"amount_vnd": 1, "reference": text}),
        ("moves", {"move": text, "why": text}),
    ]
    for what, body in bodies:
        answer = officer.post(
            f"/api/v1/cases/{case_id}/{what}", content=json.dumps(body), headers=body_headers
        )
        assert answer.status_code < 500, (what, answer.text)
    wrong = service.client().post(
        "/api/v1/session", content=json.dumps({"name": text, "password": text}), headers=body_headers
    )
    assert wrong.status_code in {401, 422}
    query = text.encode("utf-8", "surrogatepass").hex("%")
    for path in (f"/api/v1/cases?camera_id=%{query}", f"/api/v1/cases?kind=%{query}"):
        assert officer.get(path).status_code < 500


@pytest.mark.parametrize("case_id", ["0", "-1", "99999999999999999999", "1e3", "null"])
def test_a_case_number_that_is_none_is_refused(case_id: str, service: Service) -> None:
    assert service.client("reviewer").get(f"/api/v1/cases/{case_id}").status_code in {400, 404, 422}
