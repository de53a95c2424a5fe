"""What an officer may get wrong at a case, in both languages: words typed for a note, a plate that is none, a held case."""

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
