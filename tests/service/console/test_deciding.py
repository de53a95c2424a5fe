"""What officers can rely on while they decide: nobody else has the case, and nothing that they decided is lost."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest

from service.database import transaction
from service.tables import Person, SignIn
from tests.service.conftest import PASSWORD
from tests.service.console.conftest import HUNG, LAN, Officer, speak

NewOfficer = Callable[..., Officer]


def end_sessions(officer: Officer) -> None:
    """Lan's alone: other tests share this console."""
    with transaction(officer.console.service.record.engine) as session:
        lan = session.query(Person.id).filter_by(name=LAN).scalar_subquery()
        session.query(SignIn).filter(SignIn.person_id == lan).delete(synchronize_session=False)


@pytest.mark.parametrize(
    ("language", "kept", "decision"),
    [
        ("vi", "được giữ trong cửa sổ này", "Bác bỏ: thử nghiệm"),
        ("en", "is kept in this window", "Reject: test"),
    ],
)
def test_a_decision_that_meets_an_ended_session_can_be_given_again(
    new_officer: NewOfficer, language: str, kept: str, decision: str
) -> None:
    lan = new_officer()
    page = lan.page
    lan.sign_in(LAN)
    speak(lan, language)
    lan.go("/cases/6")
    page.wait_for_selector("#case[data-held]")
    end_sessions(lan)
    lan.press("r", "7")
    page.wait_for_selector("[name=password]")
    lan.wait_ready()
    assert kept in page.locator(".alarm").inner_text()
    lan.shoot(f"{language}-1366-session-ended")
    page.fill("[name=name]", LAN)
    page.fill("[name=password]", "wrong")
    page.press("[name=password]", "Enter")
    page.wait_for_function("() => document.querySelectorAll('.alarm').length === 2")
    lan.sign_in_here(LAN)
    page.wait_for_selector("#case[data-held]")
    assert page.get_attribute("#case", "data-state") == "in_review"
    assert decision in page.locator("#unsent").inner_text()
    lan.shoot(f"{language}-1366-unsent-decision")
    page.click("[data-unsent-send]")
    page.wait_for_selector(".said")
    assert decision.split(": ")[1] in page.locator(".said").inner_text()
    lan.wait_ready()
    lan.press_to_next_page("u")
    assert page.get_attribute("#case", "data-case") == "6"
    assert [mistake for mistake in lan.mistakes if "401" not in mistake] == []
    lan.mistakes.clear()


def test_a_decision_kept_for_one_officer_is_not_offered_to_another(new_officer: NewOfficer) -> None:
    lan = new_officer()
    page = lan.page
    lan.sign_in(LAN)
    lan.go("/cases/6")
    page.wait_for_selector("#case[data-held]")
    end_sessions(lan)
    lan.press("c")
    page.wait_for_selector("[name=password]")
    lan.wait_ready()
    lan.sign_in_here(HUNG)
    assert page.locator("#unsent:visible").count() == 0
    assert [mistake for mistake in lan.mistakes if "401" not in mistake] == []
    lan.mistakes.clear()


def test_two_officers_who_ask_at_once_never_get_the_same_case(new_officer: NewOfficer) -> None:
    service = new_officer().console.service
    got: list[str] = []
    together = Barrier(2)

    def ask(name: str) -> None:
        client = service.client()
        client.post("/sign-in", data={"name": name, "password": PASSWORD})
        together.wait(timeout=30)
        for _ in range(3):
            answer = client.get("/queue/next", follow_redirects=False)
            got.append(f"{name} {answer.headers['location']}")

    threads = [Thread(target=ask, args=(name,)) for name in (LAN, HUNG)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(got) == 6
    of_lan = {line.removeprefix(LAN) for line in got if line.startswith(LAN)}
    of_hung = {line.removeprefix(HUNG) for line in got if line.startswith(HUNG)}
    assert not of_lan & of_hung


def test_the_pictures_of_the_next_case_are_fetched_ahead(new_officer: NewOfficer) -> None:
    lan = new_officer()
    lan.sign_in(LAN)
    fetched: list[str] = []
    lan.page.on("requestfinished", lambda request: fetched.append(request.url))
    lan.go("/queue/next")
    lan.page.wait_for_selector("link[rel=prefetch]", state="attached")
    ahead = lan.page.eval_on_selector_all("link[rel=prefetch]", "all => all.map((link) => link.href)")
    assert len(ahead) >= 3
    lan.page.wait_for_function(
        "(wanted) => wanted.every((url) => performance.getEntriesByName(url).length > 0)", arg=ahead
    )
