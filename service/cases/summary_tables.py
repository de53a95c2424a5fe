"""Tables that hold sums over cases, so that neither queue nor figures count a million rows for each page.

The database's own triggers (migration `summaries`) note every change in the same transaction, whoever makes it:
  case_count     rows that are added up: +1 where a case came, -1 where it left
  stale_figure   days of a camera whose rows in day_figure are no longer right
  day_figure     what became of the cases of one camera and one day, and of one camera and one month
"""

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from service.tables import Base


class CaseCount(Base):
    """So many cases more of a camera in a state. Rows are merged now and then, never relied on one by one."""

    __tablename__ = "case_count"

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20))
    cases: Mapped[int]


class StaleFigure(Base):
    """Something changed among the cases that one camera saw on one day (Vietnam's) since it was summed up."""

    __tablename__ = "stale_figure"
    __table_args__ = (Index("ix_stale_figure", "day", "camera_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(String(10))
    camera_id: Mapped[str] = mapped_column(String(64))


class DayFigure(Base):
    """What became of the cases of a camera that came in on a day ("2026-11-25") or in a month ("2026-11").

    `dimension` says by what they are parted ("all": not at all), `value` is one part: a state, a kind, a reason.
    A month's row is always the sum of its days' rows.
    """

    __tablename__ = "day_figure"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's form

    dimension: Mapped[str] = mapped_column(String(10), primary_key=True)
    begin: Mapped[str] = mapped_column(String(10), primary_key=True)
    camera_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(30), primary_key=True)
    detected: Mapped[int]
    reviewed: Mapped[int]
    fined: Mapped[int]
    paid: Mapped[int]
    fined_vnd: Mapped[int] = mapped_column(BigInteger)
    paid_vnd: Mapped[int] = mapped_column(BigInteger)
