"""The demo does what the README promises: cases from three cameras, a checked packet, a fine in the ledger."""

import re
from pathlib import Path

import pytest

from benchmarks import demo
from benchmarks.demo import run_demo
from fixtures.rtsp import server
from service.errors import BadInput
from service.running import check_audit


def demo_at(state: Path) -> str:
    said: list[str] = []
    run_demo(state=state, say=said.append)
    return "\n".join(said)


def test_the_demo_goes_from_rtsp_to_a_fine_and_can_be_run_again(tmp_path: Path) -> None:
    state = tmp_path / "demo"
    state.mkdir()
    (state / "made-by-ngatu-demo").touch()
    (state / "ngatu.db").write_text("left over from an earlier run")
    said = demo_at(state)
    assert "Serving 3 rendered junctions as cameras on rtsp://" in said
    sent = re.search(r"(\d+) packets acknowledged, 0 refused", said)
    assert sent and int(sent.group(1)) >= 4, said
    assert f"good: {sent.group(1)} packets" in said
    assert re.search(r"officer confirmed case \d+: red_light, \w+, 6\d\w+", said), said
    assert re.search(r"Ledger: .* fine · [\d,]+000 VND", said), said
    assert check_audit(state=state)[0]


def test_without_an_rtsp_server_the_demo_reads_files_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "REAL", (str(tmp_path / "no-python"), "serve.py"))
    monkeypatch.setattr(demo, "NAMES", ("day_runners",))
    said = demo_at(tmp_path / "demo")
    assert "No RTSP server here, so the same clips are read as files." in said
    assert re.search(r"officer confirmed case \d+", said), said


def test_the_demo_leaves_a_folder_alone_that_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "ngatu.db").write_text("a real record")
    with pytest.raises(BadInput, match="no demo made"):
        demo_at(tmp_path)
    assert (tmp_path / "ngatu.db").read_text() == "a real record"
