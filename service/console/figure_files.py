"""The figures of a period as files for spreadsheets: tables in, CSV text or an XLSX workbook out."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import xlsxwriter

from service.cases.workload import HOURS, ReviewerWork, WeekdayHours
from service.console.figure_tables import CameraRejects, FigureRow
from service.csv_text import BYTE_ORDER_MARK, csv_line

HEADINGS = ("Detected", "Reviewed", "Fined", "Paid", "Fines in VND", "Paid in VND")
GROUP_TITLES = {
    "day": "By day",
    "ward": "By ward",
    "camera": "By camera",
    "kind": "By kind",
    "class": "By class",
}
TRANSLATED_GROUPS = ("kind", "class")
REVIEWER_HEADINGS = ("Decided", "Confirmed", "Rejected", "Days with decisions", "A day", "Held now")
MOST_SHEET_NAME, FIRST_WIDTH, MANY_COLUMNS = 31, 28, 12

Translate = Callable[[str], str]
Cells = list[str | int | float]


@dataclass(frozen=True, kw_only=True, slots=True)
class FigureTables:
    """All tables of the page."""

    groups: dict[str, tuple[FigureRow, ...]]
    rejects: tuple[CameraRejects, ...]
    reviewers: tuple[ReviewerWork, ...]
    hours: tuple[WeekdayHours, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sheet:
    title: str
    headings: list[str]
    rows: list[Cells]


def figures_csv(tables: FigureTables, translate: Translate) -> str:
    """All tables one under the other, each with its headings; the first column says which table a line is of."""
    lines = []
    for sheet in _sheets(tables, translate):
        lines.append(csv_line([sheet.title, *sheet.headings]))
        lines += [csv_line([sheet.title, *cells]) for cells in sheet.rows]
    return BYTE_ORDER_MARK + "".join(lines)


def figures_xlsx(tables: FigureTables, translate: Translate) -> bytes:
    """A workbook with one sheet for each table; text is never taken for a formula."""
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_formulas": False}) as book:
        bold, grouped = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0"})
        for table in _sheets(tables, translate):
            sheet = book.add_worksheet(table.title[:MOST_SHEET_NAME])
            sheet.write_row(0, 0, table.headings, bold)
            for number, cells in enumerate(table.rows, start=1):
                sheet.write_row(number, 0, cells, grouped)
            sheet.set_column(0, 0, FIRST_WIDTH)
            sheet.set_column(1, len(table.headings), 16 if len(table.headings) < MANY_COLUMNS else 6)
            sheet.freeze_panes(1, 1)
    return sink.getvalue()


def _sheets(tables: FigureTables, translate: Translate) -> Iterator[_Sheet]:
    for group, rows in tables.groups.items():
        yield _Sheet(
            title=translate(GROUP_TITLES[group]),
            headings=["", *map(translate, HEADINGS)],
            rows=list(_cells(group, rows, translate)),
        )
    yield _Sheet(
        title=translate("By weekday and hour"),
        headings=["", *(f"{hour:02d}" for hour in HOURS), translate("Sum")],
        rows=[[translate(row.weekday), *row.counts, row.total] for row in tables.hours],
    )
    yield _Sheet(
        title=translate("Reviewers"),
        headings=["", *map(translate, REVIEWER_HEADINGS)],
        rows=[
            [row.name, row.decided, row.confirmed, row.rejected, row.days, row.a_day, row.held]
            for row in tables.reviewers
        ],
    )
    yield _Sheet(
        title=translate("Rejected by camera"),
        headings=["", *map(translate, ("Reason", "Rejected", "Reviewed"))],
        rows=list(_reject_cells(tables.rejects, translate)),
    )


def _cells(group: str, rows: tuple[FigureRow, ...], translate: Translate) -> Iterator[Cells]:
    for row in rows:
        name = translate(row.name) if group in TRANSLATED_GROUPS else row.name or translate("no ward")
        yield [name, row.detected, row.reviewed, row.fined, row.paid, row.fined_vnd, row.paid_vnd]


def _reject_cells(rejects: tuple[CameraRejects, ...], translate: Translate) -> Iterator[Cells]:
    for camera in rejects:
        for reason, count in camera.reasons:
            yield [camera.name, translate(f"reject_{reason}"), count, camera.reviewed]
