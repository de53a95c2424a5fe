"""A month of review: many officers at once on one queue, over HTTP, and what the record says of it afterwards.

Officers take cases out of the same lists, correct plates, decide; some decide a case that they do not hold, some send
two answers to one case at the same moment. Every 200 must then stand in the record, and nothing else.
"""

import json
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from benchmarks.service import Server, served
from benchmarks.service_rows import Record, fill_record
from service.application import open_record
from service.audit import first_broken_entry
from service.database import transaction
from service.door import CSRF_HEADER, SESSION_COOKIE
from service.settings import Settings
from service.tables import AuditEntry, Case

OPEN = "/api/v1/cases?state=detected&state=in_review&limit=200"
TRIED_OF_A_LIST = 12
IDLE_S = 2.0
"""The server closes a connection that nobody used for five seconds."""
TRIES = 10
"""A service that is busy says 503 and has changed nothing."""
CORRECTED, NOT_HELD, BOTH_AT_ONCE, CONFIRMED = 0.3, 0.1, 0.1, 0.7
DECIDED_STATE = {"confirm": "confirmed", "reject": "rejected"}
OK, TAKEN = HTTPStatus.OK, {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}


@dataclass(kw_only=True, slots=True)
class Told:
    """What the service answered: decisions and plates that it said were done, refusals, times."""

    decided: list[tuple[int, str]] = field(default_factory=list)
    plates: dict[int, str] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    ms: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One answer; `tag` is the case's version."""

    status: int
    tag: str
    body: bytes


class Officer:
    """Somebody who is signed in, with two connections, as two tabs have."""

    def __init__(self, server: Server, cookie: str, number: int, open_until: ExitStack) -> None:
        place = urlsplit(server.url)
        self._tabs = [HTTPConnection(str(place.hostname), place.port, timeout=120) for _ in range(2)]
        for tab in self._tabs:
            open_until.enter_context(closing(tab))
        self._last_used = [time.perf_counter()] * 2
        self._second_hand = open_until.enter_context(ThreadPoolExecutor(1))
        self._headers = {"Cookie": f"{SESSION_COOKIE}={cookie}", CSRF_HEADER: "bench"}
        self._chance = Random(number)
        self.told = Told()

    def work(self, until: float) -> Told:
        """Take and decide cases until there are none, or the time is over."""
        while time.monotonic() < until:
            open_ones = [line["id"] for line in json.loads(self._ask("list", "GET", OPEN).body)["cases"]]
            if not open_ones:
                break
            for case_id in self._chance.sample(open_ones, min(TRIED_OF_A_LIST, len(open_ones))):
                self._review(case_id)
        return self.told

    def _review(self, case_id: int) -> None:
        if self._chance.random() < NOT_HELD:
            self._expect_refusal("not held", case_id)
        claimed = self._post("claim", case_id, "claim")
        if claimed.status in TAKEN:
            self.told.refused["taken by another"] += 1
            return
        _must_be_ok(claimed)
        tag = claimed.tag
        if self._chance.random() < CORRECTED:
            plate = f"63A{self._chance.randrange(100_000):05d}"
            edited = self._post("plate", case_id, "plate", {"plate": plate}, tag)
            _must_be_ok(edited)
            self.told.plates[case_id], tag = plate, edited.tag
        self._decide(case_id, tag)

    def _decide(self, case_id: int, tag: str) -> None:
        first, second = ("confirm", "reject") if self._chance.random() < CONFIRMED else ("reject", "confirm")
        if self._chance.random() >= BOTH_AT_ONCE:
            _must_be_ok(self._post("decide", case_id, first, _body(first), tag))
            self.told.decided.append((case_id, first))
            return
        other = self._second_hand.submit(self._post, "race", case_id, second, _body(second), tag, 1)
        answers = {first: self._post("race", case_id, first, _body(first), tag), second: other.result()}
        for name, answer in answers.items():
            if answer.status in TAKEN:
                self.told.refused["second answer"] += 1
                continue
            _must_be_ok(answer)
            self.told.decided.append((case_id, name))

    def _expect_refusal(self, why: str, case_id: int) -> None:
        answer = self._post("refused", case_id, "confirm")
        if answer.status not in TAKEN:
            raise RuntimeError(f"case {case_id}: was confirmed by somebody who did not hold it")
        self.told.refused[why] += 1

    def _post(
        self, kind: str, case_id: int, what: str, body: Any = None, tag: str | None = None, tab: int = 0
    ) -> Answer:
        return self._ask(kind, "POST", f"/api/v1/cases/{case_id}/{what}", body, tag, tab)

    def _ask(
        self, kind: str, method: str, path: str, body: Any = None, tag: str | None = None, tab: int = 0
    ) -> Answer:
        headers = {**self._headers, **({"If-Match": tag} if tag else {})}
        if body is not None:
            headers["Content-Type"] = "application/json"
        sent = json.dumps(body) if body is not None else None
        for _ in range(TRIES):
            begun = time.perf_counter()
            if begun - self._last_used[tab] > IDLE_S:
                self._tabs[tab].close()  # it opens itself anew
            self._tabs[tab].request(method, path, sent, headers)
            answer = self._tabs[tab].getresponse()
            said = answer.read()
            self._last_used[tab] = time.perf_counter()
            self.told.ms.setdefault(kind, []).append((time.perf_counter() - begun) * 1000)
            if answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
                break
            self.told.refused["asked to try again"] += 1
            time.sleep(self._chance.random())
        return Answer(status=answer.status, tag=answer.headers.get("ETag", ""), body=said)


