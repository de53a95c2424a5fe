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


TEN_MEGABYTES = "x" * (10 * 1024 * 1024)
FIELDS_OF_PACKETS: list[dict[str, object]] = [
    {"lane_id": TEN_MEGABYTES},
    {"violation_id": TEN_MEGABYTES},
    {"kind": TEN_MEGABYTES},
    {"camera": {"camera_id": "le-loi", "name": TEN_MEGABYTES, "calibration_sha256": "a" * 64}},
    {"plate": {**plate_of("63A12345"), "text": TEN_MEGABYTES}},
    {"plate": {**plate_of("63A12345"), "reason": TEN_MEGABYTES}},
    {"rule": {"name": "red_light", "version": TEN_MEGABYTES, "parameters": {}}},
    {"weights": {TEN_MEGABYTES: "b" * 64}},
    {"track": [{"at_s": 1.0, "box": [0.1, 0.1, 0.1, 0.1]}] * 200_000},
]


@pytest.mark.parametrize("changes", FIELDS_OF_PACKETS, ids="-".join)
def test_ten_megabytes_in_a_field_of_a_sealed_packet_are_refused(
    changes: dict[str, object], service: Service
) -> None:
    """A worker's key proves who sent a packet, not that it makes sense."""
    answer = service.send(zip_of(sealed(packet_of(**changes))))
    assert answer.status_code == 422
    assert len(answer.content) < 1_000, "what was sent is not sent back"
    assert service.client("reviewer").get("/api/v1/cases").json()["cases"] == []
    assert not list(service.record.settings.evidence_folder.rglob("*"))


@pytest.mark.parametrize(
    "way",
    [
        "/api/v1/cases?camera_id={}",
        "/api/v1/cases/1/evidence/{}",
        "/api/v1/people/{}",
        "/queue?camera={}",
        "/tra-cuu?ma={}",
    ],
)
def test_an_address_as_long_as_servers_let_in_breaks_nothing(way: str, service: Service) -> None:
    answer = service.client("admin").get(way.format("x" * 60_000))
    assert answer.status_code < 500
    assert len(answer.content) < 100_000, "what was sent is not sent back"


INJECTIONS = [
    "63A12345'; DROP TABLE violation_case; --",
    "<script>alert(1)</script>",
    "=1+1",
    "63A\u202e12345",
    "63%",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_plate_is_letters_and_digits_wherever_it_is_typed(text: str, service: Service) -> None:
    """In a packet, by an officer, in a search, in a statement, in the public look-up."""
    assert (
        service.send(zip_of(sealed(packet_of(2, plate={**plate_of("63A12345"), "text": text})))).status_code
        == 422
    )
    case_id = service.new_case(plate=plate_of("63A12345"))
    act(service, case_id, "claim")
    assert act(service, case_id, "plate", plate=text).status_code in {400, 422}
    officer = service.client("reviewer")
    for page in ("/api/v1/cases", "/queue", "/tra-cuu"):
        assert officer.get(page, params={"plate": text, "q": text}).status_code < 500
    line = csv_line(["T1", "2026-11-24", "19000000", "NT1", text])
    sent = service.client("supervisor").post(
        "/api/v1/payments/import",
        content=f"transaction_id,paid_on,amount_vnd,reference,plate\n{line}".encode(),
    )
    assert sent.status_code in {201, 400, 422}
    assert sent.status_code != 201 or sent.json()["booked_vnd"] == 0
    assert officer.get(f"/api/v1/cases/{case_id}").json()["plate"] == "63A12345"


@pytest.mark.parametrize(
    "text", ["Lê Lợi'); DROP TABLE camera; --", "<script>alert(1)</script>", "{{7*7}}", "=1+1"]
)
def test_a_nasty_name_of_a_camera_is_a_name_on_every_page(text: str, service: Service) -> None:
    case_id = service.new_case()
    answer = service.client("admin").post("/api/v1/feeds/le-loi", json={"name": text})
    assert answer.status_code == 200, answer.text
    officer = service.client("supervisor")
    assert officer.get("/api/v1/cameras/le-loi").json()["name"] == text
    for page in ("/queue", f"/cases/{case_id}", "/cameras", "/cameras/le-loi", "/figures", "/live"):
        shown = officer.get(page)
        assert shown.status_code == 200, page
        assert "<script>alert" not in shown.text, page


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
