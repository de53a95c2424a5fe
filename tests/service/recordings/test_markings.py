"""Recordings, markings and patrols over HTTP, on both databases; the test plays the studio behind its door."""

from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from detector.contract.marking import Answered, answer, asked
from detector.contract.recordings import RecordedSegment
from tests.detector.recording.recorded_clips import record_clip
from tests.service.conftest import BEGIN, Service
from tests.service.packets import packet_of, sealed, zip_of

CLIP = Path(__file__).parents[3] / "fixtures" / "clips" / "day_runners.mp4"
RECORDED_AT = BEGIN - timedelta(hours=2)
CAMERA = "le-loi"


def root_of(service: Service) -> Path:
    return service.record.settings.recordings_folder


def at(second: float) -> str:
    return (RECORDED_AT + timedelta(seconds=second)).isoformat()


def body(**changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "camera_id": CAMERA, "kind": "red_light", "vehicle_class": "motorbike", "light": "red", "in_at": at(6),
        "before_at": at(8), "crossing_at": at(8.48), "junction_at": at(9), "out_at": at(10),
        "box": [0.5, 0.17, 0.09, 0.35], "plate": "63B112345",
    }  # fmt: skip
    return values | changes


def recorded(service: Service) -> list[RecordedSegment]:
    return record_clip(root_of(service), CAMERA, CLIP, started_at=RECORDED_AT)


def period(first_s: float, last_s: float) -> dict[str, str]:
    return {"from_at": at(first_s), "until_at": at(last_s)}


def test_a_period_is_told_with_its_files_and_its_gaps(service: Service) -> None:
    recorded(service)
    said = service.client("reviewer").get(f"/api/v1/recordings/{CAMERA}", params=period(-60, 60)).json()
    assert [segment["started_at"] for segment in said["segments"]] == [
        moment.replace("+00:00", "Z") for moment in (at(0), at(10))
    ]
    assert [(gap["from_at"], gap["until_at"]) for gap in said["gaps"]] == [
        (at(-60).replace("+00:00", "Z"), at(0).replace("+00:00", "Z")),
        (at(17).replace("+00:00", "Z"), at(60).replace("+00:00", "Z")),
    ]
    assert said["feed"] is None


def test_a_file_is_served_in_ranges_byte_for_byte(service: Service) -> None:
    first = recorded(service)[0]
    client = service.client("auditor")
    url = client.get(f"/api/v1/recordings/{CAMERA}", params=period(0, 5)).json()["segments"][0]["url"]
    path = root_of(service) / CAMERA / RECORDED_AT.date().isoformat() / first.name
    assert client.get(url).content == path.read_bytes()
    part = client.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, path.read_bytes()[100:200])


@pytest.mark.parametrize("name", ["index.jsonl", "..%2Findex.jsonl", "000000000.mp4", "000000000.mp4.part"])
def test_nothing_but_finished_recordings_is_served(service: Service, name: str) -> None:
    recorded(service)
    day = RECORDED_AT.date().isoformat()
    assert (
        service.client("reviewer").get(f"/api/v1/recordings/{CAMERA}/files/{day}/{name}").status_code == 404
    )


def test_more_than_a_day_at_once_is_refused(service: Service) -> None:
    answer = service.client("reviewer").get(f"/api/v1/recordings/{CAMERA}", params=period(0, 30 * 3600))
    assert answer.status_code == 400


def test_without_a_recorder_a_still_is_refused_and_says_what_to_start(service: Service) -> None:
    recorded(service)
    said = service.client("reviewer").get(f"/api/v1/recordings/{CAMERA}/still", params={"at": at(3)})
    assert said.status_code == 503
    assert "ngatu record" in said.json()["detail"]


def marked(service: Service, client: TestClient, **changes: object) -> str:
    said = client.post("/api/v1/markings", json=body(**changes))
    assert said.status_code == 201, said.text
    assert said.json()["state"] == "asked"
    return str(said.json()["mark_id"])


def test_a_marking_is_asked_for_its_packet_followed_and_becomes_the_case(service: Service) -> None:
    client = service.client("reviewer")
    mark_id = marked(service, client)
    (question,) = asked(root_of(service))
    assert (question.question_id, question.wants.what) == (mark_id, "mark")
    assert question.wants.officer == "reviewer"  # type: ignore[union-attr]
    packet = packet_of(1)
    answer(root_of(service), Answered(question_id=mark_id, violation_id=packet["violation_id"]))
    assert client.get(f"/api/v1/markings/{mark_id}").json()["state"] == "made"
    assert service.send(zip_of(sealed(packet))).status_code == 201
    said = client.get(f"/api/v1/markings/{mark_id}").json()
    assert said["state"] == "case"
    assert client.get(f"/api/v1/cases/{said['case_id']}").json()["violation_id"] == packet["violation_id"]


def test_what_the_studio_cannot_do_is_told_in_the_officers_language(service: Service) -> None:
    client = service.client("supervisor")
    mark_id = marked(service, client)
    problem = f"nothing is recorded at {at(8.48)}; it was not received, or is no longer kept"
    answer(root_of(service), Answered(question_id=mark_id, problem=problem))
    said = client.get(f"/api/v1/markings/{mark_id}", headers={"Accept-Language": "vi"}).json()
    assert (said["state"], said["case_id"]) == ("refused", None)
    assert said["problem"].startswith("không có bản ghi lúc")


