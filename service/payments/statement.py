"""Reads a bank's or the portal's statement: bytes of a CSV file in, lines out. Decides nothing about cases.

Columns are found by name, in any order, Vietnamese or English (COLUMNS); comma, semicolon or tab; UTF-8 with or
without a byte order mark. A line that cannot be read is a line too: it is kept with the reason.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from service.errors import BadInput, TooLarge

MOST_STATEMENT_BYTES = 16 * 1024 * 1024
MOST_LINES = 50_000
MOST_AMOUNT_VND = 10**12
COLUMNS: dict[str, tuple[str, ...]] = {
    "transaction_id": ("transaction_id", "ma giao dich", "so giao dich", "so chung tu"),
    "paid_on": ("paid_on", "date", "ngay nop", "ngay giao dich", "ngay"),
    "amount_vnd": ("amount_vnd", "amount", "so tien"),
    "reference": ("reference", "so quyet dinh", "ma ho so", "so bien ban"),
    "plate": ("plate", "bien so", "bien so xe"),
    "payer": ("payer", "nguoi nop", "ho ten"),
    "description": ("description", "noi dung", "dien giai"),
}
REQUIRED = ("transaction_id", "paid_on", "amount_vnd")
LENGTHS = {"transaction_id": 60, "reference": 200, "plate": 20, "payer": 200, "description": 2000}
AMOUNT = re.compile(r"\d{1,13}|\d{1,3}(?:([.,\u00a0 ])\d{3})(?:\1\d{3})*")
DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementLine:
    """One line; `unreadable` says why its amount or day is None."""

    row_number: int
    transaction_id: str
    paid_on: date | None
    amount_vnd: int | None
    reference: str
    plate: str
    payer: str
    description: str
    unreadable: str | None


def read_statement(data: bytes) -> list[StatementLine]:
    """Every line of a statement. Raises BadInput for a file that is no statement, TooLarge."""
    if len(data) > MOST_STATEMENT_BYTES:
        raise TooLarge(f"statement: more than {MOST_STATEMENT_BYTES >> 20} MB; send it in parts")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"statement: byte {error.start} is not UTF-8; save the file as CSV UTF-8, then send it again"
        ) from None
    if "\0" in text:
        raise BadInput("statement: holds a NUL character; save the file as CSV UTF-8, then send it again")
    header, _, _ = text.partition("\n")
    separator = max(",;\t", key=header.count)
    try:
        return list(_lines(csv.reader(io.StringIO(text), delimiter=separator)))
    except csv.Error as error:
        raise BadInput(f"statement: is not readable as CSV ({error})") from None


def _lines(rows: Iterator[list[str]]) -> Iterator[StatementLine]:
    places = _places(next(rows, []))
    for number, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        if number > MOST_LINES:
            raise TooLarge(f"statement: more than {MOST_LINES} lines; send it in parts")
        yield _line(number, {name: row[at].strip() if at < len(row) else "" for name, at in places.items()})


def _places(header: list[str]) -> dict[str, int]:
    named = {_plain(name): at for at, name in enumerate(header)}
    places = {
        column: at
        for column, names in COLUMNS.items()
        if (at := next((named[name] for name in names if name in named), None)) is not None
    }
    if missing := [column for column in REQUIRED if column not in places]:
        known = ", ".join(COLUMNS[missing[0]])
        raise BadInput(f"statement: line 1 names no column {missing[0]} (known names: {known})")
    return places


def _plain(name: str) -> str:
    """A column's name without case, accents and đ."""
    spread = unicodedata.normalize("NFD", name.strip().lower().replace("đ", "d"))
    return "".join(character for character in spread if not unicodedata.combining(character))


def _line(number: int, cells: dict[str, str]) -> StatementLine:
    texts = {name: cells.get(name, "") for name in LENGTHS}
    paid_on, amount_vnd = _day(cells["paid_on"]), _amount(cells["amount_vnd"])
    wrong = None
    if too_long := [name for name, most in LENGTHS.items() if len(texts[name]) > most]:
        wrong = f"{too_long[0]}: longer than {LENGTHS[too_long[0]]} characters"
    elif not texts["transaction_id"]:
        wrong = "transaction_id: is missing"
    elif paid_on is None:
        wrong = "paid_on: is no day such as 2026-11-24 or 24/11/2026"
    elif amount_vnd is None:
        wrong = "amount_vnd: is no amount of whole dong above 0, such as 19000000 or 19.000.000"
    cut = {name: text[: LENGTHS[name]] for name, text in texts.items()}
    return StatementLine(row_number=number, paid_on=paid_on, amount_vnd=amount_vnd, unreadable=wrong, **cut)


def _day(text: str) -> date | None:
    first = text.split("T", maxsplit=1)[0].split(" ", maxsplit=1)[0]
    found = DAY_FIRST.fullmatch(first)
    try:
        day = date(int(found[3]), int(found[2]), int(found[1])) if found else date.fromisoformat(first)
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day <= date(2200, 1, 1) else None


def _amount(text: str) -> int | None:
    bare = re.sub(r"\s*(đ|₫|vnd|vnđ)$", "", text.strip().lower())
    if not AMOUNT.fullmatch(bare) or not bare.isascii():
        return None
    amount = int(re.sub(r"\D", "", bare))
    return amount if 0 < amount <= MOST_AMOUNT_VND else None
