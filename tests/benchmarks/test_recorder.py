"""The recorder's benchmark, shortened: real feeds, the real command, nothing lost."""

from benchmarks.recorder import run


def test_the_recorder_loses_nothing_of_several_feeds_and_costs_little() -> None:
    figures = run(feeds=6, seconds=12, say=lambda _line: None)
    assert figures["segments"] >= 6
    assert (figures["lost_segments"], figures["lost_pictures"], figures["lost_packets"]) == (0, 0, 0)
    assert 0 < figures["recorder_cores"] < 0.2
    assert figures["server_cores"] > 0
