"""/health and /metrics: what a load balancer and Prometheus ask. Neither says anything of a case."""

from datetime import datetime, timedelta
from ipaddress import ip_address
from secrets import compare_digest

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from service.door import Now, RecordHere, SessionHere, only_reads
from service.errors import Forbidden, ServiceError
from service.metrics import Metrics
from service.publishing.tables import OutboxDelivery, OutboxMessage
from service.schemas import HealthOut

router = APIRouter()
TOO_OLD = timedelta(hours=1)
"""A message to another system that waits longer than this is a trouble, if not one of the service itself."""


class Failing(ServiceError):
    """The service runs and cannot do its work."""

    status = 503


@router.get("/health")
@only_reads
def get_health(session: SessionHere, record: RecordHere, now: Now) -> HealthOut:
    """200 when the database answers and evidence can be kept, else 503 or 507.

    `degraded` names what does not keep the service from its work: messages to other systems that wait.
    """
    session.execute(text("SELECT 1"))
    free_mb = record.evidence.free_bytes() >> 20
    if free_mb < record.settings.least_free_mb:
        raise Failing(
            f"only {free_mb} MB are left for evidence, under NGATU_LEAST_FREE_MB={record.settings.least_free_mb}"
        )
    waiting, oldest = _waiting(session)
    degraded = ["messages"] if oldest is not None and now - oldest > TOO_OLD else []
    return HealthOut(
        status="degraded" if degraded else "ok",
        database="ok",
        evidence_free_mb=free_mb,
        messages_waiting=waiting,
        oldest_message_at=oldest,
        degraded=degraded,
    )


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
@only_reads
def get_metrics(request: Request, session: SessionHere, record: RecordHere) -> Response:
    """Prometheus' text format. Needs the bearer token of NGATU_METRICS_TOKEN, or to be asked from this machine."""
    _check_asker(request, record.settings.metrics_token.get_secret_value())
    metrics: Metrics = request.app.state.metrics
    written = metrics.written(session, free_bytes=record.evidence.free_bytes())
    return Response(written, media_type=CONTENT_TYPE_LATEST)


def _check_asker(request: Request, token: str) -> None:
    if token:
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if compare_digest(sent.encode(), token.encode()):
            return
        raise Forbidden("metrics: send the token of NGATU_METRICS_TOKEN as Authorization: Bearer")
    try:
        here = request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        here = False
    if not here or "X-Forwarded-For" in request.headers:
        raise Forbidden("metrics: are for this machine only; set NGATU_METRICS_TOKEN for another one")


def _waiting(session: Session) -> tuple[int, datetime | None]:
    open_ones = select(func.count(), func.min(OutboxMessage.created_at)).select_from(OutboxDelivery)
    open_ones = open_ones.join(OutboxMessage).where(OutboxDelivery.ended_at.is_(None))
    count, oldest = session.execute(open_ones).one()
    return int(count), oldest