def run(
    *, officers: int, cases: int, seconds: float, database: str | None, say: Callable[[str], None]
) -> dict[str, Any]:
    """Fill an empty record with open cases, let officers review them, and compare what they were told with it."""
    with TemporaryDirectory() as folder:
        settings = Settings(state=Path(folder), database=database)
        say(f"Writing {cases} open cases …")
        opened = open_record(settings)
        assert isinstance(opened.engine, Engine)  # noqa: S101 - just opened
        try:
            record = fill_record(
                opened.engine, cases=cases, secret=opened.secret, open_share=1.0, users=officers
            )
            begun_at_id = _last_entry(opened.engine)
            with served(settings) as server:
                say(f"{officers} officers for {seconds:.0f} s at most …")
                begun = time.monotonic()
                told = review(server, record, until=begun + seconds)
                took_s = time.monotonic() - begun
            found = compare(opened.engine, told, after_entry=begun_at_id)
        finally:
            opened.engine.dispose()
    return {
        "officers": officers, "cases": cases, "database": settings.database_url.partition(":")[0].partition("+")[0],
        "processes": settings.processes, "seconds": round(took_s, 1), **found,
        "decisions_per_s": round(found["decided"] / took_s, 1),
        **{f"{kind}_p95_ms": _p95(told, kind) for kind in ("list", "claim", "plate", "decide")},
    }  # fmt: skip


def review(server: Server, record: Record, *, until: float) -> list[Told]:
    """Everybody works at once; what each was told."""
    with ExitStack() as open_until:
        everybody = [
            Officer(server, cookie, number, open_until) for number, cookie in enumerate(record.cookies)
        ]
        with ThreadPoolExecutor(len(everybody)) as pool:
            return list(pool.map(lambda officer: officer.work(until), everybody))


def compare(engine: Engine, told: Iterable[Told], *, after_entry: int) -> dict[str, Any]:
    """Decisions made twice, answers that the record does not hold, refusals; all counted."""
    told = list(told)
    answered = Counter(decision for each in told for decision in each.decided)
    plates = {case_id: plate for each in told for case_id, plate in each.plates.items()}
    with transaction(engine, only_reads=True) as session:
        made = _decisions(session, after_entry)
        kept = {row[0]: row for row in session.execute(select(Case.id, Case.state, Case.plate_officer))}
        broken = first_broken_entry(session)
    lost = sum(kept[case_id].state != DECIDED_STATE[name] for case_id, name in answered)
    lost += sum(kept[case_id].plate_officer != plate for case_id, plate in plates.items())
    return {
        "decided": len(answered),
        "double_decisions": sum(count - 1 for count in made.values())
        + sum(count - 1 for count in Counter(case_id for case_id, _ in answered).values()),
        "lost_updates": lost,
        "unanswered_decisions": len(made) - len(answered),
        "plates_corrected": len(plates),
        "refused": dict(sum((each.refused for each in told), Counter())),
        "trail_is_whole": broken is None,
    }


def _decisions(session: Session, after_entry: int) -> Counter[str]:
    wanted = AuditEntry.action.in_(sorted(DECIDED_STATE)), AuditEntry.id > after_entry
    return Counter(session.scalars(select(AuditEntry.subject).where(*wanted)))


def _last_entry(engine: Engine) -> int:
    with transaction(engine, only_reads=True) as session:
        last = session.scalar(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1))
    return last or 0


def _p95(told: Iterable[Told], kind: str) -> float:
    times = [ms for each in told for ms in each.ms.get(kind, [])]
    return round(statistics.quantiles(times, n=20)[-1], 1) if len(times) > 1 else 0.0


def _body(what: str) -> dict[str, str] | None:
    return {"reason": "unreadable"} if what == "reject" else None


def _must_be_ok(answer: Answer) -> None:
    if answer.status != OK:
        raise RuntimeError(f"an officer was answered with {answer.status}: {answer.body[:200]!r}")
