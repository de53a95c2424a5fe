"""All metrics of the service for Prometheus. Labels come from closed sets: routes, methods, states.

Requests are counted by each server process and added up from the files that they share (`shared_counts`); whatever
the record knows is asked of the database, so every process says the same.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from time import monotonic

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.cases.summary_tables import CaseCount
from service.publishing.tables import OutboxDelivery, OutboxMessage

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CASES_BY_STATE = select(CaseCount.state, func.sum(CaseCount.cases)).group_by(CaseCount.state)
DELIVERIES_BY_OUTCOME = select(OutboxDelivery.outcome, func.count()).group_by(OutboxDelivery.outcome)
UNADDRESSED = select(func.count()).where(OutboxMessage.addressed_at.is_(None))
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where prometheus_client keeps the counts of several processes, when it is set before the library is imported."""


@contextmanager
def shared_counts() -> Iterator[None]:
    """A folder in which the server processes that are started meanwhile keep their counts, from zero on."""
    with TemporaryDirectory(prefix="ngatu-metrics-") as folder:
        os.environ[SHARED_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[SHARED_FOLDER]


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

    def note_request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request; the route is its pattern, never its address."""
        known = method if method in METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)

    def written(self, session: Session, *, free_bytes: int) -> bytes:
        """Everything in Prometheus' text format: requests of all processes, and what the database says now."""
        record = CollectorRegistry()
        record.register(_RecordCounts(session, free_bytes))
        return generate_latest(self._requests_of_all()) + generate_latest(record)

    def _requests_of_all(self) -> CollectorRegistry:
        if SHARED_FOLDER not in os.environ:
            return self._registry
        added_up = CollectorRegistry()
        MultiProcessCollector(added_up)  # type: ignore[no-untyped-call]
        return added_up


class _RecordCounts(Collector):
    """What is counted in the record at this moment."""

    def __init__(self, session: Session, free_bytes: int) -> None:
        self._session, self._free_bytes = session, free_bytes

    def collect(self) -> Iterator[Metric]:
        """The gauges that Prometheus reads."""
        cases = GaugeMetricFamily("ngatu_cases", "Cases in each state", labels=["state"])
        for state, count in self._session.execute(CASES_BY_STATE):
            cases.add_metric([state], count)
        yield cases
        outbox = GaugeMetricFamily("ngatu_outbox_deliveries", "Messages to other systems", labels=["outcome"])
        for outcome, count in self._session.execute(DELIVERIES_BY_OUTCOME):
            outbox.add_metric([outcome], count)
        yield outbox
        waiting = self._session.scalar(UNADDRESSED) or 0
        yield GaugeMetricFamily("ngatu_outbox_unaddressed", "Messages without receivers yet", waiting)
        yield GaugeMetricFamily(
            "ngatu_evidence_free_bytes", "Room that is left for evidence", self._free_bytes
        )


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
