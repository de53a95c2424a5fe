"""A served console with real packets, and a real browser to use it."""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page

from service.database import transaction
from service.people import add_person
from tests.service.conftest import BEGIN, PASSWORD, WARD, Service, build, prepare
from tests.service.console.evidence import packet_zip, plate
from tests.service.packets import plate_of

SCREENSHOTS = Path(__file__).parents[3] / "test-output" / "screenshots"
MOST_WAIT_MS = 20_000
LAN, HUNG, MAI = "Trần Thị Lan", "Nguyễn Văn Hùng", "Lê Thị Mai"


@dataclass(frozen=True, kw_only=True, slots=True)
class Console:
    """A served console."""

    url: str
    service: Service


@dataclass
class Officer:
    """Somebody at a browser of their own; `mistakes` are what the browser complained of."""

    page: Page
    console: Console
    mistakes: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.page.goto(self.console.url + path)
        self.wait_ready()

    def wait_ready(self) -> None:
        self.page.wait_for_selector("html[data-ready]")

    def sign_in(self, name: str) -> None:
        self.go("/")
        self.sign_in_here(name)

    def sign_in_here(self, name: str, password: str = PASSWORD) -> None:
        """Fill in the form that is open."""
        self.page.fill("[name=name]", name)
        self.page.fill("[name=password]", password)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_selector("nav")
        self.wait_ready()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def press_to_next_page(self, *keys: str) -> None:
        """Press keys of which the last leads to another page."""
        self.page.evaluate("document.documentElement.dataset.before = 'yes'")
        self.press(*keys)
        self.page.wait_for_selector("html[data-ready]:not([data-before])")

    def shoot(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_function("() => [...document.images].every((image) => image.complete)")
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


def speak(officer: Officer, language: str) -> None:
    """Have the page that is open in a language."""
    if officer.page.get_attribute("html", "lang") != language:
        officer.page.click("button[name=language]")
        officer.page.wait_for_selector(f"html[lang={language}]")
        officer.wait_ready()


def cases() -> list[tuple[timedelta, bytes]]:
    """Cases by how long ago they came in."""

    def at(age: timedelta) -> datetime:
        return BEGIN - age - timedelta(seconds=40, milliseconds=372)

    def case(age: timedelta, which: int, number: int, **changes: object) -> tuple[timedelta, bytes]:
        return age, packet_zip(which, number, committed_at=at(age), **changes)

    doubtful = plate("63B168472", doubtful={5: 0.61}, two_line=True)
    return [
        case(timedelta(days=12), 0, 1, plate=doubtful),
        case(timedelta(days=6), 1, 2),
        case(timedelta(days=5), 0, 3, footage="recorded", plate=plate_of(None) | {"reason": "not_readable"}),
        case(timedelta(days=2), 1, 4, footage="live", kind="stop_line", entered_junction_s=None),
        case(timedelta(hours=9), 0, 5, footage="live"),
        case(timedelta(hours=3), 1, 6),
        case(timedelta(minutes=7), 0, 7, footage="live"),
    ]


@contextmanager
def open_console(
    folder: Path, packets: Iterable[tuple[timedelta, bytes]], people: Mapping[str, str]
) -> Iterator[Console]:
    """A real server on a free port with a real SQLite database; packets came in through the intake.

    `people` are roles by name.
    """
    engine = prepare(f"sqlite:///{folder / 'ngatu.db'}")
    service = build(engine, folder)
    with transaction(engine) as session:
        for name, role in people.items():
            add_person(session, name=name, role=role, password=PASSWORD, ward=WARD, at=BEGIN, who="tests")
    for age, data in packets:
        service.clock.now = BEGIN - age
        assert service.send(data).status_code == 201
    service.clock.now = BEGIN
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(service.app, log_level="error", lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        until = time.monotonic() + 30
        while not server.started and time.monotonic() < until:
            time.sleep(0.02)
        assert server.started, "the server did not start"
        yield Console(url=f"http://127.0.0.1:{listening.getsockname()[1]}", service=service)
        server.should_exit = True
        thread.join(timeout=30)
    engine.dispose()


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The console that most tests share."""
    people = {LAN: "reviewer", HUNG: "reviewer", MAI: "auditor"}
    with open_console(tmp_path_factory.mktemp("console"), cases(), people) as opened:
        yield opened


@pytest.fixture
def new_officer(browser: Browser, console: Console) -> Iterator[Callable[..., Officer]]:
    """Officers at browsers of their own; at the end no browser may have complained, of the CSP least of all."""
    opened: list[tuple[BrowserContext, Officer]] = []

    def open_browser(width: int = 1366, height: int = 768, scheme: str = "light") -> Officer:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
            locale="vi-VN",
        )
        context.set_default_timeout(MOST_WAIT_MS)
        officer = Officer(page=context.new_page(), console=console)
        officer.page.on(
            "console", lambda said: officer.mistakes.append(said.text) if said.type == "error" else None
        )
        officer.page.on("pageerror", lambda error: officer.mistakes.append(str(error)))
        opened.append((context, officer))
        return officer

    yield open_browser
    mistakes = [mistake for _, officer in opened for mistake in officer.mistakes]
    for context, _ in opened:
        context.close()
    assert mistakes == []
