"""How numbers, moments and amounts are written in each language. Values in, text out; no sentence of its own."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
NOTHING = "–"
ARTICLE = re.compile(r"\b(\d+)\.(\d+)\.([a-z]+)\b")
PLACES = {
    "vi": "điểm {point} khoản {clause} Điều {article}",
    "en": "point {point}, clause {clause}, Article {article}",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """The forms of one language; moments are always told in Vietnam's time."""

    language: str
    translate: Callable[[str], str]

    def vnd(self, amount: int) -> str:
        """19.000.000 ₫ in Vietnamese, 19,000,000 VND in English."""
        return f"{self.count(amount).replace('-', '−')} {'₫' if self.language == 'vi' else 'VND'}"

    def count(self, number: int) -> str:
        """Digits in groups of three."""
        grouped = f"{number:,}"
        return grouped.replace(",", ".") if self.language == "vi" else grouped

    def number(self, value: float) -> str:
        """12,5"""
        return self._decimal(f"{value:g}")

    def article(self, text: str) -> str:
        """`6.9.b` of the tariff as lawyers write it: điểm b khoản 9 Điều 6."""

        def written(match: re.Match[str]) -> str:
            article, clause, point = match.groups()
            return PLACES[self.language].format(
                article=article, clause=clause, point=point.replace("dd", "đ")
            )

        points = "trừ điểm: " if self.language == "vi" else "points: "
        return ARTICLE.sub(written, text).replace("pts ", points)

    def seconds(self, value: float | None) -> str:
        """3,42 s, or a dash."""
        return NOTHING if value is None else f"{self._decimal(f'{value:.2f}')} s"

    def percent(self, value: float) -> str:
        """97 %; never rounded up to certainty."""
        return f"{min(99, int(100 * value + 0.5)) if value < 1 else 100} %"

    def moment(self, value: datetime | None) -> str:
        """24/11/2026 10:04:05, or a dash."""
        return value.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S") if value else NOTHING

    def exact_moment(self, value: datetime | None) -> str:
        """24/11/2026 10:04:05,128, or a dash."""
        if value is None:
            return NOTHING
        return self._decimal(f"{self.moment(value)}.{value.microsecond // 1000:03d}")

    def day(self, value: date | None) -> str:
        """31/12/2026, or a dash."""
        return value.strftime("%d/%m/%Y") if value else NOTHING

    def span(self, value: timedelta) -> str:
        """The largest whole unit: 12 min, 5 h, 3 d."""
        minutes = max(0, int(value.total_seconds() // 60))
        if minutes < 60:
            return self.translate("%(count)s min") % {"count": minutes}
        if minutes < 48 * 60:
            return self.translate("%(count)s h") % {"count": minutes // 60}
        return self.translate("%(count)s d") % {"count": self.count(minutes // (24 * 60))}

    def _decimal(self, text: str) -> str:
        return text.replace(".", ",") if self.language == "vi" else text
