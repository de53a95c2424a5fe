"""Ten megabytes of junk for every endpoint, and nasty text in every field that a spreadsheet will open."""

import csv
import io
import zipfile

import pytest

from service.csv_text import csv_line
from service.database import transaction
from service.tables import CameraRow, Case
from tests.service.conftest import WORKER_TOKEN, Service
from tests.service.packets import packet_of, plate_of, sealed, zip_of
from tests.service.permissions import ALLOWED, OPEN_TO_ALL, address
from tests.service.test_review import act

JUNK = b"\xff\x00{[\"'<" * (10 * 1024 * 1024 // 7)
WRITING = sorted(key for key in {*ALLOWED, *OPEN_TO_ALL} if key[0] in {"POST", "PUT", "PATCH"})
FORMULAS = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    '=HYPERLINK("http://x")',
    " =1+1",
    "＝1+1",
]


@pytest.mark.parametrize(("method", "path"), WRITING, ids=str)
def test_ten_megabytes_of_junk_are_refused(method: str, path: str, service: Service) -> None:
    roles, body = ALLOWED.get((method, path), (set(), {}))
    client, way = service.client(sorted(roles)[0] if roles else None), address(path, service.new_case())
    if path == "/packets":
        client.headers["Authorization"] = f"Bearer {WORKER_TOKEN}"
    for media_type in ("application/json", "application/octet-stream"):
        answer = client.request(method, way, content=JUNK, headers={"Content-Type": media_type})
        assert answer.status_code < 500, answer.text[:200]
        assert len(answer.content) < 20_000, "what was sent is not sent back"
        if body is not None or path in {"/packets", "/payments/import"}:
            assert answer.status_code >= 400, "an endpoint that takes nothing does not read it"
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("field", ["name", "password", "code"])
def test_junk_in_a_field_of_the_form_is_refused(field: str, service: Service) -> None:
    form = {"name": "a", "password": "b", field: "x" * 1_900_000}
    assert service.client().post("/sign-in", data=form).status_code in {400, 401, 413, 422}


def test_a_bomb_of_zeros_is_not_unpacked(service: Service) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(8):
            archive.writestr(f"{number}.jpg", bytes(40 * 1024 * 1024))
    assert len(bomb.getvalue()) < 1024 * 1024
    answer = service.send(bomb.getvalue())
    assert (answer.status_code, "unpacked" in answer.json()["detail"]) == (422, True)


def test_a_zip_that_lies_about_its_sizes_is_refused(service: Service) -> None:
    files = sealed(packet_of())
    data = bytearray(zip_of(files, zipfile.ZIP_DEFLATED))
    # The central directory's "uncompressed size" of its first entry: 24 bytes into the entry.
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    assert service.send(bytes(data)).status_code == 422


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_an_export_begins_like_a_formula(text: str, service: Service) -> None:
    case_id = service.new_case()
    with transaction(service.record.engine) as session:
        session.get_one(CameraRow, "le-loi").name = text
        session.get_one(Case, case_id).vehicle_class = text[:20]
    export = service.client("reviewer").get("/api/v1/cases/export?format=csv").content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(export, newline=""))
    for cell in (row["camera_name"], row["vehicle_class"]):
        assert cell.startswith("'"), cell
    assert csv_line([text]).lstrip('"').startswith("'")


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "'; DROP TABLE person; --", "{{7*7}}", "=1+1"])
def test_nasty_words_come_back_as_words(text: str, service: Service) -> None:
    case_id = service.new_case(plate=plate_of("63A12345"))
    act(service, case_id, "claim")
    assert act(service, case_id, "reject", reason="other", note=text).status_code == 200
    shown = service.client("auditor").get(f"/api/v1/cases/{case_id}").json()
    assert shown["reject_note"] == text
    page = service.client("auditor").get(f"/cases/{case_id}").text
    assert "<script>alert" not in page
    assert text != "{{7*7}}" or text in page, "a template is text too"
