"""Intake: every way in which a packet must not be believed, and the one way in which it is."""

import io
import json
import zipfile
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.evidence.folder import FolderStore
from service.people import digest, worker_of
from service.tables import AuditEntry, Case
from tests.service.conftest import WORKER_TOKEN, Service
from tests.service.packets import (
    COMMITTED_AT,
    OTHER_KEY,
    PICTURES,
    packet_of,
    plate_of,
    sealed,
    zip_of,
)

Open = Callable[[], Session]


def altered(name: str) -> bytes:
    files = sealed(packet_of())
    files[name] = files[name][:-2] + bytes([files[name][-2] ^ 1]) + files[name][-1:]
    return zip_of(files)


def without(name: str) -> bytes:
    files = sealed(packet_of())
    del files[name]
    return zip_of(files)


def with_zip_entry(entry: zipfile.ZipInfo | str, data: bytes = b"x") -> bytes:
    packed = io.BytesIO(zip_of(sealed(packet_of())))
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry, data)
    return packed.getvalue()


def with_broken_deflate() -> bytes:
    data = bytearray(zip_of(sealed(packet_of()), zipfile.ZIP_DEFLATED))
    start = 30 + len("packet.json")
    data[start : start + 20] = b"\xff" * 20
    return bytes(data)


@cache
def bomb() -> bytes:
    return with_zip_entry("bomb.jpg", bytes(300 * 1024 * 1024))


UNKNOWN_CAMERA = {"camera_id": "nowhere", "name": "?", "calibration_sha256": "a" * 64}

REFUSED = [
    ("no zip", lambda: b"hello", "not a readable zip"),
    ("an empty body", lambda: b"", "not a readable zip"),
    ("a cut zip", lambda: zip_of(sealed(packet_of()))[:-100], "not a readable zip"),
    ("a broken deflate stream", with_broken_deflate, "not a readable zip"),
    *[
        (f"one byte of {name} altered", lambda name=name: altered(name), name)
        for name in sealed(packet_of())
        if not name.startswith("manifest")
    ],
    ("one byte of the manifest altered", lambda: altered("manifest.json"), "manifest"),
    ("one byte of the signature altered", lambda: altered("manifest.sig"), "altered"),
    ("no clip", lambda: without("clip.mp4"), "clip.mp4: is missing"),
    ("no manifest", lambda: without("manifest.json"), "manifest.json: is missing"),
    ("no signature", lambda: without("manifest.sig"), "manifest.sig: is missing"),
    ("a file added", lambda: with_zip_entry("more.jpg"), "added after sealing"),
    ("a path out of the folder", lambda: with_zip_entry("../../evil.jpg"), "no plain file name"),
    ("an absolute path", lambda: with_zip_entry("/etc/evil.jpg"), "no plain file name"),
    ("a folder", lambda: with_zip_entry("folder/"), "no plain file name"),
    ("a hidden file", lambda: with_zip_entry(".hidden.jpg"), "no plain file name"),
    ("an endless name", lambda: with_zip_entry("n" * 3000 + ".jpg"), "no plain file name"),
    ("a decompression bomb", bomb, "more than 256 MB unpacked"),
    ("too many files", lambda: zip_of({f"{i}.jpg": b"" for i in range(65)}), "more than 64 files"),
    ("another worker's key", lambda: zip_of(sealed(packet_of(), key=OTHER_KEY)), "signed with key"),
    (
        "a camera nobody registered",
        lambda: zip_of(sealed(packet_of(camera=UNKNOWN_CAMERA))),
        "not registered",
    ),
    ("a future packet schema", lambda: zip_of(sealed(packet_of(schema=2))), "schema 2 is newer"),
    (
        "a future manifest schema",
        lambda: zip_of(sealed(packet_of(), manifest_changes={"schema": 2})),
        "schema 2 is newer",
    ),
    ("an unknown key in the packet", lambda: zip_of(sealed(packet_of(speed_kmh=99))), "speed_kmh"),
    ("a class of vehicle nobody knows", lambda: zip_of(sealed(packet_of(kind="flying"))), "kind"),
    (
        "another violation's manifest",
        lambda: zip_of(sealed(packet_of(), manifest_changes={"violation_id": "9" * 32})),
        "another violation",
    ),
    (
        "a manifest without the stills",
        lambda: zip_of(sealed(packet_of(), pictures={"clip.mp4": b"c"})),
        "the packet is incomplete",
    ),
    ("a NUL in a text", lambda: zip_of(sealed(packet_of(lane_id="L\0"))), "NUL"),
    (
        "JSON nested too deeply",
        lambda: zip_of({**sealed(packet_of()), "manifest.json": b"[" * 100_000}),
        "nested too deeply",
    ),
]


