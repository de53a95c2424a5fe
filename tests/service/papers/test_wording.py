"""The Vietnamese of official papers: amounts in words, moments in full, plates with their marks, places in the law."""

from datetime import UTC, date, datetime

import pytest

from service.law.instruments import instruments, words_for
from service.papers import wording
from service.papers.codes import ALPHABET, canonical_code, digest_of_code, new_code


@pytest.mark.parametrize(
    ("amount_vnd", "words"),
    [
        (0, "Không đồng"),
        (5, "Năm đồng"),
        (15, "Mười lăm đồng"),
        (21, "Hai mươi mốt đồng"),
        (105, "Một trăm linh năm đồng"),
        (250_000, "Hai trăm năm mươi nghìn đồng"),
        (1_000_000, "Một triệu đồng"),
        (5_000_000, "Năm triệu đồng"),
        (19_000_000, "Mười chín triệu đồng"),
        (19_047_500, "Mười chín triệu không trăm bốn mươi bảy nghìn năm trăm đồng"),
        (3_100_000_001, "Ba tỷ một trăm triệu không trăm linh một đồng"),
    ],
)
def test_an_amount_is_written_in_words(amount_vnd: int, words: str) -> None:
    assert wording.amount_in_words(amount_vnd) == words


@pytest.mark.parametrize("amount_vnd", [-1, 10**12])
def test_an_amount_without_words_is_refused(amount_vnd: int) -> None:
    with pytest.raises(ValueError, match="words are known"):
        wording.amount_in_words(amount_vnd)


@pytest.mark.parametrize(
    ("plate", "vehicle_class", "marked"),
    [
        ("63A12345", "car", "63A-123.45"),
        ("63B112345", "motorbike", "63-B1 123.45"),
        ("63B11234", "motorbike", "63-B1 1234"),
        ("63B11234", "car", "63B-112.34"),
        ("66AR12345", "motorbike", "66-AR 123.45"),
        ("63LD01234", "car", "63LD-012.34"),
        ("TM1234", "car", "TM1234"),
    ],
)
def test_a_plate_gets_its_marks_back(plate: str, vehicle_class: str, marked: str) -> None:
    assert wording.marked_plate(plate, vehicle_class) == marked


@pytest.mark.parametrize(
    ("article", "place", "points"),
    [
        ("6.9.b; pts 6.16.b", "điểm b khoản 9 Điều 6", "điểm b khoản 16 Điều 6"),
        ("7.7.c; pts 7.13.b", "điểm c khoản 7 Điều 7", "điểm b khoản 13 Điều 7"),
        ("6.1.a", "điểm a khoản 1 Điều 6", ""),
        ("9.2.dd", "điểm đ khoản 2 Điều 9", ""),
        ("5.5.a; ND123 2.34.dd; susp 5.11.b/c", "điểm a khoản 5 Điều 5", ""),
    ],
)
def test_the_tariffs_places_are_written_out(article: str, place: str, points: str) -> None:
    assert (wording.legal_place(article), wording.points_place(article)) == (place, points)


def test_a_moment_is_told_in_vietnams_time() -> None:
    moment = datetime(2026, 11, 4, 20, 4, 5, tzinfo=UTC)
    assert wording.moment_in_full(moment) == "03 giờ 04 phút 05 giây, ngày 05 tháng 11 năm 2026"
    assert wording.day_in_full(date(2027, 2, 1)) == "ngày 01 tháng 02 năm 2027"
    assert wording.day_in_full(date(2027, 3, 9)) == "ngày 09 tháng 3 năm 2027"


def test_a_number_of_a_decree_stays_on_one_line_and_nothing_becomes_markup() -> None:
    said = wording.unbroken("Nghị định số 168/2024/NĐ-CP của <b>")
    assert said == 'Nghị định <span class="together">số 168/2024/NĐ-CP</span> của &lt;b&gt;'


@pytest.mark.parametrize(
    ("name", "day", "said"),
    [
        ("decree_ND168", date(2026, 8, 14), "Nghị định số 168/2024/NĐ-CP của Chính phủ"),
        ("decree_ND168", date(2026, 8, 15), "238/2026/NĐ-CP"),
        ("notice", date(2024, 12, 31), "32/2023/TT-BCA"),
        ("notice", date(2025, 1, 1), "73/2024/TT-BCA của Bộ trưởng Bộ Công an"),
        ("notice", date(2025, 3, 1), "13/2025/TT-BCA"),
        ("notice_form", date(2025, 3, 1), "Mẫu số 01/73"),
        ("evidence", date(2026, 3, 31), "135/2021/NĐ-CP"),
        ("evidence", date(2026, 4, 1), "61/2026/NĐ-CP"),
        ("sanctions_law", date(2025, 7, 1), "88/2025/QH15"),
    ],
)
def test_the_words_of_the_law_are_those_of_the_day(name: str, day: date, said: str) -> None:
    assert said in words_for(name, day)


def test_no_day_has_two_wordings_for_one_thing() -> None:
    for row in instruments():
        others = [other for other in instruments() if other.name == row.name and other is not row]
        last = row.valid_to or date.max
        assert all(
            (other.valid_to or date.max) < row.valid_from or last < other.valid_from for other in others
        )


def test_a_code_is_hard_to_guess_and_easy_to_type() -> None:
    codes = {new_code() for _ in range(500)}
    assert len(codes) == 500
    assert set("".join(codes)) <= set(ALPHABET)
    assert not set(ALPHABET) & set("01OILU")
    code = codes.pop()
    assert digest_of_code(f" {wording.code_in_groups(code).lower()} ") == digest_of_code(code)
    assert canonical_code("ab-12 c") == "AB12C"
