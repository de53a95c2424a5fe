"""Which kinds of Vietnamese plate a text can be, given its rows and colour. Never changes a character.

Source: Circular 79/2024/TT-BCA art. 37, 39, app. 04; the second motorcycle letter follows the union of the two lists
in that circular. Several answers mean that the text is ambiguous: 63B11234 is an old motorcycle or a car.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from models.types import PlateColour, PlateLayout

_PROVINCE = r"(?:1[124-9]|2\d|3\d|4[013789]|5\d|6\d|7\d|8[0-689]|9[02-57-9])"
_SERIES = "[A-HK-NPS-VXYZ]"
_SECOND = "[A-HK-NPR-VXYZ]"


class PlateClass(StrEnum):
    """Kinds of plate (TT79/2024)."""

    CAR_CIVIL = "car_civil"
    CAR_CIVIL_LEGACY = "car_civil_legacy"
    CAR_STATE = "car_state"
    MOTO_CIVIL = "moto_civil"
    MOTO_CIVIL_LEGACY = "moto_civil_legacy"
    MOTO_STATE = "moto_state"
    SPECIAL_CURRENT = "special_current"
    SPECIAL_LEGACY = "special_legacy"
    TEMPORARY = "temporary"
    FOREIGN_CAR = "foreign_car"
    FOREIGN_MOTO = "foreign_moto"
    MILITARY = "military"


PATTERNS: dict[PlateClass, re.Pattern[str]] = {
    PlateClass.CAR_CIVIL: re.compile(rf"{_PROVINCE}{_SERIES}\d{{5}}"),
    PlateClass.CAR_CIVIL_LEGACY: re.compile(rf"{_PROVINCE}{_SERIES}\d{{3,4}}"),
    PlateClass.CAR_STATE: re.compile(rf"{_PROVINCE}[A-HKLM]\d{{3,5}}"),
    PlateClass.MOTO_CIVIL: re.compile(rf"{_PROVINCE}{_SERIES}{_SECOND}\d{{5}}"),
    PlateClass.MOTO_CIVIL_LEGACY: re.compile(rf"{_PROVINCE}{_SERIES}[1-9]\d{{4,5}}"),
    PlateClass.MOTO_STATE: re.compile(rf"{_PROVINCE}[A-HKLM][1-9]\d{{4,5}}"),
    PlateClass.SPECIAL_CURRENT: re.compile(rf"{_PROVINCE}(?:CD|RM|HC|KT)\d{{5}}"),
    PlateClass.SPECIAL_LEGACY: re.compile(rf"{_PROVINCE}(?:MK|TD|LD|DA|MD[1-9]?|CT|LB|R|T)\d{{3,5}}"),
    PlateClass.TEMPORARY: re.compile(rf"T{_PROVINCE}\d{{5}}"),
    PlateClass.FOREIGN_CAR: re.compile(rf"{_PROVINCE}\d{{3}}(?:NG|QT|CV|NN)\d{{2}}"),
    PlateClass.FOREIGN_MOTO: re.compile(rf"{_PROVINCE}\d{{3}}(?:NG|QT|CV|NN)\d{{3}}"),
    PlateClass.MILITARY: re.compile(r"[A-Z]{2}\d{3,5}"),
}
MOTORCYCLE = {PlateClass.MOTO_CIVIL, PlateClass.MOTO_CIVIL_LEGACY, PlateClass.MOTO_STATE}
STATE = {PlateClass.CAR_STATE, PlateClass.MOTO_STATE}
MOTORCYCLE_FIRST_ROW = 4
"""63-B1 / 63-AB stand above the number; a car's first row is 63A."""


def plate_classes(
    text: str,
    *,
    layout: PlateLayout | None = None,
    rows: Sequence[int] = (),
    colour: PlateColour = PlateColour.UNKNOWN,
) -> tuple[PlateClass, ...]:
    """Every kind that the text can be. `rows`: characters in each row; what is unknown rules nothing out."""
    return tuple(
        kind
        for kind, pattern in PATTERNS.items()
        if pattern.fullmatch(text) and _fits(kind, layout, rows) and _may_be_coloured(kind, colour)
    )


def is_ambiguous(classes: Sequence[PlateClass]) -> bool:
    """Whether motorcycle and car kinds are both possible: the text alone does not name a vehicle."""
    return len({kind in MOTORCYCLE for kind in classes}) > 1


def _fits(kind: PlateClass, layout: PlateLayout | None, rows: Sequence[int]) -> bool:
    if kind in MOTORCYCLE and layout is PlateLayout.ONE_LINE:
        return False
    if layout is PlateLayout.TWO_LINE and len(rows) == 2:
        long_head = rows[0] >= MOTORCYCLE_FIRST_ROW
        if kind in MOTORCYCLE:
            return long_head
        if kind in {PlateClass.CAR_CIVIL, PlateClass.CAR_CIVIL_LEGACY, PlateClass.CAR_STATE}:
            return not long_head
    return True


def _may_be_coloured(kind: PlateClass, colour: PlateColour) -> bool:
    if colour is PlateColour.UNKNOWN:
        return True
    if colour is PlateColour.BLUE:
        return kind in STATE or kind in {PlateClass.SPECIAL_CURRENT, PlateClass.SPECIAL_LEGACY}
    if colour is PlateColour.RED:
        return kind is PlateClass.MILITARY
    return kind not in STATE and kind is not PlateClass.MILITARY


PROVINCES: dict[str, str] = {
    code: name
    for codes, name in (
        ("11", "Cao Bằng"),
        ("12", "Lạng Sơn"),
        ("14", "Quảng Ninh"),
        ("15 16 34", "Hải Phòng"),
        ("17 89", "Hưng Yên"),
        ("18 35 90", "Ninh Bình"),
        ("19 28 88", "Phú Thọ"),
        ("20 97", "Thái Nguyên"),
        ("21 24", "Lào Cai"),
        ("22 23", "Tuyên Quang"),
        ("25", "Lai Châu"),
        ("26", "Sơn La"),
        ("27", "Điện Biên"),
        ("29 30 31 32 33 40", "Hà Nội"),
        ("36", "Thanh Hóa"),
        ("37", "Nghệ An"),
        ("38", "Hà Tĩnh"),
        ("39 60 93", "Đồng Nai"),
        ("41 50 51 52 53 54 55 56 57 58 59 61 72", "TP. Hồ Chí Minh"),
        ("43 92", "Đà Nẵng"),
        ("47 78", "Đắk Lắk"),
        ("48 49 86", "Lâm Đồng"),
        ("62 70", "Tây Ninh"),
        ("63 66", "Đồng Tháp"),
        ("64 71 84", "Vĩnh Long"),
        ("65 83 95", "Cần Thơ"),
        ("67 68", "An Giang"),
        ("69 94", "Cà Mau"),
        ("73 74", "Quảng Trị"),
        ("75", "Huế"),
        ("76 82", "Quảng Ngãi"),
        ("77 81", "Gia Lai"),
        ("79 85", "Khánh Hòa"),
        ("80", "Cục Cảnh sát giao thông"),
        ("98 99", "Bắc Ninh"),
    )
    for code in codes.split()
}
"""Province of a code by Circular 51/2025 app. 02 (34 provinces, from 2025-07-01). Old plates stay valid."""
