"""What counts as a hole in a stream."""

import pytest

from detector.sources.gaps import MOST_GAPS, GapFinder


@pytest.mark.parametrize(
    ("fps", "moments", "gaps"),
    [
        (25.0, [0.0, 0.04, 0.08], ()),
        (25.0, [0.0, 0.5, 0.54], ()),
        (25.0, [0.0, 0.51, 0.55], ((0.0, 0.51),)),
        (6.0, [0.0, 0.6], ()),
        (6.0, [0.0, 0.7], ((0.0, 0.7),)),
        (25.0, [10.0], ()),
    ],
)
def test_a_pause_longer_than_four_frames_and_half_a_second_is_a_gap(
    fps: float, moments: list[float], gaps: tuple[tuple[float, float], ...]
) -> None:
    finder = GapFinder()
    for at_s in moments:
        finder.see(at_s, fps)
    assert finder.gaps == gaps


def test_only_the_newest_gaps_are_remembered() -> None:
    finder = GapFinder()
    for place in range(MOST_GAPS + 5):
        finder.see(place * 2.0, 25.0)
    assert len(finder.gaps) == MOST_GAPS
    assert finder.gaps[-1][1] == (MOST_GAPS + 4) * 2.0
