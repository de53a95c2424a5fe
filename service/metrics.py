"""All metrics of the service for Prometheus. Labels come from closed sets: routes, methods, states."""

from time import monotonic

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.publishing.tables import OutboxDelivery, OutboxMessage
from service.tables import Case

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """One application's metrics, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "ngatu_requests", "Requests answered", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "ngatu_request_seconds",
            "How long requests took",
            ["method", "route"],
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._cases = Gauge("ngatu_cases", "Cases in each state", ["state"], registry=self._registry)
        self._outbox = Gauge(
            "ngatu_outbox_deliveries", "Messages to other systems", ["outcome"], registry=self._registry
        )
        self._unaddressed = Gauge(
            "ngatu_outbox_unaddressed", "Messages without receivers yet", registry=self._registry
        )
        self._free_bytes = Gauge(
            "ngatu_evidence_free_bytes", "Room that is left for evidence", registry=self._registry
        )

    def note_request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request; the route is its pattern, never its address."""
        known = method if method in METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)

    def written(self, session: Session, *, free_bytes: int) -> bytes:
        """Everything in Prometheus' text format, with what the database says now."""
        self._cases.clear()
        for state, count in session.execute(select(Case.state, func.count(Case.id)).group_by(Case.state)):
            self._cases.labels(state).set(count)
        self._outbox.clear()
        counted = select(OutboxDelivery.outcome, func.count()).group_by(OutboxDelivery.outcome)
        for outcome, count in session.execute(counted):
            self._outbox.labels(outcome).set(count)
        waiting = select(func.count()).where(OutboxMessage.addressed_at.is_(None))
        self._unaddressed.set(session.scalar(waiting) or 0)
        self._free_bytes.set(free_bytes)
        return generate_latest(self._registry)


class CountedRequests:
    """ASGI middleware: counts every answer by the pattern of its route."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = monotonic(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", None) or "unknown"
            self._metrics.note_request(
                method=scope["method"], route=route, status=status, seconds=monotonic() - begun
            )
