"""What an officer may get wrong at a case, in both languages: a typed note, a plate that is none, a held case."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.cases.moves import RejectReason, State
from service.database import transaction
from service.tables import Case
from tests.service.console.conftest import HUNG, LAN, Console, Officer, cases, open_console, speak

NewOfficer = Callable[..., Officer]
LANGUAGES = ("vi", "en")


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    with open_console(tmp_path, cases(), {LAN: "reviewer", HUNG: "reviewer"}) as opened:
        yield opened


@pytest.fixture(params=LANGUAGES)
def lan(request: pytest.FixtureRequest, new_officer: NewOfficer) -> Officer:
    """A reviewer in each language."""
    officer = new_officer()
    officer.sign_in(LAN)
    speak(officer, request.param)
    return officer


def hold(officer: Officer, case_id: int) -> None:
    officer.go(f"/cases/{case_id}")
    officer.page.wait_for_selector("#case[data-held=yes]")


def states(console: Console) -> dict[int, str]:
    with transaction(console.service.record.engine) as session:
        return {row.id: row.state for row in session.query(Case.id, Case.state)}


def test_what_is_typed_after_other_reason_is_its_note(lan: Officer, console: Console) -> None:
    hold(lan, 4)
    lan.press("r", "8")
    assert lan.page.evaluate("document.activeElement.id") == "note"
    lan.press("Enter")
    lan.page.keyboard.type("2 c xe")
    lan.press("Escape")
    assert lan.page.evaluate("document.activeElement.id") != "note"
    assert states(console)[4] == State.IN_REVIEW, "nothing that was typed was a key"
    assert lan.page.inner_text("#notice") == ""

    lan.page.focus("#note")
    lan.press_to_next_page("Enter")
    with transaction(console.service.record.engine) as session:
        case = session.get_one(Case, 4)
        assert (case.state, case.reject_reason, case.reject_note) == (
            State.REJECTED,
            RejectReason.OTHER,
            "2 c xe",
        )
        assert session.query(Case).filter(Case.state.in_(["rejected", "confirmed"])).count() == 1


def test_a_word_is_no_plate_until_it_is_entered_twice(lan: Officer, console: Console) -> None:
    hold(lan, 3)
    lan.press("e")
    for typed in ("HELLO", "HELLA"):
        lan.page.keyboard.type(typed)
        lan.press("Enter")
        lan.page.wait_for_selector("#plate-question:visible")
        lan.page.wait_for_function("() => document.getElementById('plate').value === ''")
    said = lan.page.inner_text("#plate-question")
    assert ("Việt Nam" if lan.page.get_attribute("html", "lang") == "vi" else "of Vietnam") in said
    assert plate_of_officer(console) is None

    lan.page.keyboard.type("hel-la")
    lan.press_to_next_page("Enter")
    assert plate_of_officer(console) == "HELLA"
    assert lan.page.locator(".side .alarm:visible").count() == 0, "what is entered is not asked for any more"
    assert ("hai lần" in (trail := lan.page.inner_text("#trail"))) or "entered twice" in trail
    assert [mistake for mistake in lan.mistakes if "422" not in mistake] == []
    lan.mistakes.clear()


def plate_of_officer(console: Console) -> str | None:
    with transaction(console.service.record.engine) as session:
        return session.get_one(Case, 3).plate_officer


def test_a_case_that_another_holds_offers_no_plate_field(lan: Officer, new_officer: NewOfficer) -> None:
    hung = new_officer()
    hung.sign_in(HUNG)
    hold(hung, 5)
    lan.go("/cases/5")
    assert HUNG in lan.page.inner_text("p.alarm")
    assert lan.page.locator("#plate-form").count() == 0
