"""XLSX that is written while it is sent: opened again it holds the same rows, and no cell of it is a formula."""

import io
import json
import zipfile
from typing import Any
from xml.etree import ElementTree

import pytest

from service.exports import COLUMNS
from service.spreadsheet import MOST_TEXT, XLSX, xlsx
from tests.service.conftest import Service
from tests.service.test_exports import plate_in_the_record
from tests.service.test_money import act, confirmed

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read(data: bytes) -> dict[str, list[list[Any]]]:
    """The sheets of a workbook by name, found as a spreadsheet program finds them."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert book.testzip() is None
        types = ElementTree.fromstring(book.read("[Content_Types].xml"))
        declared = {part.get("PartName") for part in types}
        relations = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
        targets = {part.get("Id"): f"xl/{part.get('Target')}" for part in relations}
        sheets = {}
        for sheet in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{MAIN}sheet"):
            path = targets[sheet.get(RELATION)]
            assert f"/{path}" in declared
            rows = ElementTree.fromstring(book.read(path)).iter(f"{MAIN}row")
            sheets[str(sheet.get("name"))] = [[value_of(cell) for cell in row] for row in rows]
    return sheets


def value_of(cell: ElementTree.Element) -> Any:
    assert cell.find(f"{MAIN}f") is None
    text, number = cell.find(f"{MAIN}is/{MAIN}t"), cell.find(f"{MAIN}v")
    if text is not None:
        return text.text or ""
    return json.loads(str(number.text)) if number is not None else None


def test_every_value_comes_back_as_what_it_was() -> None:
    rows = [[1, "63A1 & <b>", None], [-2.5, "=1+2", "Lê Lợi"], [10**12, " two spaces ", ""]]
    (sheet,) = read(b"".join(xlsx("Vụ việc", ("a", "b", "c"), rows))).values()
    assert sheet == [["a", "b", "c"], *rows]


def test_what_xml_or_a_cell_cannot_hold_is_left_out() -> None:
    rows = [["a\0b\x1fc\ufffe", "x" * (MOST_TEXT + 5)]]
    (sheet,) = read(b"".join(xlsx("s", ("h", "i"), rows))).values()
    assert sheet[1] == ["abc", "x" * MOST_TEXT]


@pytest.mark.parametrize(("rows", "lengths"), [(0, [1]), (3, [4]), (4, [4, 2]), (7, [4, 4, 2])])
def test_rows_that_one_sheet_does_not_take_go_on_the_next(rows: int, lengths: list[int]) -> None:
    sheets = read(b"".join(xlsx("s", ("n",), ([number] for number in range(rows)), most_rows=4)))
    assert [len(sheet) for sheet in sheets.values()] == lengths
    numbers = [row[0] for sheet in sheets.values() for row in sheet if row[0] != "n"]
    assert numbers == list(range(rows))


def test_an_export_as_xlsx_holds_what_the_lines_hold(service: Service) -> None:
    fined = confirmed(service)
    act(service, fined, "fine")
    service.new_case(number=2)
    plate_in_the_record(service, "=1+2")
    client = service.client("auditor")
    lines = client.get("/api/v1/cases/export?format=jsonl").text.splitlines()
    answer = client.get("/api/v1/cases/export?format=xlsx")
    assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX)
    assert 'filename="cases.xlsx"' in answer.headers["content-disposition"]
    (sheet,) = read(answer.content).values()
    assert sheet[0] == list(COLUMNS)
    assert [dict(zip(COLUMNS, row, strict=True)) for row in sheet[1:]] == [json.loads(line) for line in lines]
