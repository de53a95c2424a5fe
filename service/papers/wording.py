"""Vietnamese of official papers: amounts in words, moments in full, plates with their marks. Pure."""

import re
from datetime import date, datetime

from markupsafe import Markup, escape

from service.law.tariff import VIETNAM

DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
SCALES = ("", "nghìn", "triệu", "tỷ")
MOST_VND = 10**12 - 1
PLATE = re.compile(r"(?P<province>\d\d)(?P<series>[A-Z]{1,2}\d?|[A-Z]{1,2})(?P<number>\d{5})")
SHORT_MOTORBIKE = re.compile(r"(?P<province>\d\d)(?P<series>[A-Z]\d)(?P<number>\d{4})")

PLACE = re.compile(r"(?P<article>\d+)\.(?P<clause>\d+)\.(?P<point>[a-z]+)")
INSTRUMENT_NUMBER = re.compile(r"số \d+/\d{4}/[^\s,;]+")
POINTS = re.compile(r"\s*(pts )?\d+\.\d+\.[a-z]+\s*")


def amount_in_words(amount_vnd: int) -> str:
    """19.000.000 → Mười chín triệu đồng. Raises ValueError outside of 0 … 999 billion."""
    if not 0 <= amount_vnd <= MOST_VND:
        raise ValueError(f"amount {amount_vnd} VND: words are known from 0 to {MOST_VND}")
    groups = [amount_vnd // 1000**power % 1000 for power in (3, 2, 1, 0)]
    spoken: list[str] = []
    for power, group in zip((3, 2, 1, 0), groups, strict=True):
        if group:
            spoken += [*_group(group, is_first=not spoken), SCALES[power]]
    text = " ".join(word for word in spoken if word) or DIGITS[0]
    return f"{text[0].upper()}{text[1:]} đồng"


def _group(group: int, *, is_first: bool) -> list[str]:
    """Three digits; a group after the first names its hundreds also when there are none."""
    hundreds, tens, ones = group // 100, group // 10 % 10, group % 10
    spoken = [] if is_first and not hundreds else [DIGITS[hundreds], "trăm"]
    if tens == 1:
        spoken.append("mười")
    elif tens:
        spoken += [DIGITS[tens], "mươi"]
    elif ones and spoken:
        spoken.append("linh")
    if ones:
        spoken.append(_ones(tens, ones))
    return spoken


def _ones(tens: int, ones: int) -> str:
    if ones == 1 and tens > 1:
        return "mốt"
    if ones == 5 and tens:
        return "lăm"
    return DIGITS[ones]


def moment_in_full(moment: datetime) -> str:
    """10 giờ 04 phút 05 giây, ngày 20 tháng 11 năm 2026"""
    there = moment.astimezone(VIETNAM)
    return f"{there:%H} giờ {there:%M} phút {there:%S} giây, {day_in_full(there.date())}"


def day_in_full(day: date) -> str:
    """ngày 05 tháng 11 năm 2026; days below 10 and the months January and February have a nought before them."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def marked_plate(plate: str, vehicle_class: str) -> str:
    """63B112345 → 63-B1 123.45, 63A12345 → 63A-123.45; a text of another form stays as it is."""
    is_motorbike = vehicle_class == "motorbike"
    short = SHORT_MOTORBIKE.fullmatch(plate) if is_motorbike else None
    if short:
        return f"{short['province']}-{short['series']} {short['number']}"
    found = PLATE.fullmatch(plate)
    if found is None:
        return plate
    number = f"{found['number'][:3]}.{found['number'][3:]}"
    if is_motorbike:
        return f"{found['province']}-{found['series']} {number}"
    return f"{found['province']}{found['series']}-{number}"


def legal_place(article: str) -> str:
    """The place of the act in the tariff's words: `6.9.b; pts 6.16.b` → điểm b khoản 9 Điều 6."""
    return _place(article.split(";", maxsplit=1)[0])


def points_place(article: str) -> str:
    """The place of the deduction of points, empty where there is none: `6.9.b; pts 6.16.b` → điểm b khoản 16 Điều 6."""
    after = [part for part in article.split(";")[1:] if POINTS.fullmatch(part)]
    return _place(after[0]) if after else ""


def _place(text: str) -> str:
    found = PLACE.search(text)
    if found is None:
        return text.strip()
    point = found["point"].replace("dd", "đ")
    return f"điểm {point} khoản {found['clause']} Điều {found['article']}"


def dong(amount_vnd: int) -> str:
    """19.000.000 đồng"""
    return f"{amount_vnd:,} đồng".replace(",", ".")


def unbroken(text: str) -> Markup:
    """Keeps each `số 168/2024/NĐ-CP` on one line."""
    parts: list[str] = []
    end = 0
    for found in INSTRUMENT_NUMBER.finditer(text):
        parts += [
            escape(text[end : found.start()]),
            Markup('<span class="together">{}</span>').format(found[0]),
        ]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def code_in_groups(code: str) -> str:
    """ABCDE-FGHJK: easier to type."""
    return f"{code[:5]}-{code[5:]}"
