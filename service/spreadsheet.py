"""XLSX as it is made: rows in, pieces of the workbook's bytes out, none of it held. Text is text, never a formula.

Cells hold their text themselves (inline strings): a table of shared ones would have to be held until the end.
"""

import re
import zipfile
from collections.abc import Generator, Iterable, Iterator
from itertools import chain, islice
from xml.sax.saxutils import escape, quoteattr

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_576
"""Of one sheet; what is more goes on the next one."""
MOST_TEXT = 32_767
"""Characters of one cell."""
ROWS_AT_ONCE = 100
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_RELATIONS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
Values = Iterable[object]


class _Outlet:
    """A file that cannot be gone back in: what was written to it since the last time is taken away."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Nothing is open here."""

    def taken(self) -> bytes:
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data


def xlsx(name: str, heads: Values, rows: Iterable[Values], *, most_rows: int = MOST_ROWS) -> Iterator[bytes]:
    """A workbook of one table, whose heads stand on every sheet; `name` is that of the sheets."""
    outlet, rest, sheets = _Outlet(), iter(rows), 0
    heads = tuple(heads)
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        first: tuple[Values, ...] = ()
        while not sheets or first:
            sheets += 1
            is_full = yield from _sheet(book, outlet, sheets, heads, chain(first, rest), most_rows)
            first = tuple(islice(rest, 1)) if is_full else ()
        for path, text in _frame(name, sheets):
            book.writestr(path, _HEAD + text)
        yield outlet.taken()
    yield outlet.taken()


def _sheet(
    book: zipfile.ZipFile, outlet: _Outlet, number: int, heads: Values, rows: Iterator[Values], most_rows: int
) -> Generator[bytes, None, bool]:
    """One sheet's rows; whether there are more than it takes."""
    is_full = False
    with book.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as sheet:
        sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{_row(heads)}'.encode())
        lines: list[str] = []
        for place, row in enumerate(rows, start=2):
            lines.append(_row(row))
            is_full = place == most_rows
            if is_full or len(lines) == ROWS_AT_ONCE:
                sheet.write("".join(lines).encode())
                lines.clear()
                yield outlet.taken()
            if is_full:
                break
        sheet.write(("".join(lines) + "</sheetData></worksheet>").encode())
    yield outlet.taken()
    return is_full


def _row(values: Values) -> str:
    return f"<row>{''.join(map(_cell, values))}</row>"


def _cell(value: object) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"<c><v>{value}</v></c>"
    text = escape(NOT_IN_XML.sub("", str(value))[:MOST_TEXT])
    return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _frame(name: str, sheets: int) -> Iterator[tuple[str, str]]:
    """The small files around the sheets."""
    numbers = range(1, sheets + 1)
    named = [name if number == 1 else f"{name} {number}" for number in numbers]
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_SHEET_TYPE}"/>'
        for number in numbers
    )
    yield (
        "[Content_Types].xml",
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="{_RELATIONS_TYPE}"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_BOOK_TYPE}"/>{parts}</Types>',
    )
    yield "_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")])
    yield (
        "xl/_rels/workbook.xml.rels",
        _relations([("worksheet", f"worksheets/sheet{number}.xml") for number in numbers]),
    )
    entries = "".join(
        f'<sheet name={quoteattr(title)} sheetId="{number}" r:id="rId{number}"/>'
        for number, title in zip(numbers, named, strict=True)
    )
    yield (
        "xl/workbook.xml",
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{entries}</sheets></workbook>',
    )


def _relations(targets: Iterable[tuple[str, str]]) -> str:
    entries = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{entries}</Relationships>'
