"""What a new person does after the README: footage is replayed, sent, and a case decided by keyboard to its fine."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page

from benchmarks.demo_office import running_service, send_all
from detector.contract.camera import Sources, load_camera
from detector.evidence.signing import load_or_create_signer
from service.running import add_camera, add_person, add_worker
from tests.service.console.conftest import MOST_WAIT_MS, PASSWORD, SCREENSHOTS
from tests.service.console.evidence import CLIPS, NAME

OFFICER = "Phạm Thu Hà"
PLANTED = {"63B168472", "63A52739"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Office:
    """A served record that holds what the replay proved."""

    url: str


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """`ngatu replay`, then `ngatu serve`, in processes of their own; packets go the worker's way."""
    state = tmp_path_factory.mktemp("office")
    add_person(state=state, name=OFFICER, role="reviewer", password=PASSWORD)
    signer = load_or_create_signer(state / "keys")
    token = add_worker(state=state, key_id=signer.key_id, public_pem=signer.public_pem(), name="worker")
    camera_file = CLIPS / f"{NAME}.camera.json"
    live = Sources(main="rtsp://10.0.0.9/main")  # its recording is replayed
    add_camera(state=state, camera=load_camera(camera_file).model_copy(update={"sources": live}))
    command = [
        sys.executable, "-m", "ngatu", "replay", str(CLIPS / f"{NAME}.mp4"), "--camera", str(camera_file),
        "--out", str(state / "outbox"), "--state", str(state),
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=300, stdout=subprocess.DEVNULL)
    with running_service(state) as url:
        sent = send_all(state / "outbox", url=url, token=token)
        assert (sent.acknowledged, sent.refused) == (2, 0)
        yield Office(url=url)


@pytest.fixture
def page(browser: Browser, office: Office) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="vi-VN")
    context.set_default_timeout(MOST_WAIT_MS)
    page = context.new_page()
    page.goto(office.url)
    yield page
    context.close()


def shoot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def sign_in(page: Page, language: str) -> None:
    page.fill("[name=name]", OFFICER)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_selector("#queue")
    if language == "en":
        page.click("button[name=language]")
        page.wait_for_selector("html[lang=en][data-ready]")


def open_next_by_keyboard(page: Page) -> str:
    """Open the next case; its plate, which must be one of the planted ones as the page tells it."""
    page.wait_for_selector("html[data-ready]")
    page.keyboard.press("n")
    page.wait_for_selector("#case[data-held=yes]")
    page.wait_for_function("() => document.getElementById('clip').readyState >= 2")
    return page.input_value("#plate")


LANGUAGES: list[tuple[str, str]] = [("vi", "tiền phạt"), ("en", "fine")]


@pytest.mark.parametrize(("language", "fine"), LANGUAGES)
def test_a_new_person_confirms_a_case_and_finds_its_fine_in_the_ledger(
    page: Page, language: str, fine: str
) -> None:
    sign_in(page, language)
    shoot(page, f"{language}-1366-journey-queue")
    assert open_next_by_keyboard(page) in PLANTED
    assert page.locator("#stills img").count() == 3
    page.wait_for_function("() => [...document.images].every((image) => image.naturalWidth > 20)")
    shoot(page, f"{language}-1366-journey-case")
    number = page.get_attribute("#case", "data-case")
    page.keyboard.press("c")
    page.wait_for_selector(f".said[data-decided='{number}']")
    page.wait_for_selector("html[data-ready]")
    page.click(".said a.button")
    page.wait_for_selector("#fine-form")
    page.wait_for_selector("html[data-ready]")
    amount = page.input_value("#fine-form [name=amount_vnd]")
    page.fill("#fine-form [name=without_notice]", "The owner came to the station")
    page.press("#fine-form [name=amount_vnd]", "Enter")
    ledger = page.wait_for_selector("#ledger")
    assert ledger is not None
    told = ledger.inner_text()
    assert fine in told
    assert amount in re.sub(r"[.,]", "", told)
    page.locator("#ledger").scroll_into_view_if_needed()
    shoot(page, f"{language}-1366-journey-ledger")


TOO_LOW: str = "document.querySelector('{}').getBoundingClientRect().bottom"


@pytest.mark.parametrize(
    "part", ["#stills", ".timeline", "#clip", "#decide [data-act=confirm]", ".law .amount", ".recidivist"]
)
def test_all_that_decides_a_case_is_seen_without_scrolling(new_officer: Callable, part: str) -> None:  # type: ignore[type-arg]
    lan = new_officer()
    lan.sign_in("Trần Thị Lan")
    lan.go("/cases/5")
    assert lan.page.evaluate(TOO_LOW.format(part)) <= 768
