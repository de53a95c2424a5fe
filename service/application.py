"""The service as one FastAPI application: JSON, console, and the one place where errors become answers.

service/api.py          cases, packets as JSON   service/console/     pages
service/office_api.py   people, machines, audit  service/door.py      request → caller, transaction, time
service/cases           review and decision      service/ledger.py    money
service/law             tariff and deadlines     service/audit.py     who did what
service/intake.py       packets from workers     service/people.py    who may do what
"""

from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

from service import api, deadlines_api, exports, office_api, watching_over
from service.accounts import endpoints as account_endpoints
from service.accounts import pages as account_pages
from service.accounts.token_use import NotedTokens
from service.api_description import PROBLEM, PROBLEMS, describe
from service.body_limit import BodyLimit
from service.cameras import endpoints as camera_endpoints
from service.cameras import state_endpoints, worker_door
from service.cameras.registering import load_or_create_secret
from service.cases import endpoints as case_endpoints
from service.console import pages
from service.console.assets import ASSETS, FOR_GOOD, Assets
from service.database import migrate, open_database, says_disk_full
from service.door import Record
from service.errors import ServiceError
from service.evidence.opening import open_store
from service.idempotency import AnsweredBefore
from service.known_workers import KnownWorkers
from service.live import endpoints as live_endpoints
from service.metrics import CountedRequests, Metrics
from service.owners import endpoints as owner_endpoints
from service.papers import endpoints as paper_endpoints
from service.papers import pages as paper_pages
from service.payments import endpoints as payment_endpoints
from service.public import endpoints as public_endpoints
from service.publishing import endpoints as publishing_endpoints
from service.recordings import endpoints as recording_endpoints
from service.response_headers import ResponseHeaders
from service.settings import Settings

log = structlog.get_logger()


def open_record(settings: Settings) -> Record:
    """Open database (brought up to date), evidence folder and secret."""
    engine = open_database(settings.database_url)
    migrate(settings.database_url)
    return Record(
        settings=settings,
        engine=engine,
        evidence=open_store(settings),
        secret=load_or_create_secret(settings.keys_folder),
    )


def create_application(record: Record) -> FastAPI:
    """The application over an opened record."""
    app = FastAPI(title="Ngã Tư", version="1", docs_url=None, redoc_url=None, responses=PROBLEMS)
    describe(app)
    app.state.record = record
    app.include_router(exports.router)  # before the cases: "export" is no case's number
    app.state.owner_registry = owner_endpoints.open_registry(record.settings)
    app.include_router(api.router)
    app.include_router(account_endpoints.router)
    app.include_router(account_pages.router)
    app.include_router(case_endpoints.router)
    app.include_router(owner_endpoints.router)
    app.include_router(paper_endpoints.router)
    app.include_router(paper_pages.router)
    app.state.lookup_limit = public_endpoints.open_limit(record)
    app.include_router(public_endpoints.router)
    app.include_router(payment_endpoints.router)
    app.include_router(deadlines_api.router)
    app.include_router(camera_endpoints.router)  # before the office: "export.csv" is no camera
    app.include_router(office_api.router)
    app.include_router(state_endpoints.router)
    app.include_router(worker_door.router)
    app.include_router(worker_door.watch_router)
    app.include_router(recording_endpoints.router)
    app.include_router(live_endpoints.router)
    app.state.known_workers = KnownWorkers()
    app.state.metrics = Metrics()
    app.include_router(watching_over.router)
    app.include_router(publishing_endpoints.router)
    app.include_router(pages.router)
    app.mount(ASSETS, Assets(FOR_GOOD), name="assets")
    app.mount("/static", Assets("no-cache"), name="static")
    app.add_middleware(BodyLimit)
    app.add_middleware(NotedTokens)
    app.add_middleware(ResponseHeaders)
    app.add_middleware(CountedRequests, metrics=app.state.metrics)
    app.exception_handler(AnsweredBefore)(_answer_as_before)
    app.exception_handler(ServiceError)(_refuse)
    app.exception_handler(StaleDataError)(_refuse_stale)
    app.exception_handler(DataError)(_refuse_unfit)
    app.exception_handler(IntegrityError)(_refuse_stale)
    app.exception_handler(DBAPIError)(_refuse_without_database)
    app.exception_handler(PoolTimeout)(_refuse_without_database)
    app.exception_handler(Exception)(_refuse_unforeseen)
    app.exception_handler(RequestValidationError)(_refuse_invalid)
    app.exception_handler(HTTPException)(_refuse_http)
    return app


async def _answer_as_before(request: Request, error: Exception) -> Response:
    assert isinstance(error, AnsweredBefore)  # noqa: S101 - registered for this type only
    return error.response


async def _refuse(request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, ServiceError) else 500
    return _problem(request, status, str(error))


async def _refuse_stale(request: Request, error: Exception) -> Response:
    return _problem(request, 409, "somebody changed this case at the same moment; load it again")


async def _refuse_unfit(request: Request, error: Exception) -> Response:
    return _problem(request, 422, "a value is too long or too large for the record; nothing was changed")


async def _refuse_unforeseen(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.url.path, kind=type(error).__name__, exc_info=error)
    return _problem(request, 500, "this should not have happened; it was logged, and nothing was changed")


async def _refuse_without_database(request: Request, error: Exception) -> Response:
    log.error("database_failed", path=request.url.path, kind=type(error).__name__)
    if isinstance(error, DBAPIError) and says_disk_full(error):
        return _problem(
            request, 507, "the disk of the record is full; nothing was changed, free space and try again"
        )
    return _problem(request, 503, "the database does not answer; nothing was changed, try again in a minute")


async def _refuse_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type only
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return _problem(request, 422, f"{place}: {first['msg']}")


async def _refuse_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    response = _problem(request, error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response


def _problem(request: Request, status: int, detail: str) -> Response:
    """RFC 9457 for programs, a page for people."""
    if not request.url.path.startswith(("/api/", "/health", "/metrics", "/static/")):
        return pages.refusal(request, status, detail)
    said = pages.localised(request, detail)
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": said}
    return JSONResponse(body, status, media_type=PROBLEM)
