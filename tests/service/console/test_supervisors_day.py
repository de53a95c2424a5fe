"""A supervisor's day: second approvals by keyboard, figures, export; screenshots in both languages are kept."""

import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from service.cases import actions
from service.cases.proceedings import make_move
from service.cases.queries import get_case, trail_of
from service.database import transaction
from tests.service.conftest import BEGIN
from tests.service.console.conftest import HUNG, LAN, Console, Officer, open_console
from tests.service.console.evidence import packet_zip
from tests.service.console.test_accessibility import faults

NewOfficer = Callable[..., Officer]
CHIEF, SECOND = "Phạm Quốc Anh", "Đỗ Minh Châu"
CASES = 7
CORRECTED = "63B168473"
LANGUAGES = ("vi", "en")


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """An office that asks for second approvals; Lan confirmed six cases, and corrected the plate of two."""
    ages = [timedelta(hours=3 * number) for number in range(CASES, 0, -1)]
    packets = [
        (age, packet_zip(number % 2, number, committed_at=BEGIN - age - timedelta(minutes=1), footage="live"))
        for number, age in enumerate(ages, start=1)
    ]
    people = {LAN: "reviewer", HUNG: "reviewer", CHIEF: "supervisor", SECOND: "supervisor"}
    with open_console(tmp_path_factory.mktemp("supervisor"), packets, people) as opened:
        opened.service.record.settings.second_approval = True
        for case_id in range(1, CASES):
            confirm(opened, case_id, LAN, plate=CORRECTED if case_id % 3 == 1 else None)
        yield opened


def confirm(console: Console, case_id: int, name: str, *, plate: str | None = None) -> None:
    caller, at = console.service.caller(name), console.service.clock.now - timedelta(minutes=10)
    with transaction(console.service.record.engine) as session:
        actions.claim(session, case_id, caller=caller, at=at)
        if plate is not None:
            actions.correct_plate(session, case_id, plate=plate, caller=caller, at=at)
        actions.confirm(session, case_id, caller=caller, at=at, second_approval=True)


def speak(officer: Officer, language: str) -> None:
    if officer.page.get_attribute("html", "lang") != language:
        officer.page.click("button[name=language]")
        officer.page.wait_for_selector(f"html[lang={language}]")
        officer.wait_ready()


def on_record(console: Console, case_id: int) -> tuple[str, list[tuple[str, str, str | None]]]:
    """State and trail of a case, without looks."""
    caller = console.service.caller(CHIEF)
    with transaction(console.service.record.engine) as session:
        case = get_case(session, case_id, caller)
        trail = [(entry.action, entry.who, entry.why) for entry in trail_of(session, case)]
    return case.state, [entry for entry in trail if entry[0] != "looked_at"]


@pytest.mark.parametrize(
    ("language", "who", "first", "reason"),
    [("vi", CHIEF, 1, "Biển số chưa rõ"), ("en", SECOND, 4, "The plate is not clear")],
)
def test_a_supervisor_approves_and_sends_back_by_keyboard(
    new_officer: NewOfficer, language: str, who: str, first: int, reason: str
) -> None:
    chief = new_officer(scheme="dark" if language == "en" else "light")
    chief.sign_in(who)
    speak(chief, language)
    chief.go("/queue?show=approval")
    chief.shoot(f"{language}-1366-approvals")
    assert chief.page.locator("#queue tbody tr").count() == CASES - first
    chief.press_to_next_page("n")
    assert chief.page.get_attribute("#case", "data-case") == str(first)
    told = chief.page.inner_text("#approval")
    assert LAN in told
    assert CORRECTED in told
    assert faults(chief, "approval") == []
    chief.shoot(f"{language}-1366-approval")
    chief.press_to_next_page("a")
    assert chief.page.get_attribute("#case", "data-case") == str(first + 1)
    chief.press("b")
    chief.page.keyboard.type(reason)
    chief.shoot(f"{language}-1366-sending-back")
    chief.press_to_next_page("Enter")
    assert chief.page.get_attribute("#case", "data-case") == str(first + 2)
    chief.press_to_next_page("a")
    assert on_record(chief.console, first)[0] == "second_approval"
    state, trail = on_record(chief.console, first + 1)
    assert (state, trail[-1]) == ("detected", ("send_back", who, reason))
    assert on_record(chief.console, first + 2)[1][-1] == ("approve", who, None)


