"""The boxes above the queue: each narrows to what it says, together they narrow further, nonsense narrows nothing."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from service.cases import actions
from service.console import queue_choices
from service.database import transaction
from tests.service.conftest import BEGIN, PASSWORD, WARD
from tests.service.console.conftest import LAN, Console, cases, open_console

ROW = re.compile(r'<td><a href="/cases/(\d+)">')
ALL = [1, 2, 3, 4, 5, 6, 7]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """Cases that nobody else decides."""
    with open_console(tmp_path_factory.mktemp("queue"), cases(), {LAN: "reviewer"}) as opened:
        yield opened


def shown(console: Console, query: str) -> list[int]:
    """The numbers of the cases in the queue."""
    client = console.service.client()
    client.post("/sign-in", data={"name": LAN, "password": PASSWORD})
    answer = client.get(f"/queue?{query}")
    assert answer.status_code == 200
    return [int(number) for number in ROW.findall(answer.text)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ALL),
        ("kind=stop_line", [4]),
        ("age=week", [1]),
        ("age=3_days", [1, 2, 3]),
        ("due=late", [1]),
        ("due=week", [1, 2, 3]),
        ("due=late&kind=stop_line", []),
        ("plate=doubtful", [1]),
        ("plate=unread", [3]),
        ("confidence=below_70", [1, 3]),
        ("confidence=70_to_90", []),
        ("confidence=from_90", [2, 4, 5, 6, 7]),
        (f"ward={WARD}", ALL),
        ("ward=nowhere", []),
        ("camera_id=le-loi", ALL),
        ("camera_id=other", []),
        ("show=approval", []),
        ("show=all&due=late", [1]),
        ("due=soonish&confidence=much&age=old&plate=nice&show=what", ALL),
        ("beyond_id=3", [4, 5, 6, 7]),
        ("show=all", ALL[::-1]),
        ("show=all&beyond_id=3", [2, 1]),
    ],
)
def test_the_queue_is_narrowed_to(console: Console, query: str, expected: list[int]) -> None:
    assert shown(console, query) == expected


def test_the_next_case_is_the_first_of_the_queue(console: Console) -> None:
    client = console.service.client()
    client.post("/sign-in", data={"name": LAN, "password": PASSWORD})
    answer = client.get("/queue/next", follow_redirects=False)
    assert answer.headers["Location"] == f"/cases/{shown(console, '')[0]}"
    with transaction(console.service.record.engine) as session:
        actions.release(session, 1, caller=console.service.caller(LAN), at=BEGIN)


def test_the_pages_of_the_queue_hold_each_case_once(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_choices, "QUEUE_LENGTH", 3)
    pages = [shown(console, query) for query in ("", "beyond_id=3", "beyond_id=6")]
    assert pages == [[1, 2, 3], [4, 5, 6], [7]]


def test_what_is_assigned_to_me_is_what_i_hold(console: Console) -> None:
    caller = console.service.caller(LAN)
    with transaction(console.service.record.engine) as session:
        actions.claim(session, 6, caller=caller, at=BEGIN)
    assert shown(console, "mine=yes") == [6]
    with transaction(console.service.record.engine) as session:
        actions.release(session, 6, caller=caller, at=BEGIN + timedelta(seconds=1))
    assert shown(console, "mine=yes") == []
