"""How quick the console is in a browser: a real server with a long queue, headless Chromium, keys pressed by a script.

    key ──▶ decision sent ──▶ next case claimed ──▶ page there, held, its three stills decoded: this long
A scripted officer looks at each case for a moment, in which the browser fetches the next one's pictures ahead.
"""

import os
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import Engine, text

from benchmarks.service import CREATED, Server, seal_files, served
from benchmarks.service_rows import Record, fill_record
from detector.contract.packet import CLIP_FILE, PLATE_FILE, SCENE_FILES
from detector.errors import SourceUnreadable
from service.application import open_record
from service.database import transaction
from service.door import SESSION_COOKIE
from service.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
]
CLIPS = Path(__file__).parents[1] / "fixtures" / "clips"
STILL_SECONDS = (7.7, 8.5, 9.4)
LOOKED_S = 0.8
"""How long the scripted officer looks at a case; a person looks longer."""
TIMES = 15
RARE = 200
"""So many of the oldest cases are what a filter looks for: the whole queue lies before them."""
FILTERS = {
    "queue": "/queue",
    "ward": "/queue?ward=Ward+2",
    "camera": "/queue?camera_id=bench-07",
    "kind": "/queue?kind=stop_line",
    "age": "/queue?age=week",
    "deadline": "/queue?due=late",
    "verdict": "/queue?plate=doubtful",
    "confidence": "/queue?confidence=below_70",
    "mine": "/queue?mine=yes",
}
SHOWN = "html[data-ready]"
HELD = "#case[data-held=yes]"
INTERACTIVE = """() => document.querySelector('#case[data-held=yes]')
  && document.documentElement.dataset.ready && !document.documentElement.dataset.before
  && [...document.querySelectorAll('#stills img')].every((one) => one.complete && one.naturalWidth)"""


