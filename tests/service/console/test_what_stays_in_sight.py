"""Nothing runs out of its card, below the fold or against its neighbour, in both languages; refusals lead on."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.cases import actions
from service.database import transaction
from tests.service.conftest import BEGIN
from tests.service.console.conftest import LAN, MAI, Console, Officer, cases, open_console, speak

NewOfficer = Callable[..., Officer]
WORDS = f"https://example.org/{'a' * 60}"  # nothing in it to break a line at
CONFIRMED, HELD = 4, 1
GAP_BELOW_A_BUTTON = """() => {
  const bottom = document.querySelector(".fields > button").getBoundingClientRect().bottom;
  return document.querySelector(".narrow > .hint").getBoundingClientRect().top - bottom;
}"""
OUT_OF_ITS_CARD = """() => {
  const card = document.getElementById("trail").getBoundingClientRect();
  return document.querySelector("#trail table").getBoundingClientRect().right - card.right;
}"""


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder: Path = tmp_path_factory.mktemp("sight")
    with open_console(folder, cases(), {LAN: "reviewer", MAI: "auditor"}) as opened:
        caller = opened.service.caller(LAN)
        with transaction(opened.service.record.engine) as session:
            for case_id in (CONFIRMED, 5):
                actions.claim(session, case_id, caller=caller, at=BEGIN)
            actions.confirm(session, CONFIRMED, caller=caller, at=BEGIN)
            actions.reject(session, 5, reason="other", note=WORDS, caller=caller, at=BEGIN)
        yield opened


@pytest.fixture(params=["vi", "en"])
def lan(request: pytest.FixtureRequest, new_officer: NewOfficer) -> Officer:
    """A reviewer in each language, at the smallest screen that offices have."""
    officer = new_officer()
    officer.go("/sign-in")
    speak(officer, request.param)
    officer.sign_in_here(LAN)
    return officer


def test_the_trail_stays_in_its_card(lan: Officer) -> None:
    for case_id in (CONFIRMED, 5):
        lan.go(f"/cases/{case_id}")
        assert lan.page.evaluate(OUT_OF_ITS_CARD) <= 0


def test_a_confirmed_case_leads_to_its_owner(lan: Officer) -> None:
    lan.go(f"/cases/{CONFIRMED}")
    step = lan.page.locator("#decide a.button.primary")
    assert step.get_attribute("href") == f"/cases/{CONFIRMED}/papers"
    assert step.bounding_box()["y"] < 768  # type: ignore[index]
    lan.page.click("#decide a.button.primary")
    lan.page.wait_for_url(f"**/cases/{CONFIRMED}/papers")


def test_reasons_and_note_are_seen_at_once(lan: Officer) -> None:
    lan.go(f"/cases/{HELD}")
    lan.page.wait_for_selector("#case[data-held=yes]")
    lan.press("r")
    box = lan.page.locator("#note").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 768
    assert lan.page.locator(".characters").is_visible(), "the plate is seen while it is rejected"


def test_a_refusal_keeps_name_navigation_and_the_way_out(new_officer: NewOfficer) -> None:
    mai = new_officer()
    mai.sign_in(MAI)
    mai.go("/cameras/new")
    assert mai.page.inner_text("h1") == "Không được phép"
    assert MAI in mai.page.inner_text("header")
    assert mai.page.locator("header nav a[href='/queue']").count() == 1
    assert mai.page.locator("form[action='/sign-out'] button").count() == 1
    assert [mistake for mistake in mai.mistakes if "403" not in mistake] == []
    mai.mistakes.clear()


@pytest.mark.parametrize("path", ["/sign-in", "/tra-cuu"])
def test_what_is_said_below_a_form_keeps_its_distance(path: str, new_officer: NewOfficer) -> None:
    somebody = new_officer()
    somebody.go(path)
    assert somebody.page.evaluate(GAP_BELOW_A_BUTTON) >= 8


def test_the_wall_says_once_and_truly_that_nobody_takes_pictures(lan: Officer) -> None:
    job = {"job_id": 1, "state": "failed", "failure": "nobody_took", "pictures": {}, "progress": {}}
    lan.page.route("**/api/v1/live/*/looks", lambda route: route.fulfill(json={"job_id": 1}))
    lan.page.route("**/api/v1/camera-jobs/1", lambda route: route.fulfill(json=job))
    lan.go("/live")
    lan.page.wait_for_selector("#no-worker:visible")
    said = lan.page.inner_text("#main")
    assert (said.count("ngatu watch"), said.count("ngatu assist")) == (1, 1)
    assert not {"đang gửi", "sending"} & set(lan.page.locator(".tile .chip").all_inner_texts())


def test_a_fine_is_issued_with_its_circumstances(lan: Officer, console: Console) -> None:
    """The usual amount no longer fits once something mitigates: the refusal says what does."""
    lan.go(f"/cases/{CONFIRMED}")
    lan.page.click(".circumstances summary")
    lan.page.check("input[name=circumstances][value=sincere]")
    lan.shoot(f"{lan.page.get_attribute('html', 'lang')}-1366-circumstances")
    lan.page.fill("[name=without_notice]", "x")
    lan.page.click("#fine-form button")
    lan.page.wait_for_selector("#notice:not(:empty)")
    assert ("circumstances" in (said := lan.page.inner_text("#notice"))) or "tình tiết" in said
    assert [mistake for mistake in lan.mistakes if "400" not in mistake] == []
    lan.mistakes.clear()
    least_vnd = int(lan.page.get_attribute("[name=amount_vnd]", "min") or 0)
    lan.page.fill("[name=amount_vnd]", str(least_vnd + 1000))
    lan.page.route("**/fine", lambda route: route.abort())
    with lan.page.expect_request("**/fine") as sent:
        lan.page.click("#fine-form button")
    assert sent.value.post_data_json["circumstances"] == ["sincere"]
    lan.page.wait_for_function("() => document.getElementById('notice').textContent.length > 0")
    lan.mistakes.clear()
