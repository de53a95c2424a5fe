"""One browser for all tests that need one: Playwright starts once in a process. And how log lines look."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from detector.log_lines import write_plain_lines

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--lang=vi",
]  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def plain_tracebacks() -> None:
    """As commands write them: with variables, one failure would fill thousands of lines."""
    write_plain_lines(colors=False)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without windows, for the whole session."""
    if shutil.which(CHROMIUM) is None:
        raise RuntimeError("Chromium is not installed; run tools/install_system.sh, then the tests again")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS, timeout=120_000
        )
        yield browser
        browser.close()
