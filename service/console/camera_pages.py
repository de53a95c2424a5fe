"""Pages of cameras: all of them as table and map, one with its versions, registering, and the calibration page."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from service.cameras import jobs, versions
from service.cameras.registering import INTEGRATORS, camera_for, shown_sources
from service.cameras.states import GRADE_OF_STATE, STATES, camera_state, camera_states
from service.cameras.tables import CalibrationVersion, CameraHealthRow
from service.cases.queries import READERS
from service.console.calibration_values import ChangedValue, changed_values
from service.console.calibration_words import page_words
from service.console.camera_map import HEIGHT, WIDTH, camera_map
from service.console.fitness_words import fitness_said
from service.console.page_caller import PageCaller
from service.console.rendering import LANGUAGE_COOKIE, render
from service.console.texts import language_of
from service.door import Now, RecordHere, RowId, SessionHere, only_reads
from service.errors import NotFound
from service.seen_versions import camera_tag

router = APIRouter(include_in_schema=False)
VIEWS = ("table", "map")
PROBE_SECONDS = (20, 60, 180)
DRY_RUN_SECONDS = (30, 60, 120, 300)
VersionNumber = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """One shape of a drawing as SVG writes it, in thousandths of the picture."""

    part: str
    owner: str
    points: str
    is_area: bool
    changed: bool


@router.get("/cameras")
@only_reads
def get_cameras(
    request: Request,
    caller: PageCaller,
    session: SessionHere,
    now: Now,
    view: str = "table",
    state: str = "",
    ward: str = "",
) -> HTMLResponse:
    """All cameras of the ward by state, as a table or as a map that needs no network."""
    everything = camera_states(session, caller, at=now)
    counts = {name: sum(one.state == name for one in everything) for name in STATES}
    shown = [one for one in everything if state in {"", one.state} and ward in {"", one.row.ward}]
    return render(
        request,
        "cameras.html",
        caller=caller,
        cameras=shown,
        total=len(everything),
        counts=counts,
        chosen={"view": view if view in VIEWS else "table", "state": state, "ward": ward},
        wards=sorted({one.row.ward for one in everything if one.row.ward}),
        map=camera_map(shown),
        size=(WIDTH, HEIGHT),
        grades=GRADE_OF_STATE,
        worker_seen=jobs.worker_seen(session, at=now),
        may_change=caller.role in INTEGRATORS,
    )


@router.get("/cameras/new")
@only_reads
def get_new(request: Request, caller: PageCaller, session: SessionHere, now: Now) -> HTMLResponse:
    """The form that registers a feed."""
    caller.require(*INTEGRATORS)
    known = camera_states(session, caller, at=now)
    return render(
        request,
        "camera_new.html",
        caller=caller,
        wards=sorted({one.row.ward for one in known if one.row.ward}),
        words=_words(request),
        map=camera_map(known),
        size=(WIDTH, HEIGHT),
    )


@router.get("/cameras/{camera_id}/edit")
@only_reads
def get_edit(
    request: Request, camera_id: str, caller: PageCaller, session: SessionHere, record: RecordHere, now: Now
) -> HTMLResponse:
    """The form that changes a feed's name, ward, position or addresses."""
    caller.require(*INTEGRATORS)
    row = camera_for(session, camera_id, caller)
    known = camera_states(session, caller, at=now)
    return render(
        request,
        "camera_edit.html",
        caller=caller,
        camera=row,
        tag=camera_tag(row),
        sources=shown_sources(row, record.secret),
        wards=sorted({one.row.ward for one in known if one.row.ward}),
        map=camera_map(known),
        size=(WIDTH, HEIGHT),
    )


@router.get("/cameras/import")
@only_reads
def get_import(request: Request, caller: PageCaller, session: SessionHere) -> HTMLResponse:
    """The page that takes a CSV file of many cameras and gives one."""
    caller.require(*INTEGRATORS)
    return render(request, "camera_import.html", caller=caller, words=_words(request))


@router.get("/cameras/looks/{job_id}")
def get_look(
    request: Request, job_id: RowId, caller: PageCaller, session: SessionHere, now: Now
) -> HTMLResponse:
    """What a dry run found, as a part of a page."""
    job = jobs.job_for(session, job_id, caller, at=now)
    pictures, counted = jobs.pictures_of(session, job.id), _counted(job.result)
    return render(
        request,
        "camera_would_be.html",
        caller=caller,
        found=job.result,
        pictures=pictures,
        counted=counted,
    )


@router.get("/cameras/{camera_id}")
@only_reads
def get_camera(
    request: Request,
    camera_id: str,
    caller: PageCaller,
    session: SessionHere,
    record: RecordHere,
    now: Now,
    old: VersionNumber = None,
    new: VersionNumber = None,
    enabled: str = "",
) -> HTMLResponse:
    """One camera: state, fitness, its versions and what changed between two of them."""
    row = camera_for(session, camera_id, caller)
    every = versions.list_versions(session, camera_id)
    in_force = next((one for one in every if one.version == row.calibration_version), None)
    counted = in_force or (every[0] if every else None)
    pair = _pair(every, counted, old, new)
    health = session.get(CameraHealthRow, camera_id)
    return render(
        request,
        "camera.html",
        caller=caller,
        camera=row,
        state=camera_state(row, counted, health, at=now),
        health=health,
        grades=GRADE_OF_STATE,
        versions=every,
        in_force=in_force,
        counted=counted,
        report=_report(request, counted),
        pair=pair,
        drawn=_drawn(pair),
        changes=_changes(pair),
        picture_id=next((one.picture_id for one in pair if one is not None and one.picture_id), None),
        sources=shown_sources(row, record.secret) if caller.role in INTEGRATORS else {},
        just_enabled=enabled == "yes",
        may_play_back=caller.role in READERS,
        may_change=caller.role in INTEGRATORS,
    )


