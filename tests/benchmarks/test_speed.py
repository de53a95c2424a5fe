"""The speed bench measures every network, and memory and start-up in a process of their own."""

from pathlib import Path

import pytest

from benchmarks import speed
from benchmarks.truth import TruthFileError


def test_every_network_is_measured() -> None:
    figures = speed.run(rounds=1)
    assert set(figures["vehicles_ms"]) == {"416x256", "640x384"}
    assert figures["vehicles_ms"]["416x256"]["least"] > 0
    assert figures["plates"] > 0
    assert figures["read_ms"]["median"] < figures["find_and_read_ms"]["median"]
    assert figures["lamp_head_ms"]["head"]["median"] > 0
    assert 0 < figures["networks_mb"] < figures["process_mb"]
    assert figures["start_up_s"] > 0


def test_the_median_does_not_count_the_first_round() -> None:
    rounds: list[int] = []
    spent = speed.timed_ms(lambda: rounds.append(1), rounds=4, share=2)
    assert len(rounds) == 5
    assert 0 <= spent["least"] <= spent["median"]


def test_a_missing_clip_is_said() -> None:
    with pytest.raises(TruthFileError, match=r"none\.mp4: missing"):
        speed.run(Path("none.mp4"))