def test_who_confirmed_a_case_is_not_asked_to_approve_it(new_officer: NewOfficer) -> None:
    chief = new_officer()
    confirm(chief.console, CASES, CHIEF)
    chief.sign_in(CHIEF)
    chief.go("/approvals/next")
    assert "show=approval" in chief.page.url
    chief.go(f"/cases/{CASES}")
    assert chief.page.locator("[data-move]").count() == 0
    assert "Bạn đã xác nhận" in chief.page.inner_text("#approval")


def test_of_two_supervisors_who_approve_at_once_the_second_is_told(new_officer: NewOfficer) -> None:
    chief, second = new_officer(), new_officer()
    case_id = 2  # was sent back
    confirm(chief.console, case_id, LAN)
    chief.sign_in(CHIEF)
    second.sign_in(SECOND)
    for officer in (chief, second):
        officer.go(f"/cases/{case_id}")
    chief.press_to_next_page("a")
    second.press("a")
    second.page.wait_for_selector("#notice:not(:empty)")
    assert "không thể làm việc này nữa" in second.page.inner_text("#notice")
    assert [mistake for mistake in second.mistakes if "409" not in mistake] == []
    second.mistakes.clear()


@pytest.mark.parametrize(
    ("language", "heading", "sheet"),
    [("vi", "Số liệu", "Theo thứ và giờ"), ("en", "Figures", "By weekday and hour")],
)
def test_a_supervisor_reads_the_figures_and_takes_them_along(
    new_officer: NewOfficer, language: str, heading: str, sheet: str
) -> None:
    chief = new_officer(scheme="dark" if language == "en" else "light")
    chief.sign_in(CHIEF)
    speak(chief, language)
    chief.page.click("nav a[href='/figures']")
    chief.wait_ready()
    chief.go("/figures?from_on=2026-11-18&to_on=2026-11-24")
    assert chief.page.inner_text("h1") == heading
    assert chief.page.inner_text("#detected") == str(CASES)
    assert LAN in chief.page.inner_text("#reviewers")
    warm = chief.page.locator("#heat td[class^=heat-]:not(.heat-0)")
    assert sum(int(cell) for cell in warm.all_inner_texts()) == CASES
    assert faults(chief, "/figures") == []
    shown = f"test-output/screenshots/{language}-1366-figures-whole.png"
    chief.page.screenshot(path=shown, full_page=True)
    with chief.page.expect_download() as download:
        chief.page.click("a[href*='format=xlsx']")
    with zipfile.ZipFile(download.value.path()) as book:
        assert sheet in book.read("xl/workbook.xml").decode()
    chief.page.emulate_media(media="print")
    assert chief.page.locator(".top, .filters, .exports").first.is_hidden()
    assert chief.page.locator("#heat").is_visible()


def test_what_another_person_approved_meanwhile_cannot_be_undone(new_officer: NewOfficer) -> None:
    lan = new_officer()
    service, case_id = lan.console.service, 5  # was sent back
    engine, at = service.record.engine, service.clock.now
    of_lan, of_chief = service.caller(LAN), service.caller(CHIEF)
    with transaction(engine) as session:
        actions.claim(session, case_id, caller=of_lan, at=at)
        actions.confirm(session, case_id, caller=of_lan, at=at, second_approval=True)
    lan.sign_in(LAN)
    lan.go(f"/cases/{case_id}")
    with transaction(engine) as session:
        make_move(session, case_id, name="approve", why=None, caller=of_chief, at=at)
    lan.press("u")
    lan.page.wait_for_selector("#notice:not(:empty)")
    assert on_record(lan.console, case_id)[0] == "second_approval"
    assert [mistake for mistake in lan.mistakes if "409" not in mistake] == []
    lan.mistakes.clear()