@router.get("/cameras/{camera_id}/calibrate")
@only_reads
def get_calibrate(
    request: Request, camera_id: str, caller: PageCaller, session: SessionHere, old: VersionNumber = None
) -> HTMLResponse:
    """The calibration page; `old` begins from an earlier version's drawing."""
    row = camera_for(session, camera_id, caller)
    newest = versions.newest_version(session, camera_id)
    shown = versions.get_version(session, camera_id, old) if old else newest
    start = {
        "camera_id": camera_id,
        "version": newest.version if newest else 0,
        "drawing": shown.drawing if shown else {"signals": [], "lanes": []},
        "picture_id": shown.picture_id if shown else None,
        "is_fit": bool(newest.fitness.get("fit")) if newest else False,
        "may_change": caller.role in INTEGRATORS,
    }
    return render(
        request,
        "calibration.html",
        caller=caller,
        camera=row,
        start=start,
        words=_words(request),
        report=_report(request, newest),
        version=newest,
        probe_seconds=PROBE_SECONDS,
        dry_seconds=DRY_RUN_SECONDS,
        may_change=caller.role in INTEGRATORS,
    )


@router.get("/cameras/{camera_id}/fitness/{version}")
@only_reads
def get_fitness(
    request: Request, camera_id: str, version: RowId, caller: PageCaller, session: SessionHere
) -> HTMLResponse:
    """The fitness report of a version, as a part of a page."""
    camera_for(session, camera_id, caller)
    found = versions.get_version(session, camera_id, version)
    return render(
        request, "camera_fitness.html", caller=caller, report=_report(request, found), version=found
    )


def _report(request: Request, version: CalibrationVersion | None) -> list[dict[str, str]]:
    """A version's checks in the reader's language, the worst first."""
    language = language_of(request.cookies.get(LANGUAGE_COOKIE))
    worst_first = ("unfit", "weak", "unmeasured", "good")
    checks = version.fitness.get("checks", []) if version is not None else []
    said = [
        {"grade": check["grade"]}
        | {name: fitness_said(language, check[name]) for name in ("name", "measured", "advice")}
        for check in checks
    ]
    return sorted(said, key=lambda check: worst_first.index(check["grade"]))


def _words(request: Request) -> dict[str, str]:
    return page_words(language_of(request.cookies.get(LANGUAGE_COOKIE)))


def _counted(result: dict[str, Any]) -> list[tuple[str, int]]:
    """Crossings that made no case, by the verdict's word."""
    counted: dict[str, int] = {}
    for name, count in result.get("not_judged", {}).items():
        verdict = str(name).split(":")[0]
        counted[verdict] = counted.get(verdict, 0) + count
    return sorted(counted.items())


def _pair(
    every: list[CalibrationVersion], counted: CalibrationVersion | None, old: int | None, new: int | None
) -> tuple[CalibrationVersion | None, CalibrationVersion | None]:
    """The two versions to compare: those asked for, else the one that counts alone."""
    by_number = {one.version: one for one in every}
    for asked in (old, new):
        if asked is not None and asked not in by_number:
            raise NotFound(f"calibration version {asked}: there is none")
    return by_number.get(old or 0), by_number.get(new or 0) or counted


def _drawn(
    pair: tuple[CalibrationVersion | None, CalibrationVersion | None],
) -> tuple[list[Outline], list[Outline]]:
    old, new = ([] if one is None else _outlines(one.drawing) for one in pair)
    before = {(one.part, one.owner, one.points) for one in old}
    after = {(one.part, one.owner, one.points) for one in new}
    return _marked(old, after), _marked(new, before) if pair[0] is not None else new


def _changes(pair: tuple[CalibrationVersion | None, CalibrationVersion | None]) -> list[ChangedValue]:
    old, new = pair
    return changed_values(old.drawing, new.drawing) if old is not None and new is not None else []


def _marked(outlines: list[Outline], known: set[tuple[str, str, str]]) -> list[Outline]:
    return [
        Outline(
            part=one.part,
            owner=one.owner,
            points=one.points,
            is_area=one.is_area,
            changed=(one.part, one.owner, one.points) not in known,
        )
        for one in outlines
    ]


def _outlines(drawing: dict[str, Any]) -> list[Outline]:
    shapes: list[tuple[str, str, list[list[float]], bool]] = []
    for lane in drawing["lanes"]:
        shapes += [
            (part, lane["id"], lane[part], part != "stop_line")
            for part in ("approach", "junction", "stop_line")
        ]
        shapes += [("free_on_red", lane["id"], exit_, True) for exit_ in lane.get("free_on_red", [])]
        if lane.get("direction"):
            shapes.append(("direction", lane["id"], lane["direction"]["arrow"], False))
    shapes += [("no_stop_zone", zone["id"], zone["area"], True) for zone in drawing.get("no_stop_zones", [])]
    shapes += [("solid_line", line["id"], line["line"], False) for line in drawing.get("solid_lines", [])]
    for signal in drawing["signals"]:
        for lamp, box in signal["lamps"].items():
            if box is not None:
                x0, y0, x1, y1 = box
                shapes.append((lamp, signal["id"], [[x0, y0], [x1, y0], [x1, y1], [x0, y1]], True))
    return [
        Outline(part=part, owner=owner, points=_points(places), is_area=is_area, changed=False)
        for part, owner, places, is_area in shapes
    ]


def _points(places: list[list[float]]) -> str:
    return " ".join(f"{1000 * x:.1f},{1000 * y:.1f}" for x, y in places)
