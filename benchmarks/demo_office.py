"""The office side of the demo: a real service process, the outbox sent to it, one case decided over HTTP.

Signs in and clicks as an officer would, through the JSON interface; knows no database.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from detector.errors import EvidenceError
from detector.evidence.outbox import OutboxSender, SendCounts

OFFICER = "officer"
START_S = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """A confirmed case, the law it fell under and the ledger line of its fine."""

    case_id: int
    kind: str
    vehicle_class: str
    plate: str
    law: str
    entry: str
    entered_at: datetime
    amount_vnd: int
    balance_vnd: int


@contextmanager
def running_service(state: Path) -> Iterator[str]:
    """The service as `ngatu serve` starts it, on a free port; gives its address. Raises EvidenceError."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "ngatu", "serve", "--state", str(state), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for_service(url, process)
        yield url
    finally:
        process.terminate()
        process.wait()


def wait_for_service(url: str, process: "subprocess.Popen[bytes]", *, within_s: float = START_S) -> None:
    """Return once a started service answers. Raises EvidenceError when it does not in time, or ended."""
    until_s = time.monotonic() + within_s
    while time.monotonic() < until_s and process.poll() is None:
        try:
            httpx.get(f"{url}/health", timeout=5).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return
    raise EvidenceError(f"{url}: the service did not start; run ngatu serve by hand to see why")


def send_all(outbox: Path, *, url: str, token: str) -> SendCounts:
    """Send what waits; the packets that the service has are kept beside the outbox."""
    with httpx.Client() as client:
        sender = OutboxSender(outbox, service_url=url, token=token, client=client, keep_sent=True)
        return sender.send_waiting()


def decide_one(url: str, *, password: str) -> Decided | None:
    """Confirm the case with the surest plate and issue its fine; None when no case has plate and moment."""
    with httpx.Client(base_url=url, timeout=30) as client:
        signed_in = _said(client.post("/api/v1/session", json={"name": OFFICER, "password": password}))
        client.headers["X-CSRF-Token"] = signed_in["csrf"]
        lines = _said(client.get("/api/v1/cases"))["cases"]
        cases = [_said(client.get(f"/api/v1/cases/{line['id']}")) for line in lines]
        fit = [case for case in cases if case["plate"] and case["committed_at"] and case["tariff"]]
        if not fit:
            return None
        surest = max(fit, key=lambda case: (case["plate_verdict"] == "sure", case["plate_confidence"]))
        return _confirm(client, surest["id"])


def _confirm(client: httpx.Client, case_id: int) -> Decided:
    way = f"/api/v1/cases/{case_id}"
    fine = {"without_notice": "demonstration: no vehicle registry to notify an owner from"}
    for path, body in ((f"{way}/claim", None), (f"{way}/confirm", None), (f"{way}/fine", fine)):
        _said(client.post(path, json=body))
    case = _said(client.get(way))
    entry, tariff = case["ledger"][-1], case["tariff"]
    return Decided(
        case_id=case_id,
        kind=case["kind"],
        vehicle_class=case["vehicle_class"],
        plate=case["plate"],
        law=f"{tariff['decree']} art. {tariff['article']}, {tariff['min_vnd']:,} to {tariff['max_vnd']:,} VND",
        entry=entry["kind"],
        entered_at=datetime.fromisoformat(entry["entered_at"]),
        amount_vnd=entry["amount_vnd"],
        balance_vnd=case["balance_vnd"],
    )


def _said(answer: httpx.Response) -> dict[str, Any]:
    answer.raise_for_status()
    body: dict[str, Any] = answer.json()
    return body