def test_a_question_that_was_lost_is_asked_again(service: Service) -> None:
    client = service.client("reviewer")
    mark_id = marked(service, client)
    (root_of(service) / "_asked" / f"{mark_id}.json").unlink()
    assert client.get(f"/api/v1/markings/{mark_id}").json()["state"] == "asked"
    assert [question.question_id for question in asked(root_of(service))] == [mark_id]


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"before_at": at(20)}, 400, "follow each other"),
        ({"out_at": at(100)}, 400, "60 s at most"),
        ({"box": [0.5, 0.5, 0.0, 0.1]}, 400, "too small"),
        ({"camera_id": "far-away"}, 201, ""),
        ({"camera_id": "no-camera"}, 404, "there is none"),
        ({"plate": "<script>"}, 422, "plate"),
        ({"out_at": (BEGIN + timedelta(seconds=20)).isoformat(), "in_at": (BEGIN - timedelta(seconds=20)).isoformat(),
          "before_at": BEGIN.isoformat(), "crossing_at": BEGIN.isoformat(), "junction_at": BEGIN.isoformat()},
         400, "future"),
    ],
    ids=["out of order", "too long", "no box", "any ward for who has none", "no camera", "no plate", "in the future"],
)  # fmt: skip
def test_a_marking_is_checked_before_it_is_kept(
    service: Service, changes: dict[str, object], status: int, said: str
) -> None:
    answered = service.client("reviewer").post("/api/v1/markings", json=body(**changes))
    assert answered.status_code == status, answered.text
    assert said in answered.json().get("detail", "")


def test_another_wards_recording_cannot_be_marked(service: Service) -> None:
    assert service.client("far-reviewer").post("/api/v1/markings", json=body()).status_code == 404


def test_a_packet_with_an_officers_plate_makes_a_case_with_it(service: Service) -> None:
    marking = {
        "mark_id": "0" * 32, "officer": "Lan", "marked_at": BEGIN.isoformat(), "in_s": 1.0, "out_s": 9.0,
        "before_s": 5.0, "junction_s": 7.0, "light": "red", "plate": "63B199999", "note": "",
    }  # fmt: skip
    case_id = service.new_case(5, origin="officer", marking=marking)
    case = service.client("reviewer").get(f"/api/v1/cases/{case_id}").json()
    assert (case["plate_officer"], case["packet"]["marking"]["officer"]) == ("63B199999", "Lan")


def new_patrol(service: Service, **changes: object) -> dict[str, object]:
    values = {"name": "Sáng", "camera_ids": [CAMERA, "far-away"], **period(0, 1000)} | changes
    said = service.client("supervisor").post("/api/v1/patrols", json=values)
    assert said.status_code == 201, said.text
    return dict(said.json())


def test_progress_grows_only_says_who_and_ends_with_the_period(service: Service) -> None:
    patrol = new_patrol(service)
    url = f"/api/v1/patrols/{patrol['id']}/progress"

    def look(who: str, second: float) -> tuple[float, str]:
        said = service.client(who).post(url, json={"camera_id": CAMERA, "seen_until": at(second)}).json()
        first = said["cameras"][0]
        return first["share"], first["who"]

    assert look("reviewer", 250) == (0.25, "reviewer")
    assert look("other-reviewer", 100) == (0.25, "reviewer")
    assert look("supervisor", 996) == (1.0, "supervisor")


def test_a_patrol_shows_each_ward_its_own_cameras(service: Service) -> None:
    new_patrol(service)
    (seen,) = service.client("far-reviewer").get("/api/v1/patrols").json()
    assert [camera["camera_id"] for camera in seen["cameras"]] == ["far-away"]


@pytest.mark.parametrize(
    "changes",
    [period(10, 5), {"until_at": at(8 * 86400)}, {"camera_ids": []}, {"camera_ids": ["no-camera"]}],
    ids=["ends before it begins", "longer than a week", "no camera", "an unknown camera"],
)
def test_a_patrol_that_makes_no_sense_is_refused(service: Service, changes: dict[str, object]) -> None:
    values = {"name": "Sáng", "camera_ids": [CAMERA], **period(0, 1000)} | changes
    assert service.client("supervisor").post("/api/v1/patrols", json=values).status_code in {400, 404, 422}


def test_a_closed_patrol_is_off_the_list(service: Service) -> None:
    patrol = new_patrol(service)
    assert service.client("supervisor").post(f"/api/v1/patrols/{patrol['id']}/close").status_code == 204
    assert service.client("reviewer").get("/api/v1/patrols").json() == []


def test_whoever_opens_a_recording_is_in_the_audit_trail(service: Service) -> None:
    recorded(service)
    assert service.client("reviewer").get(f"/playback/{CAMERA}").status_code == 200
    trail = service.client("auditor").get("/api/v1/audit").json()
    day = (RECORDED_AT + timedelta(hours=7)).date()
    assert ("recording_looked_at", f"{CAMERA} {day}") in {
        (e["action"], e["subject"]) for e in trail["entries"]
    }


def test_a_damaged_address_of_a_day_shows_the_newest_recording(service: Service) -> None:
    recorded(service)
    page = service.client("reviewer").get(f"/playback/{CAMERA}", params={"day": "soon", "at": "never"})
    assert page.status_code == 200
    assert f"{RECORDED_AT:%d/%m/%Y}" in page.text


@pytest.mark.parametrize(
    "path", [f"/playback/{CAMERA}", f"/api/v1/recordings/{CAMERA}/still?at=2026-11-24T03:00:01Z"]
)
def test_a_recording_is_nobody_elses(service: Service, path: str) -> None:
    recorded(service)
    assert service.client("far-reviewer").get(path).status_code == 404
