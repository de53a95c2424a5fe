"""The figures of a period as files for spreadsheets: tables in, CSV text or an XLSX workbook out."""

import io
from collections.abc import Callable, Iterator

import xlsxwriter

from service.console.figure_tables import CameraRejects, FigureRow
from service.csv_text import BYTE_ORDER_MARK, csv_line

HEADINGS = ("Detected", "Reviewed", "Fined", "Paid", "Fines in VND", "Paid in VND")
GROUP_TITLES = {"day": "By day", "camera": "By camera", "kind": "By kind", "class": "By class"}
TRANSLATED_GROUPS = ("kind", "class")
MOST_SHEET_NAME = 31

Tables = dict[str, tuple[FigureRow, ...]]
Translate = Callable[[str], str]


def figures_csv(tables: Tables, rejects: tuple[CameraRejects, ...], translate: Translate) -> str:
    """All tables one under the other; the first column says which table a line is of."""
    lines = [csv_line(["", "", *map(translate, HEADINGS)])]
    for group, rows in tables.items():
        title = translate(GROUP_TITLES[group])
        lines += [csv_line([title, *cells]) for cells in _cells(group, rows, translate)]
    title = translate("Rejected by camera")
    lines += [csv_line([title, *cells]) for cells in _reject_cells(rejects, translate)]
    return BYTE_ORDER_MARK + "".join(lines)


def figures_xlsx(tables: Tables, rejects: tuple[CameraRejects, ...], translate: Translate) -> bytes:
    """A workbook with one sheet for each table; text is never taken for a formula."""
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_formulas": False}) as book:
        bold, grouped = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0"})
        for group, rows in tables.items():
            sheet = book.add_worksheet(translate(GROUP_TITLES[group])[:MOST_SHEET_NAME])
            sheet.write_row(0, 0, ["", *map(translate, HEADINGS)], bold)
            for number, cells in enumerate(_cells(group, rows, translate), start=1):
                sheet.write_row(number, 0, cells, grouped)
            sheet.set_column(0, 0, 28)
            sheet.set_column(1, len(HEADINGS), 16)
            sheet.freeze_panes(1, 1)
        sheet = book.add_worksheet(translate("Rejected by camera")[:MOST_SHEET_NAME])
        sheet.write_row(0, 0, ["", *map(translate, ("Reason", "Rejected", "Reviewed"))], bold)
        for number, reject in enumerate(_reject_cells(rejects, translate), start=1):
            sheet.write_row(number, 0, reject, grouped)
        sheet.set_column(0, 1, 28)
    return sink.getvalue()


def _cells(group: str, rows: tuple[FigureRow, ...], translate: Translate) -> Iterator[list[str | int]]:
    for row in rows:
        name = translate(row.name) if group in TRANSLATED_GROUPS else row.name
        yield [name, row.detected, row.reviewed, row.fined, row.paid, row.fined_vnd, row.paid_vnd]


def _reject_cells(rejects: tuple[CameraRejects, ...], translate: Translate) -> Iterator[list[str | int]]:
    for camera in rejects:
        for reason, count in camera.reasons:
            yield [camera.name, translate(f"reject_{reason}"), count, camera.reviewed]