def run(*, cases: int, decided: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Fill a record, serve it, use its pages. Raises SourceUnreadable where there is no Chromium."""
    if shutil.which(CHROMIUM) is None:
        raise SourceUnreadable(f"{CHROMIUM} is missing; run tools/install_system.sh")
    with TemporaryDirectory() as folder:
        settings = Settings(state=Path(folder))
        opened = open_record(settings)
        say(f"Writing {cases} open cases …")
        engine = opened.engine
        assert isinstance(engine, Engine)  # noqa: S101 - just opened
        record = fill_record(engine, cases=cases, secret=opened.secret, open_share=1.0)
        with transaction(engine) as session:
            session.execute(
                text(
                    "UPDATE violation_case SET kind = 'stop_line', plate_verdict = 'doubtful', plate_confidence = 0.5"
                    " WHERE id <= :rare"
                ),
                {"rare": RARE},
            )
        engine.dispose()
        with served(settings) as server:
            say(f"{decided + 1} cases with pictures come in …")
            _send(server, record, decided + 1)
            return {"cases": cases, "decided": decided, **_measured(server, record, cases, decided, say)}


def _measured(
    server: Server, record: Record, cases: int, decided: int, say: Callable[[str], None]
) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only this benchmark needs it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        context = browser.new_context(viewport={"width": 1920, "height": 1080})
        context.add_cookies([{"name": SESSION_COOKIE, "value": record.cookies[0], "url": server.url}])
        page = context.new_page()
        say("The queue and its filters …")
        idle_s, resting_s = server.used_cpu_s(), _browser_cpu_s()
        queue_ms = {name: _opened_ms(page, server.url + path) for name, path in FILTERS.items()}
        pages = len(FILTERS) * (TIMES + 1)
        queue_cpu_ms = (server.used_cpu_s() - idle_s) * 1000 / pages
        queue_browser_ms = (_browser_cpu_s() - resting_s) * 1000 / pages
        say(f"{decided} cases by keyboard …")
        idle_s, resting_s = server.used_cpu_s(), _browser_cpu_s()
        case_ms = _decided_ms(page, f"{server.url}/queue/next?after={cases}", decided)
        case_cpu_ms = (server.used_cpu_s() - idle_s) * 1000 / decided
        case_browser_ms = (_browser_cpu_s() - resting_s) * 1000 / decided
        browser.close()
    filters = {name: round(statistics.median(times), 1) for name, times in queue_ms.items()}
    return {
        "queue_ms": filters["queue"],
        "queue_p95_ms": _p95(queue_ms["queue"]),
        "filters_ms": {name: ms for name, ms in filters.items() if name != "queue"},
        "case_ms": round(statistics.median(case_ms), 1),
        "case_p95_ms": _p95(case_ms),
        "case_most_ms": round(max(case_ms), 1),
        "queue_cpu_ms": round(queue_cpu_ms, 1),
        "case_cpu_ms": round(case_cpu_ms, 1),
        "queue_browser_cpu_ms": round(queue_browser_ms, 1),
        "case_browser_cpu_ms": round(case_browser_ms, 1),
        "load": round(os.getloadavg()[0], 1),
    }


def _opened_ms(page: "Page", url: str) -> list[float]:
    """From the request to a page that answers to keys; the first one is not counted."""
    times = []
    for _ in range(TIMES + 1):
        begun = time.perf_counter()
        page.goto(url, wait_until="commit")
        page.wait_for_selector(SHOWN)
        times.append((time.perf_counter() - begun) * 1000)
    return times[1:]


def _decided_ms(page: "Page", url: str, decided: int) -> list[float]:
    page.goto(url)
    page.wait_for_function(INTERACTIVE)
    times = []
    for _ in range(decided):
        page.wait_for_timeout(LOOKED_S * 1000)
        page.evaluate("() => { document.documentElement.dataset.before = 'yes'; }")
        begun = time.perf_counter()
        page.keyboard.press("c")
        page.wait_for_function(INTERACTIVE)
        times.append((time.perf_counter() - begun) * 1000)
    return times


def _browser_cpu_s() -> float:
    """Processor time that Chromium's processes have used so far, also those that ended; on all cores."""
    ticks = 0
    for pid in _descendants(os.getpid()):
        try:
            name, _, told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")
        except FileNotFoundError:
            continue  # ended right now
        if "(chrom" in name:
            ticks += sum(int(field) for field in told.split()[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def _descendants(pid: int) -> Iterator[int]:
    for threads in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in threads.read_text(encoding="ascii").split():
            yield int(child)
            yield from _descendants(int(child))


def _send(server: Server, record: Record, count: int) -> None:
    """Packets with pictures of a rendered junction, as a worker sends them."""
    files = {**_stills(), CLIP_FILE: (CLIPS / "day_runners.sub.mp4").read_bytes()}
    headers = {"Authorization": f"Bearer {record.worker_token}", "Content-Type": "application/zip"}
    place = urlsplit(server.url)
    with closing(HTTPConnection(str(place.hostname), place.port, timeout=120)) as connection:
        for number in range(count):
            connection.request("POST", "/api/v1/packets", seal_files(record, number, files), headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != CREATED:
                raise RuntimeError(f"a packet was answered with {answer.status}: {said[:200]!r}")


def _stills() -> dict[str, bytes]:
    """Three pictures of 1920×1080 and one of a plate, of the bytes that a worker's have."""
    import av  # noqa: PLC0415 - a benchmark that is not run costs nothing
    import cv2  # noqa: PLC0415

    stills: dict[str, bytes] = {}
    wanted = dict(zip(SCENE_FILES, STILL_SECONDS, strict=True))
    with av.open(str(CLIPS / "day_runners.mp4")) as clip:
        for frame in clip.decode(video=0):
            for name, at_s in wanted.items():
                if name not in stills and frame.time is not None and frame.time >= at_s:
                    picture = frame.to_ndarray(format="bgr24")
                    stills[name] = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
                    if name == SCENE_FILES[1]:
                        stills[PLATE_FILE] = cv2.imencode(".jpg", picture[420:480, 900:1020])[1].tobytes()
            if len(stills) > len(wanted):
                break
    return stills


def _p95(times: list[float]) -> float:
    return round(statistics.quantiles(times, n=20)[-1], 1)
