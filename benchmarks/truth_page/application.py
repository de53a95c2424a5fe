"""The page on which a person marks what happened in one clip: pictures out, marks in. For this machine only."""

from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.middleware.base import RequestResponseEndpoint
from starlette.middleware.trustedhost import TrustedHostMiddleware

import service
from benchmarks.truth_page.draft import DraftCrossing, DraftSignal, TruthDraft, save_draft, with_lights
from benchmarks.truth_page.frames import ClipFrames, PictureDamaged
from benchmarks.truth_page.wording import language_of, page
from detector.contract.camera import Camera, Place

HERE = Path(__file__).parent
CONSOLE_STATIC = Path(service.__path__[0]) / "static"
LANGUAGE_COOKIE = "ngatu_language"
MOST_MARKS = 5_000
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(kw_only=True, slots=True)
class Marking:
    """One clip being marked; `revision` rises with every save, so that an older page cannot undo a newer one."""

    clip: Path
    truth_file: Path
    camera: Camera
    frames: ClipFrames
    draft: TruthDraft
    on_disk: bytes
    """The truth file as this page left it: what another program wrote since must not be lost."""
    revision: int = 0
    lock: Lock = field(default_factory=Lock)


class Marks(BaseModel):
    """What the page sends after every change: all rows, and the revision that it began from."""

    model_config = ConfigDict(extra="forbid")

    revision: int
    signal: tuple[DraftSignal, ...]
    crossings: tuple[DraftCrossing, ...]


def create_application(marking: Marking) -> FastAPI:
    """The application over one opened clip."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.marking = marking
    app.add_api_route("/", _page, methods=["GET"], response_class=HTMLResponse)
    app.add_api_route("/clip", _clip, methods=["GET"])
    app.add_api_route("/frames/{number}", _frame, methods=["GET"], response_class=Response)
    app.add_api_route("/marks", _keep, methods=["PUT"])
    app.mount("/static", StaticFiles(directory=CONSOLE_STATIC), name="static")
    app.mount("/truth", StaticFiles(directory=HERE / "static"), name="truth")
    app.exception_handler(RequestValidationError)(_unfit)
    app.middleware("http")(_with_headers)
    # A foreign page that points a name of its own at this machine is not answered.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    return app


async def _with_headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
    response = await call_next(request)
    response.headers.update(HEADERS)
    if not request.url.path.startswith("/frames/"):
        response.headers["Cache-Control"] = "no-store"
    return response


async def _unfit(_: Request, error: RequestValidationError) -> JSONResponse:
    """What is wrong, without what was sent: that may be long, or have no form in JSON."""
    return JSONResponse({"detail": error.errors()[0]["msg"]}, 422)


def _marking(request: Request) -> Marking:
    marking: Marking = request.app.state.marking
    return marking


def _page(request: Request, language: str | None = None) -> HTMLResponse:
    chosen = language_of(language or request.cookies.get(LANGUAGE_COOKIE))
    marking = _marking(request)
    html = page(chosen, clip=marking.clip.name, truth_file=marking.truth_file.name)
    answer = HTMLResponse(html)
    if language:
        answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=31_536_000, httponly=True, samesite="strict")
    return answer


def _clip(request: Request) -> dict[str, Any]:
    """What does not change while one marks, and the marks as they stand."""
    marking = _marking(request)
    width, height = marking.frames.size
    with marking.lock:
        return {
            "times": [round(at_s, 3) for at_s in marking.frames.times_s],
            "length": round(marking.frames.length_s, 3),
            "width": width,
            "height": height,
            "signals": [signal.id for signal in marking.camera.signals],
            "lines": _lines(marking.camera),
            "lamps": {s.id: s.lamps.model_dump(exclude_none=True) for s in marking.camera.signals},
            **_state(marking),
        }


def _lines(camera: Camera) -> list[tuple[Place, Place]]:
    """What is drawn over the picture: stop lines first, then arrows, solid lines and the edges of no-stop zones."""
    arrows = [lane.direction.arrow for lane in camera.lanes if lane.direction is not None]
    solid = [line.line for line in camera.solid_lines]
    edges = [
        edge
        for zone in camera.no_stop_zones
        for edge in zip(zone.area, zone.area[1:] + zone.area[:1], strict=True)
    ]
    return [*(lane.stop_line for lane in camera.lanes), *arrows, *solid, *edges]


def _state(marking: Marking) -> dict[str, Any]:
    draft = marking.draft.model_dump(mode="json", by_alias=True, include={"signal", "crossings"})
    return {"revision": marking.revision, **draft}


def _frame(request: Request, number: int) -> Response:
    try:
        jpeg = _marking(request).frames.jpeg(number)
    except IndexError:
        raise HTTPException(404, "the clip has no such picture") from None
    except PictureDamaged as error:
        raise HTTPException(410, str(error)) from None
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


def _keep(request: Request, marks: Marks, x_ngatu_truth: Annotated[str, Header()]) -> dict[str, Any]:
    """Write the marks into the truth file. The header is one that a foreign page cannot send unasked."""
    marking = _marking(request)
    if len(marks.signal) + len(marks.crossings) > MOST_MARKS:
        raise HTTPException(413, f"more than {MOST_MARKS} marks; cut the clip into parts")
    with marking.lock:
        if marks.revision != marking.revision:
            raise HTTPException(
                409, "the clip is open in another window that saved later; load this page again"
            )
        _save(marking, marks)
        return {"revision": marking.revision}


def _save(marking: Marking, marks: Marks) -> None:
    """Write the marks, or say why not; then all stays as it was, in the file and in memory."""
    changed = {"signal": marks.signal, "crossings": marks.crossings}
    path = marking.truth_file
    try:
        if path.exists() and path.read_bytes() != marking.on_disk:
            raise HTTPException(
                412, f"{path.name} was changed by another program; keep a copy, then start again"
            )
        checked = TruthDraft.model_validate({**marking.draft.model_dump(by_alias=True), **_plain(changed)})
        draft = with_lights(checked, marking.camera)
        save_draft(draft, path)
        marking.on_disk = path.read_bytes()
    except OSError as error:
        raise HTTPException(507, f"{path.name} cannot be written ({error.strerror})") from None
    except ValidationError as error:
        raise HTTPException(422, error.errors(include_url=False)[0]["msg"]) from None
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    marking.draft = draft
    marking.revision += 1


def _plain(changed: dict[str, Any]) -> dict[str, Any]:
    return {name: [row.model_dump(by_alias=True) for row in rows] for name, rows in changed.items()}
