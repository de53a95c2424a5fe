"""A disk that fills while it is recorded: officers read it in their language, and what they looked at stays."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from detector.contract.recordings import STATE_FILE, FeedReport, RecorderState
from service.cameras.registering import register_camera
from service.database import transaction
from tests.service.conftest import BEGIN, SECRET
from tests.service.console.conftest import LAN, Console, Officer, open_console, speak
from tests.service.console.test_accessibility import faults
from tests.service.console.test_officers_day import plain_camera

CAMERA = "cho-moi"
SAID = {"vi": "Ổ đĩa bản ghi đã đầy", "en": "The disk of the recordings is full"}
IN_LISTS = {"vi": "ổ đĩa đầy", "en": "disk full"}


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with open_console(tmp_path_factory.mktemp("full"), [], {LAN: "reviewer"}) as opened:
        with transaction(opened.service.record.engine) as session:
            register_camera(session, plain_camera(CAMERA, "Chợ Mới"), secret=SECRET, at=BEGIN, who="tests")
        yield opened


def say_full(root: Path, *, is_full: bool) -> None:
    """What the recorder writes every two seconds."""
    now = datetime.now(UTC)
    feed = FeedReport(state="disk_full" if is_full else "connecting", since=now, reason="")
    state = RecorderState(written_at=now, disk_full=is_full, free_bytes=0, feeds={CAMERA: feed})
    root.mkdir(parents=True, exist_ok=True)
    (root / STATE_FILE).write_text(state.model_dump_json(), encoding="utf-8")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_disk_that_fills_while_recording_is_told(
    console: Console, new_officer: Callable[..., Officer], language: str
) -> None:
    root = console.service.record.settings.recordings_folder
    officer = new_officer()
    officer.sign_in(LAN)
    speak(officer, language)
    say_full(root, is_full=False)
    officer.go("/playback")
    assert officer.page.get_by_role("alert").count() == 0
    say_full(root, is_full=True)
    officer.go("/playback")
    assert SAID[language] in officer.page.get_by_role("alert").inner_text()
    officer.shoot(f"{language}-1366-disk-full")
    assert faults(officer, "/playback, disk full") == []
    officer.go(f"/playback/{CAMERA}")
    expect(officer.page.locator("#feed-state")).to_have_text(IN_LISTS[language])
    say_full(root, is_full=True)
    officer.go(f"/live/{CAMERA}")
    expect(officer.page.locator("#trouble")).to_contain_text(SAID[language], use_inner_text=True)