@pytest.mark.parametrize(("build", "says"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_packet_is_refused_with_one_clear_line_and_leaves_nothing(
    build: Callable[[], bytes], says: str, service: Service, session_here: Open
) -> None:
    answer = service.send(build())
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]
    assert session_here().scalars(select(Case)).all() == []
    assert not list((service.record.settings.evidence_folder).rglob("*"))


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({}, "Bearer TOKEN"),
        ({"Authorization": "Basic abc"}, "Bearer TOKEN"),
        ({"Authorization": "Bearer wrong"}, "not known"),
    ],
)
def test_nobody_but_a_known_worker_may_send(headers: dict[str, str], says: str, service: Service) -> None:
    answer = service.client().post("/api/v1/packets", content=b"anything", headers=headers)
    assert answer.status_code == 401
    assert says in answer.json()["detail"]


def test_a_revoked_worker_is_refused(service: Service, session_here: Open) -> None:
    session = session_here()
    worker_of(session, WORKER_TOKEN).revoked_at = service.clock.now
    session.commit()
    answer = service.send(zip_of(sealed(packet_of())))
    assert answer.status_code == 401
    assert "revoked" in answer.json()["detail"]


def revoke(session: Session, service: Service) -> None:
    worker_of(session, WORKER_TOKEN).revoked_at = service.clock.now
    session.commit()


def give_another_token(session: Session, service: Service) -> None:
    worker_of(session, WORKER_TOKEN).token_sha256 = digest("another token")
    session.commit()


@pytest.mark.parametrize("lose_the_token", [revoke, give_another_token])
def test_a_worker_that_was_known_a_moment_ago_gets_nothing_in_once_its_token_is_gone(
    lose_the_token: Callable[[Session, Service], None], service: Service, session_here: Open
) -> None:
    service.new_case(1)
    session = session_here()
    lose_the_token(session, service)
    for data in (zip_of(sealed(packet_of(2))), zip_of(sealed(packet_of(1)))):
        answer = service.send(data)
        assert (answer.status_code, "register the worker again" in answer.json()["detail"]) == (401, True)
    assert len(session.scalars(select(Case)).all()) == 1
    assert [path.name for path in service.record.settings.evidence_folder.rglob(".*")] == []


def test_packets_of_a_camera_that_come_in_another_order_are_all_taken_in(
    service: Service, session_here: Open
) -> None:
    """An outbox sends what failed again, after what came later: packets come in another order than they were sealed."""
    packets = {number: zip_of(sealed(packet_of(number), sequence=number)) for number in (1, 2, 3)}
    answers = [service.send(packets[number]).status_code for number in (3, 1, 2, 3)]
    assert answers == [201, 201, 201, 200]
    cases = session_here().scalars(select(Case).order_by(Case.violation_id)).all()
    assert [case.violation_id for case in cases] == [f"{number:032x}" for number in (1, 2, 3)]
    for case in cases:
        stored = service.record.evidence.path_of("le-loi", case.violation_id, "manifest.json").read_bytes()
        assert case.manifest_sha256 == sha256(stored).hexdigest()


def test_a_packet_sent_twice_makes_one_case(service: Service, session_here: Open) -> None:
    data = zip_of(sealed(packet_of()))
    first, second = service.send(data), service.send(data)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["case_id"] == second.json()["case_id"]
    assert len(session_here().scalars(select(Case)).all()) == 1


def test_the_same_act_from_another_run_is_the_same_case_and_is_put_on_record(
    service: Service, session_here: Open
) -> None:
    case_id = service.new_case()
    again = packet_of(
        run={"run_id": "r2", "produced_at": "2026-11-21T00:00:00+00:00", "software_version": "0.2"}
    )
    answer = service.send(zip_of(sealed(again, sequence=2)))
    assert (answer.status_code, answer.json()["case_id"]) == (200, case_id)
    actions = session_here().scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions[-2:] == ["case_detected", "case_seen_again"]


