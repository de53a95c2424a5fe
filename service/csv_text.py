"""CSV for spreadsheets: values in, one line of text out, and no cell that a spreadsheet would run as a formula."""

import csv
import io
from collections.abc import Iterable

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BYTE_ORDER_MARK = "\ufeff"
"""Spreadsheets take UTF-8 for UTF-8 only behind it."""


def safe_cell(value: object) -> str:
    """The value as text; text that begins like a formula gets an apostrophe in front. Numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    begins = text.lstrip(" \u00a0\u200b\ufeff\0")
    return f"'{text}" if begins.startswith(FORMULA_STARTS) else text


def csv_line(values: Iterable[object]) -> str:
    """One line, ended as RFC 4180 says."""
    line = io.StringIO()
    csv.writer(line).writerow([safe_cell(value) for value in values])
    return line.getvalue()
