"""/health means it, /metrics counts by route and tells no stranger."""

import os
import subprocess
import sys
from datetime import timedelta

from fastapi.testclient import TestClient
from pydantic import SecretStr

from service.metrics import SHARED_FOLDER, shared_counts
from service.publishing.delivering import deliver_due
from tests.service.conftest import Service
from tests.service.test_publishing import confirmed


def local(service: Service) -> TestClient:
    """A client on this machine."""
    return TestClient(service.app, client=("127.0.0.1", 50_000))


def test_health_fails_before_the_disk_is_full(service: Service) -> None:
    service.record.settings.least_free_mb = 10**9
    answer = service.client().get("/health")
    assert (answer.status_code, "left for evidence" in answer.json()["detail"]) == (503, True)


def test_messages_that_wait_too_long_are_said_to_wait(service: Service) -> None:
    service.record.settings.local_webhooks = True
    hook = {"url": "http://127.0.0.1:9/", "topics": ["case.confirmed"]}
    assert service.client("integrator").post("/api/v1/webhooks", json=hook).status_code == 201
    confirmed(service)
    deliver_due(service.record, at=service.clock.now, broker=None)
    young = service.client().get("/health").json()
    assert (young["status"], young["messages_waiting"], young["degraded"]) == ("ok", 1, [])
    service.clock.now += timedelta(hours=1, seconds=1)
    old = service.client().get("/health")
    assert (old.status_code, old.json()["status"], old.json()["degraded"]) == (200, "degraded", ["messages"])


def test_requests_are_counted_by_route_and_cases_by_state(service: Service) -> None:
    case_id = confirmed(service)
    for number in (case_id, 10**6):
        service.client("reviewer").get(f"/api/v1/cases/{number}")
    service.client().get("/no/such/page")
    text = local(service).get("/metrics").text
    way = 'method="GET",route="/api/v1/cases/{case_id}"'
    assert f'ngatu_requests_total{{{way},status="200"}} 1.0' in text
    assert f'ngatu_requests_total{{{way},status="404"}} 1.0' in text
    assert f"ngatu_request_seconds_count{{{way}}} 2.0" in text
    assert 'ngatu_cases{state="confirmed"} 1.0' in text
    assert "ngatu_evidence_free_bytes" in text
    assert "63A12345" not in text
    assert "/no/such/page" not in text


def test_metrics_are_for_this_machine_or_for_who_has_the_token(service: Service) -> None:
    assert service.client().get("/metrics").status_code == 403
    assert local(service).get("/metrics").status_code == 200
    proxied = local(service).get("/metrics", headers={"X-Forwarded-For": "10.0.0.1"})
    assert (proxied.status_code, proxied.headers["content-type"]) == (403, "application/problem+json")
    service.record.settings.metrics_token = SecretStr("of prometheus")
    assert local(service).get("/metrics").status_code == 403
    headers = {"Authorization": "Bearer of prometheus"}
    assert service.client().get("/metrics", headers=headers).status_code == 200


COUNTING = """
from service.metrics import Metrics
Metrics().note_request(method="GET", route="/queue", status=200, seconds=0.2)
"""


def test_the_requests_of_all_processes_are_added_up(service: Service) -> None:
    with shared_counts():
        environment = dict(os.environ)
        for _ in range(2):
            subprocess.run([sys.executable, "-c", COUNTING], check=True, env=environment)
        text = local(service).get("/metrics").text
    assert 'ngatu_requests_total{method="GET",route="/queue",status="200"} 2.0' in text
    assert 'ngatu_request_seconds_count{method="GET",route="/queue"} 2.0' in text
    assert "ngatu_evidence_free_bytes" in text
    assert SHARED_FOLDER not in os.environ
