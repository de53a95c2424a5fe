"""No page breaks WCAG 2.2 AA in a way that axe calls serious or critical, in either theme and either language."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.service.console.conftest import LAN, Officer

NewOfficer = Callable[..., Officer]
PAGES = {
    "queue": "/queue",
    "queue-empty": "/queue?show=paid&mine=yes",
    "stop-line": "/cases/4",
    "plate-unread": "/cases/3",
    "figures": "/figures",
    "cameras": "/cameras",
}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
BAD = ("serious", "critical")


def faults(officer: Officer, path: str) -> list[str]:
    """What axe finds on the page that is open, in one line each."""
    found = Axe().run(officer.page, options=RULES).response["violations"]
    return [
        f"{path}: {each['id']} ({each['impact']}): {each['help']}: {[node['target'] for node in each['nodes']][:3]}"
        for each in found
        if each["impact"] in BAD
    ]


@pytest.mark.parametrize(("scheme", "language"), [("light", "vi"), ("dark", "en")])
def test_no_page_has_a_serious_fault(new_officer: NewOfficer, scheme: str, language: str) -> None:
    lan = new_officer(scheme=scheme)
    lan.go("/")
    found = faults(lan, "/sign-in")
    lan.sign_in(LAN)
    if language == "en":
        lan.page.click("button[name=language]")
        lan.page.wait_for_selector("html[lang=en]")
    for name, path in PAGES.items():
        lan.go(path)
        lan.shoot(f"{language}-1366-{name}-{scheme}")
        found += faults(lan, path)
    lan.go("/cases/4")
    lan.page.wait_for_selector("#case[data-held]")
    lan.press("r")
    lan.shoot(f"{language}-1366-reject-{scheme}")
    found += faults(lan, "/cases/4 rejecting")
    lan.press("r", "?")
    found += faults(lan, "/cases/4 keys")
    assert found == []


def test_axe_finds_a_planted_fault(new_officer: NewOfficer) -> None:
    lan = new_officer()
    lan.sign_in(LAN)
    lan.page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert any("button-name" in fault for fault in faults(lan, "/queue"))
