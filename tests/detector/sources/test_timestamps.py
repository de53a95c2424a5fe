"""Timestamps as cameras send them: missing, equal, backward, reordered."""

import pytest

from detector.sources.timestamps import RawTicks, TimestampRepair

STEP = 3600


def repaired(
    raws: list[tuple[int | None, int | None]], head: int = 8
) -> tuple[list[tuple[int, int]], TimestampRepair]:
    repair = TimestampRepair(25.0)
    ticks = [RawTicks(pts=pts, dts=dts) for pts, dts in raws]
    placed = [repair.place(raw) for raw in repair.complete(ticks[:head]) + ticks[head:]]
    return [(one.pts, one.dts) for one in placed], repair


@pytest.mark.parametrize(
    ("what", "raws", "expected", "missing", "backward"),
    [
        ("sound ones stay as they are", [(0, 0), (3600, 3600)], [(0, 0), (3600, 3600)], 0, 0),
        ("a first packet without any", [(None, None), (3600, 3600)], [(0, 0), (3600, 3600)], 1, 0),
        (
            "an irregular camera's first packet is 0 all the same",
            [(None, None), (4100, 4100), (7700, 7700)],
            [(0, 0), (4100, 4100), (7700, 7700)],
            1,
            0,
        ),
        (
            "a session that was joined late counts back",
            [(None, None), (90000, 90000)],
            [(86400, 86400), (90000, 90000)],
            1,
            0,
        ),
        (
            "one in the middle without any",
            [(0, 0), (None, None), (7200, 7200)],
            [(0, 0), (3600, 3600), (7200, 7200)],
            1,
            0,
        ),
        ("none at all", [(None, None)] * 3, [(0, 0), (3600, 3600), (7200, 7200)], 3, 0),
        ("all zero", [(0, 0)] * 3, [(0, 0), (3600, 3600), (7200, 7200)], 0, 2),
        ("zero without decoding times", [(0, None)] * 3, [(0, 0), (3600, 3600), (7200, 7200)], 0, 2),
        (
            "a jump back: the camera set its clock",
            [(900000, 900000), (903600, 903600), (0, 0), (3600, 3600)],
            [(900000, 900000), (903600, 903600), (907200, 907200), (910800, 910800)],
            0,
            1,
        ),
        (
            "reordered pictures keep their order",
            [(0, -7200), (10800, -3600), (3600, 0), (7200, 3600)],
            [(0, -7200), (10800, -3600), (3600, 0), (7200, 3600)],
            0,
            0,
        ),
        (
            "reordered pictures as RTSP gives them",
            [(None, None), (10800, None), (3600, None), (7200, 3600)],
            [(0, -7200), (10800, -3600), (3600, 0), (7200, 3600)],
            1,
            0,
        ),
    ],
)
def test_timestamps_become_complete_and_rising(
    what: str,
    raws: list[tuple[int | None, int | None]],
    expected: list[tuple[int, int]],
    missing: int,
    backward: int,
) -> None:
    placed, repair = repaired(raws)
    assert placed == expected, what
    assert (repair.missing, repair.backward) == (missing, backward), what


def test_decoding_times_never_fall_without_their_own() -> None:
    placed, _ = repaired([(0, None), (10800, None), (3600, None), (7200, None)])
    decoded = [dts for _, dts in placed]
    assert decoded == sorted(set(decoded))
    assert [pts for pts, _ in placed] == [0, 10800, 3600, 7200]
