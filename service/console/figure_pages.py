"""The figures page and its files. A period in, a page, CSV or XLSX out; nothing is changed here but the audit."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from service.api import figures_out, period
from service.audit import write_audit
from service.cases import queries
from service.cases.due_list import due_cases
from service.cases.queries import READERS
from service.cases.workload import acts_by_hour, work_of_reviewers
from service.console.charts import day_chart, heat_of
from service.console.figure_files import FigureTables, figures_csv, figures_xlsx
from service.console.figure_tables import by_month, figure_tables, rejects_by_camera
from service.console.page_caller import PageCaller
from service.console.rendering import LANGUAGE_COOKIE, render
from service.console.texts import language_of, translations
from service.console.wording import VIETNAM
from service.door import Now, SessionHere, only_reads
from service.people import Caller

router = APIRouter(include_in_schema=False)
USUAL_DAYS = 30
SOON_DAYS = 3
LONG = timedelta(days=62)
"""Of a longer period months are told before the days."""
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def get_period(
    now: Now, from_on: Annotated[str, Query()] = "", to_on: Annotated[str, Query()] = ""
) -> tuple[date, date]:
    """The days that are asked for; the last 30 where none are."""
    today = now.astimezone(VIETNAM).date()
    return _day(from_on) or today - timedelta(days=USUAL_DAYS - 1), _day(to_on) or today


Days = Annotated[tuple[date, date], Depends(get_period)]


@router.get("/figures")
@only_reads
def get_figures(
    request: Request, caller: PageCaller, session: SessionHere, now: Now, days: Days
) -> HTMLResponse:
    """Figures of a period; the last 30 days unless others are asked for."""
    first, last = days
    moments = period(first, last)
    found = queries.figures(session, *moments, caller)
    tables = _tables(session, moments, caller)
    today, may_look = now.astimezone(VIETNAM).date(), caller.role in READERS
    return render(
        request,
        "figures.html",
        caller=caller,
        figures=figures_out(found),
        chart=day_chart(found.by_day, first, last),
        tables=tables.groups,
        months=by_month(tables.groups["day"]) if last - first > LONG else (),
        rejects=tables.rejects,
        reviewers=tables.reviewers,
        heat=heat_of(tables.hours),
        dues=due_cases(session, caller, today=today, within_days=SOON_DAYS, limit=0) if may_look else None,
        soon_days=SOON_DAYS,
        from_on=first,
        to_on=last,
        made_at=now,
        presets=_presets(now),
    )


@router.get("/figures/export")
def get_figures_file(
    request: Request,
    caller: PageCaller,
    session: SessionHere,
    now: Now,
    days: Days,
    format: Literal["csv", "xlsx"] = "csv",
) -> Response:
    """The exact tables of a period as a file. Audited."""
    moments = period(*days)
    tables = _tables(session, moments, caller)
    translate = translations(language_of(request.cookies.get(LANGUAGE_COOKIE))).gettext
    asked = {"from_on": str(days[0]), "to_on": str(days[1]), "format": format}
    write_audit(session, at=now, who=caller.name, action="figures_exported", subject="figures", after=asked)
    write = figures_csv if format == "csv" else figures_xlsx
    name = f"ngatu-{days[0]}-{days[1]}.{format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(write(tables, translate), media_type=MEDIA_TYPES[format], headers=headers)


def _tables(session: Session, moments: tuple[datetime, datetime], caller: Caller) -> FigureTables:
    return FigureTables(
        groups=figure_tables(session, *moments, caller),
        rejects=rejects_by_camera(session, *moments, caller),
        reviewers=work_of_reviewers(session, *moments, caller),
        hours=acts_by_hour(session, *moments, caller),
    )


def _presets(now: datetime) -> dict[str, str]:
    """Usual periods and the addresses of their figures."""
    today = now.astimezone(VIETNAM).date()
    starts = {
        "period_today": today,
        "period_week": today - timedelta(days=6),
        "period_month": today - timedelta(days=USUAL_DAYS - 1),
        "period_year": date(today.year, 1, 1),
    }
    return {name: f"/figures?from_on={first}&to_on={today}" for name, first in starts.items()}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