@pytest.mark.parametrize(
    "other",
    [
        {"frame_sha256": "f" * 64},
        {"camera": {"camera_id": "far-away", "name": "x", "calibration_sha256": "a" * 64}},
    ],
    ids=["another frame", "another camera"],
)
def test_the_same_id_for_something_else_is_a_conflict(other: dict[str, object], service: Service) -> None:
    service.new_case()
    answer = service.send(zip_of(sealed(packet_of(**other))))
    assert answer.status_code == 409
    assert "another frame" in answer.json()["detail"]


def test_evidence_is_kept_byte_for_byte(service: Service) -> None:
    case_id = service.new_case()
    officer = service.client("reviewer")
    assert set(officer.get(f"/api/v1/cases/{case_id}").json()["evidence"]) == set(sealed(packet_of()))
    for name, data in PICTURES.items():
        assert officer.get(f"/api/v1/cases/{case_id}/evidence/{name}").content == data
    part = officer.get(f"/api/v1/cases/{case_id}/evidence/clip.mp4", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, PICTURES["clip.mp4"][10:20])


@pytest.mark.parametrize("name", ["..%2f..%2fngatu.db", ".unfinished", "nothing.jpg", "%2e%2e"])
def test_only_the_files_of_the_packet_are_served(name: str, service: Service) -> None:
    case_id = service.new_case()
    answer = service.client("reviewer").get(f"/api/v1/cases/{case_id}/evidence/{name}")
    assert answer.status_code in {404, 200}
    assert answer.status_code == 404 or answer.json()["id"] == case_id  # the client itself resolved `..`


def test_a_case_without_a_plate_is_still_a_case(service: Service) -> None:
    case_id = service.new_case(plate=plate_of(None))
    case = service.client("reviewer").get(f"/api/v1/cases/{case_id}").json()
    assert (case["plate"], case["plate_verdict"]) == (None, "unread")


def test_rendered_footage_is_marked_down_to_the_case(service: Service) -> None:
    case_id = service.new_case(footage="rendered")
    assert service.client("reviewer").get(f"/api/v1/cases/{case_id}").json()["footage"] == "rendered"


def test_footage_without_a_clock_makes_a_case_without_a_moment_or_a_tariff(service: Service) -> None:
    case_id = service.new_case(committed_at=None, clock={"source": "none", "offset_ms": None})
    case = service.client("reviewer").get(f"/api/v1/cases/{case_id}").json()
    assert (case["committed_at"], case["tariff"]) == (None, None)


def test_moments_come_back_as_they_went_in(service: Service, session_here: Open) -> None:
    service.new_case()
    case = session_here().scalars(select(Case)).one()
    assert case.committed_at == COMMITTED_AT
    assert case.detected_at == service.clock.now


def test_a_disk_that_cannot_be_written_keeps_the_packet_with_the_worker(
    service: Service, session_here: Open
) -> None:
    service.record.settings.evidence_folder.write_text("a file where the folder should be")
    answer = service.send(zip_of(sealed(packet_of())))
    assert answer.status_code == 507
    assert "the worker sends it again" in answer.json()["detail"]
    assert session_here().scalars(select(Case)).all() == []


def test_evidence_left_behind_by_an_unfinished_intake_gives_way(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put("cam", "v", {"manifest.json": b"first", "a.jpg": b"1"})
    store.put("cam", "v", {"manifest.json": b"second", "b.jpg": b"2"})
    assert store.names_of("cam", "v") == ["b.jpg", "manifest.json"]
    store.put("cam", "v", {"manifest.json": b"second", "b.jpg": b"never written"})
    assert store.path_of("cam", "v", "b.jpg").read_bytes() == b"2"


def test_passwords_of_cameras_never_leave_the_service(service: Service, session_here: Open) -> None:
    case_id = service.new_case()
    for path in (f"/api/v1/cases/{case_id}", "/api/v1/cases", "/cameras"):
        assert "s3cret" not in service.client("reviewer").get(path).text
    trail = [
        json.dumps([entry.before, entry.after]) for entry in session_here().scalars(select(AuditEntry)).all()
    ]
    assert trail
    assert not any("s3cret" in line for line in trail)
