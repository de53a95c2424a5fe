"""Screens from a tablet held upright to 4K: nothing is cut off, and what decides a case is at hand. And paper."""

from collections.abc import Callable, Iterator

import pytest

from tests.service.console.conftest import LAN, Console, Officer, cases, open_console, speak

NewOfficer = Callable[..., Officer]
SCREENS = {
    "tablet-upright": (768, 1024, "vi", "light"),
    "tablet": (1024, 768, "en", "dark"),
    "1366": (1366, 768, "vi", "dark"),
    "4k": (3840, 2160, "en", "light"),
}
PAGES = {
    "queue": "/queue",
    "case": "/cases/5",
    "figures": "/figures?from_on=2026-01-01&to_on=2026-11-24",
    "cameras": "/cameras",
    "map": "/cameras?view=map",
    "live": "/live",
    "recordings": "/playback",
}
CUT_OFF = "() => document.documentElement.scrollWidth - innerWidth"
HIDDEN_TO_THE_RIGHT = """() => [...document.querySelectorAll('.scroll, .wide-table')]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.querySelector('table').className)"""
BELOW_PX = "() => document.querySelector('[data-act=confirm]').getBoundingClientRect().bottom - innerHeight"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """Cases that no other test decides."""
    with open_console(tmp_path_factory.mktemp("screens"), cases(), {LAN: "reviewer"}) as opened:
        yield opened


@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_is_cut_off(new_officer: NewOfficer, screen: str) -> None:
    width, height, language, scheme = SCREENS[screen]
    officer = new_officer(width=width, height=height, scheme=scheme)
    officer.sign_in(LAN)
    speak(officer, language)
    for name, path in PAGES.items():
        officer.go(path)
        officer.shoot(f"{language}-{screen}-{name}-{scheme}")
        assert officer.page.evaluate(CUT_OFF) <= 0, name
        if name == "queue":
            assert officer.page.evaluate(HIDDEN_TO_THE_RIGHT) == [], name
        if name == "case":
            assert officer.page.evaluate(BELOW_PX) <= 0, "one decides without scrolling"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_case_is_printed_on_white_also_by_who_works_in_the_dark(
    new_officer: NewOfficer, language: str
) -> None:
    officer = new_officer(width=800, height=1100)
    officer.sign_in(LAN)
    speak(officer, language)
    officer.page.click("button[name=theme]")
    officer.wait_ready()
    officer.go("/cases/5")
    assert officer.page.get_attribute("html", "data-theme") == "dark"
    officer.page.emulate_media(media="print")
    ground, ink = officer.page.evaluate(
        "() => ['.card', 'h1'].map((part) => getComputedStyle(document.querySelector(part)))"
        ".map((style, place) => place ? style.color : style.backgroundColor)"
    )
    assert (ground, ink) == ("rgb(255, 255, 255)", "rgb(21, 32, 43)")
    assert officer.page.locator("nav:visible, #decide:visible, #clip:visible").count() == 0
    officer.shoot(f"{language}-print-case")
