"""Many cameras by CSV: 189 go in and come out, every faulty line is told, and then nothing is changed."""

import pytest

from service.cameras.bulk import COLUMNS
from tests.service.conftest import Service

HEADER = ",".join(COLUMNS)


def city(count: int = 189) -> str:
    lines = [
        f"cam-{n:03},Nút {n} – Hùng Vương,Phường {n % 11 + 1},{'smart' if n % 4 == 0 else 'plain'},"
        f"rtsp://eye:s3cret{n}@10.1.{n // 250}.{n % 250}/main,,10.{350 + n:04},106.{360 + n:04}"
        for n in range(count)
    ]
    return "\ufeff" + "\r\n".join([HEADER, *lines]) + "\r\n"


def imported(service: Service, text: str, role: str = "integrator"):  # type: ignore[no-untyped-def]
    return service.client(role).post("/api/v1/cameras/import", content=text.encode())


def test_a_city_goes_in_once_and_a_second_time_changes_nothing(service: Service) -> None:
    assert imported(service, city()).json() == {"added": 189, "changed": 0, "unchanged": 0, "faults": []}
    exported = service.client("integrator").get("/api/v1/cameras/export.csv").text
    assert exported.count("\n") == 189 + 2 + 1
    assert "s3cret" not in exported
    assert "10.1." not in exported
    answer = imported(service, exported).json()
    assert (answer["added"], answer["changed"], answer["unchanged"]) == (0, 0, 191)
    moved = exported.replace("Nút 7 – Hùng Vương", "Nút 7 – Lê Lợi")
    assert imported(service, moved).json()["changed"] == 1


def test_semicolons_and_decimal_commas_of_vietnamese_spreadsheets_are_read(service: Service) -> None:
    text = "id;name;main;latitude;longitude\ncam-a;Nút A;rtsp://10.0.0.1/a;10,36;106,36\n"
    assert imported(service, text).json()["added"] == 1
    line = service.client("integrator").get("/api/v1/cameras/export.csv").text.splitlines()[-1]
    assert "10.36,106.36" in service.client("integrator").get("/api/v1/cameras/export.csv").text, line


@pytest.mark.parametrize(
    ("what", "line", "code"),
    [
        ("no name", "a,,Phường 1,smart,rtsp://x/1,,,", "name"),
        ("an id with blanks", "a b,A,Phường 1,smart,rtsp://x/1,,,", "id"),
        ("an unknown kind", "a,A,Phường 1,clever,rtsp://x/1,,,", "kind"),
        ("no stream address", "a,A,Phường 1,smart,http://eye:s3cret@x/1,,,", "main"),
        ("a sub stream that is a file", "a,A,Phường 1,smart,rtsp://x/1,/etc/passwd,,", "sub"),
        ("no address at all", "a,A,Phường 1,smart,,,,", "needs_address"),
        ("a latitude beyond the pole", "a,A,Phường 1,smart,rtsp://x/1,,95,106", "latitude"),
        ("a longitude of letters", "a,A,Phường 1,smart,rtsp://x/1,,10,east", "longitude"),
        ("a cell too many", "a,A,Phường 1,smart,rtsp://x/1,,10,106,9", "columns"),
    ],
)
def test_a_faulty_line_is_told_and_nothing_is_changed(
    what: str, line: str, code: str, service: Service
) -> None:
    answer = imported(service, f"{HEADER}\ngood,Good,Phường 1,smart,rtsp://x/0,,,\n{line}\n").json()
    assert [(fault["line"], fault["code"]) for fault in answer["faults"]] == [(3, code)], what
    assert answer["added"] == 0
    assert "s3cret" not in str(answer)
    exported = service.client("integrator").get("/api/v1/cameras/export.csv").text
    assert "good" not in exported


def test_faults_of_the_whole_file_and_of_two_lines_are_told(service: Service) -> None:
    assert imported(service, "a,b\n1,2\n").json()["faults"][0]["code"] == "no_columns"
    assert imported(service, "").json()["faults"][0]["code"] == "no_columns"
    twice = f"{HEADER}\nx,A,Phường 1,smart,rtsp://x/1,,,\nx,B,Phường 1,smart,rtsp://x/2,,,\n"
    assert [(f["line"], f["code"]) for f in imported(service, twice).json()["faults"]] == [(3, "same_id")]
    assert service.client("integrator").post("/api/v1/cameras/import", content=b"\xff\xfe").status_code == 400
    assert imported(service, city(1), role="reviewer").status_code == 403


def test_a_name_that_begins_like_a_formula_comes_back_as_it_was(service: Service) -> None:
    assert imported(service, f"{HEADER}\nf,=1+1,Phường 1,smart,rtsp://x/1,,,\n").json()["added"] == 1
    exported = service.client("integrator").get("/api/v1/cameras/export.csv").text
    assert "'=1+1" in exported
    assert imported(service, exported).json()["changed"] == 0
