"""Reading statements: separators, marks, column names, amounts, days; what cannot be read is kept with the reason."""

from datetime import date

import pytest

from service.csv_text import csv_line, safe_cell
from service.errors import BadInput
from service.payments.statement import StatementLine, read_statement

ROW = "T1,2026-11-24,19000000,NT00000001,63A-123.45,Nguyễn Văn A,nộp phạt"
HEADER = "transaction_id,paid_on,amount_vnd,reference,plate,payer,description"
VIETNAMESE = "Mã giao dịch;Ngày nộp;Số tiền;Số quyết định;Biển số;Người nộp;Nội dung"


def one(text: str) -> StatementLine:
    (line,) = read_statement(text.encode())
    return line


@pytest.mark.parametrize(
    "data",
    [
        f"{HEADER}\n{ROW}\n".encode(),
        f"{HEADER}\r\n{ROW}\r\n".encode("utf-8-sig"),
        f"{HEADER}\n{ROW}".replace(",", ";").encode(),
        f"{HEADER}\n{ROW}".replace(",", "\t").encode(),
        f"{VIETNAMESE}\n{ROW.replace(',', ';')}\n\n;;;;;;\n".encode("utf-8-sig"),
        "số tiền,BIỂN SỐ,mã giao dịch,ngày,số quyết định,người nộp,diễn giải,other\n"
        "19000000,63A-123.45,T1,24/11/2026,NT00000001,Nguyễn Văn A,nộp phạt,x\n".encode(),
    ],
)
def test_columns_are_found_by_name_whatever_the_separator(data: bytes) -> None:
    (line,) = read_statement(data)
    assert (line.transaction_id, line.paid_on, line.amount_vnd) == ("T1", date(2026, 11, 24), 19_000_000)
    assert (line.reference, line.plate) == ("NT00000001", "63A-123.45")
    assert (line.payer, line.description, line.unreadable) == ("Nguyễn Văn A", "nộp phạt", None)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("19000000", 19_000_000),
        ("19.000.000", 19_000_000),
        ("19 000 000", 19_000_000),
        ('"19,000,000"', 19_000_000),
        ("19.000.000 ₫", 19_000_000),
        ("19000000 VND", 19_000_000),
        ("900000đ", 900_000),
        ("1.5", None),
        ("19.00", None),
        ('"19.000,000"', None),
        ("1900.000", None),
        ("-5", None),
        ("0", None),
        ("", None),
        ("1e9", None),
        ("١٢٣", None),
        ("9999999999999", None),
    ],
)
def test_an_amount_is_whole_dong_or_the_line_is_unreadable(amount: str, expected: int | None) -> None:
    line = one(f"{HEADER}\nT1,2026-11-24,{amount},,,,\n")
    assert line.amount_vnd == expected
    assert (line.unreadable is None) is (expected is not None)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-11-24", date(2026, 11, 24)),
        ("2026-11-24T10:11:12", date(2026, 11, 24)),
        ("2026-11-24 10:11", date(2026, 11, 24)),
        ("24/11/2026", date(2026, 11, 24)),
        ("4-1-2026", date(2026, 1, 4)),
        ("11/24/2026", None),
        ("24/11/26", None),
        ("0001-01-01", None),
        ("", None),
    ],
)
def test_a_day_is_read_day_first_or_the_line_is_unreadable(day: str, expected: date | None) -> None:
    line = one(f"{HEADER}\nT1,{day},5,,,,\n")
    assert line.paid_on == expected
    assert (line.unreadable is None) is (expected is not None)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",2026-11-24,5,,,,", "transaction_id: is missing"),
        (f"{'T' * 61},2026-11-24,5,,,,", "transaction_id: longer than 60"),
        ("T1", "paid_on: is no day"),
        (f"T1,2026-11-24,5,,{'6' * 21},,", "plate: longer than 20"),
    ],
)
def test_a_bad_line_is_a_line_with_its_reason(row: str, reason: str) -> None:
    unreadable = one(f"{HEADER}\n{row}\n").unreadable
    assert unreadable is not None
    assert unreadable.startswith(reason)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "line 1 names no column transaction_id"),
        (
            b"transaction_id,paid_on\n",
            "line 1 names no column amount_vnd .known names: amount_vnd, amount, so tien",
        ),
        (b"\xff\xfea\x00", "byte 0 is not UTF-8"),
        (HEADER.encode() + b"\nT\x00,,\n", "NUL"),
    ],
)
def test_a_file_that_is_no_statement_is_refused_whole(data: bytes, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        read_statement(data)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+84", "'+84"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =cmd|x", "' =cmd|x"),
        ("\t=1", "'\t=1"),
        ("\u200b=1", "'\u200b=1"),
        ("＝1", "'＝1"),
        ("63A12345", "63A12345"),
        (-5, "-5"),
        (None, ""),
    ],
)
def test_no_cell_is_a_formula(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


def test_a_cell_with_separators_is_quoted() -> None:
    assert csv_line(["a,b", 'say "x"', "line\nbreak", 5]) == '"a,b","say ""x""","line\nbreak",5\r\n'
