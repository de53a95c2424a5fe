"""A recording across which the recorder's clock was set, in a browser: all of it is seen in its order."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from service.cameras.registering import register_camera
from service.database import transaction
from tests.detector.recording.recorded_clips import record_clip
from tests.service.conftest import BEGIN, SECRET
from tests.service.console.conftest import LAN, Console, Officer
from tests.service.console.test_officers_day import (
    CLIP,
    RECORDED_AT,
    axe_faults,
    clock,
    plain_camera,
    press_and_wait,
    ready,
)

SET = "ben-do"
SET_BACK_S = 10.0


@pytest.fixture(scope="module")
def set_back(console: Console) -> str:
    """A camera whose recorder's clock was set back between two files."""
    root = console.service.record.settings.recordings_folder
    first = record_clip(root, SET, CLIP, started_at=RECORDED_AT)
    again_at = first[-1].ended_at - timedelta(seconds=SET_BACK_S)
    record_clip(root, SET, CLIP, started_at=again_at, follows=True, clock_step_s=-SET_BACK_S)
    with transaction(console.service.record.engine) as session:
        register_camera(session, plain_camera(SET, "Bến Đò"), secret=SECRET, at=BEGIN, who="tests")
    last_at = first[-1].ended_at - timedelta(seconds=0.15)
    return f"/playback/{SET}?at={last_at.isoformat().replace('+00:00', 'Z')}"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_where_the_recorders_clock_was_set_back_both_files_are_seen_and_it_is_said(
    set_back: str, new_officer: Callable[..., Officer], language: str
) -> None:
    officer = new_officer()
    officer.sign_in(LAN)
    if language == "en":
        officer.page.click("[name=language]")
        officer.wait_ready()
    officer.go(set_back)
    ready(officer)
    assert officer.page.locator("#clock-legend").is_visible()
    seen = [clock(officer)]
    while seen[-1] >= seen[0]:
        press_and_wait(officer, ".")
        seen.append(clock(officer))
        assert len(seen) < 12, seen
    said = officer.page.inner_text("#notice")
    assert ("được chỉnh −10 s" if language == "vi" else "was set by −10 s") in said
    for _ in range(3):
        press_and_wait(officer, ".")
        seen.append(clock(officer))
    assert seen[-4:] == sorted(seen[-4:]), (
        "it stays in the second file, though the first shows these moments too"
    )
    officer.shoot(f"{language}-1366-playback-clock-set")
    press_and_wait(officer, "h")
    assert axe_faults(officer) == []
    # No studio runs beside this console: small pictures are refused, and the video is seen all the same.
    officer.mistakes[:] = [said for said in officer.mistakes if "status of 503" not in said]
