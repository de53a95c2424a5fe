"""Registries: the CSV file, the server, and who owned a plate on which day."""

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from service.law.tariff import VIETNAM
from service.owners.csv_registry import CsvRegistry
from service.owners.http_registry import MOST_KEPT, HttpRegistry
from service.owners.matching import Seen, mismatches, plate_colour_code
from service.owners.registry import NoRegistry, Registration, RegistryFailed

HEAD = "plate,plate_colour,vehicle_class,make,colour,owner_kind,owner_name,owner_address,valid_from,valid_to"
ROWS = (
    "63A-123.45,white,car,Toyota,trắng,person,Lê Thị An,12 Lê Lợi,2020-01-01,2025-06-30",
    "63A12345,white,car,Kia,đen,organisation,Công ty Sông Tiền,3 Hùng Vương,2025-07-01,",
    "63-MĐ1 123.45,white,motorbike,Honda,đỏ,,Trần Văn Bình,Ấp 2,2019-05-01,",
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def csv_file(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "owners.csv"
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8-sig")
    return path


@pytest.mark.parametrize(
    ("plate", "moment", "owners"),
    [
        ("63A12345", "2019-12-31T23:59:59", []),
        ("63A12345", "2020-01-01T00:00:00", ["Lê Thị An"]),
        ("63A12345", "2025-06-30T23:59:59", ["Lê Thị An"]),
        ("63A12345", "2025-07-01T00:00:00", ["Công ty Sông Tiền"]),
        ("63A12345", "2026-11-20T10:00:00", ["Công ty Sông Tiền"]),
        ("63MD112345", "2026-11-20T10:00:00", ["Trần Văn Bình"]),
        ("63A99999", "2026-11-20T10:00:00", []),
    ],
)
def test_the_owner_is_the_one_of_the_day_of_the_act(
    plate: str, moment: str, owners: list[str], tmp_path: Path
) -> None:
    registry = CsvRegistry(csv_file(tmp_path, *ROWS))
    assert [found.owner_name for found in registry.registrations_of(plate, at(moment))] == owners


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    registry = CsvRegistry(csv_file(tmp_path, *ROWS))
    assert registry.registrations_of("66A00001", at("2026-01-01")) == ()
    path = csv_file(tmp_path, "66A00001,,,,,,Phạm Cúc,,2020-01-01,")
    os.utime(path, ns=(1, 1))
    assert registry.registrations_of("66A00001", at("2026-01-01"))[0].owner_name == "Phạm Cúc"


@pytest.mark.parametrize(
    ("head", "row", "said"),
    [
        ("plate,owner", "63A12345,x", "has no column owner_name, valid_from"),
        (HEAD, "63A12345,,,,,,,,2020-01-01,", "owners.csv line 2: owner_name"),
        (HEAD, "63A12345,,,,,,An,,yesterday,", "owners.csv line 2: valid_from"),
        (HEAD, "63A12345,,,,,company,An,,2020-01-01,", "owners.csv line 2: owner_kind"),
        (HEAD, ",,,,,,An,,2020-01-01,", "owners.csv line 2: plate"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(head: str, row: str, said: str, tmp_path: Path) -> None:
    registry = CsvRegistry(csv_file(tmp_path, row, head=head))
    with pytest.raises(RegistryFailed, match=said):
        registry.registrations_of("63A12345", at("2026-01-01"))


def test_a_file_that_is_missing_or_no_text_is_refused(tmp_path: Path) -> None:
    registry = CsvRegistry(tmp_path / "owners.csv")
    with pytest.raises(RegistryFailed, match="NGATU_OWNERS_CSV"):
        registry.registrations_of("63A12345", at("2026-01-01"))
    (tmp_path / "owners.csv").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(RegistryFailed, match="NGATU_OWNERS_CSV"):
        registry.registrations_of("63A12345", at("2026-01-01"))


def test_without_a_registry_the_refusal_says_what_to_set() -> None:
    with pytest.raises(RegistryFailed, match="NGATU_OWNERS_CSV"):
        NoRegistry().registrations_of("63A12345", at("2026-01-01"))


def registration(**changes: object) -> Registration:
    row = {"plate": "63A12345", "owner_name": "Lê Thị An", "valid_from": "2020-01-01", **changes}
    return Registration.model_validate(row)


def server(answer: Callable[[httpx.Request], httpx.Response]) -> tuple[HttpRegistry, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer(request)

    return HttpRegistry("https://registry.test/owners", "s3cret", httpx.MockTransport(respond)), asked


def test_the_server_is_asked_once_for_the_same_question_and_the_plate_is_in_no_address() -> None:
    rows = [registration().model_dump(mode="json"), registration(plate="63A99999").model_dump(mode="json")]
    registry, asked = server(lambda _: httpx.Response(200, json={"registrations": rows}))
    first = registry.registrations_of("63A-123.45", at("2026-01-01"))
    assert registry.registrations_of("63A12345", at("2026-01-01")) == first
    assert [found.plate for found in first] == ["63A12345"]
    assert len(asked) == 1
    assert "12345" not in str(asked[0].url)
    assert json.loads(asked[0].content)["plate"] == "63A12345"
    assert asked[0].headers["authorization"] == "Bearer s3cret"


def test_a_row_of_another_time_is_not_believed() -> None:
    rows = [registration(valid_to="2024-01-01").model_dump(mode="json")]
    registry, _ = server(lambda _: httpx.Response(200, json={"registrations": rows}))
    assert registry.registrations_of("63A12345", at("2026-01-01")) == ()


def test_the_cache_stays_small() -> None:
    registry, asked = server(lambda _: httpx.Response(200, json={"registrations": []}))
    for number in range(MOST_KEPT + 2):
        registry.registrations_of(f"63A{number:05}", at("2026-01-01"))
    before = len(asked)
    registry.registrations_of("63A00000", at("2026-01-01"))
    registry.registrations_of(f"63A{MOST_KEPT + 1:05}", at("2026-01-01"))
    assert len(asked) == before + 1


def silent(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("too late", request=request)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (silent, "ReadTimeout"),
        (lambda _: httpx.Response(500), "HTTPStatusError"),
        (lambda _: httpx.Response(200, text="<html>"), "no list of registrations"),
        (lambda _: httpx.Response(200, json={"registrations": [{"plate": "x"}]}), "no list of registrations"),
    ],
)
def test_a_server_that_fails_is_a_clear_refusal_and_asked_again_the_next_time(
    answer: Callable[[httpx.Request], httpx.Response], said: str
) -> None:
    registry, asked = server(answer)
    for _ in range(2):
        with pytest.raises(RegistryFailed, match=said):
            registry.registrations_of("63A12345", at("2026-01-01"))
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("seen", "registered", "differing"),
    [
        ({"vehicle_class": "car"}, {"vehicle_class": "car"}, []),
        ({"vehicle_class": "car"}, {"vehicle_class": "Xe con"}, []),
        ({"vehicle_class": "car"}, {"vehicle_class": "motorcycle"}, ["vehicle_class"]),
        ({"vehicle_class": "motorbike"}, {"vehicle_class": "Mô tô"}, []),
        ({"vehicle_class": "car"}, {"vehicle_class": ""}, []),
        ({"plate_colour": "unknown"}, {"plate_colour": "yellow"}, []),
        ({"plate_colour": "white"}, {"plate_colour": "Vàng"}, ["plate_colour"]),
        ({"colour": "Đỏ"}, {"colour": "red"}, []),
        ({"colour": "đen"}, {"colour": "trắng"}, ["colour"]),
        ({"make": " toyota "}, {"make": "TOYOTA"}, []),
        ({"make": "Kia", "colour": "đen"}, {"make": "Toyota", "colour": "trắng"}, ["colour", "make"]),
    ],
)
def test_what_was_seen_is_compared_only_where_both_sides_know(
    seen: dict[str, str], registered: dict[str, str], differing: list[str]
) -> None:
    found = mismatches(Seen(**seen), registration(**registered))
    assert [mismatch.what for mismatch in found] == differing


@pytest.mark.parametrize(
    ("text", "code"), [("Trắng", "white"), ("yellow", "yellow"), ("biển lạ", None), ("", None), ("đen", None)]
)
def test_a_plates_colour_is_known_by_its_word_in_either_language(text: str, code: str | None) -> None:
    assert plate_colour_code(text) == code
