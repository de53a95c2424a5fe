"""The tariff as a table: fines on both sides of every change."""

from datetime import UTC, datetime
from itertools import combinations

import pytest

from service.errors import BadInput
from service.law.tariff import find_tariff, tariff


def vietnam(day: str, time: str = "12:00:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{time}+07:00")


@pytest.mark.parametrize(
    ("kind", "vehicle_class", "moment", "bracket"),
    [
        ("red_light", "car", vietnam("2021-12-31", "23:59:59"), (3_000_000, 5_000_000)),
        ("red_light", "car", vietnam("2022-01-01", "00:00:00"), (4_000_000, 6_000_000)),
        ("red_light", "car", vietnam("2024-12-31", "23:59:59"), (4_000_000, 6_000_000)),
        ("red_light", "car", vietnam("2025-01-01", "00:00:00"), (18_000_000, 20_000_000)),
        ("red_light", "truck", vietnam("2026-11-01"), (18_000_000, 20_000_000)),
        ("red_light", "bus", vietnam("2026-11-01"), (18_000_000, 20_000_000)),
        ("red_light", "motorbike", vietnam("2021-12-31"), (600_000, 1_000_000)),
        ("red_light", "motorbike", vietnam("2022-01-01"), (800_000, 1_000_000)),
        ("red_light", "motorbike", vietnam("2024-12-31"), (800_000, 1_000_000)),
        ("red_light", "motorbike", vietnam("2025-01-01"), (4_000_000, 6_000_000)),
        ("red_light", "bicycle", vietnam("2024-12-31"), (100_000, 200_000)),
        ("red_light", "bicycle", vietnam("2025-01-01"), (150_000, 250_000)),
        ("stop_line", "car", vietnam("2024-12-31"), (300_000, 400_000)),
        ("stop_line", "car", vietnam("2025-01-01"), (400_000, 600_000)),
        ("stop_line", "motorbike", vietnam("2025-01-01"), (200_000, 400_000)),
        ("wrong_way", "car", vietnam("2021-12-31"), (3_000_000, 5_000_000)),
        ("wrong_way", "car", vietnam("2022-01-01"), (4_000_000, 6_000_000)),
        ("wrong_way", "car", vietnam("2025-01-01"), (18_000_000, 20_000_000)),
        ("wrong_way", "motorbike", vietnam("2021-12-31"), (1_000_000, 2_000_000)),
        ("wrong_way", "motorbike", vietnam("2024-12-31"), (1_000_000, 2_000_000)),
        ("wrong_way", "motorbike", vietnam("2025-01-01"), (4_000_000, 6_000_000)),
        ("wrong_way", "bicycle", vietnam("2025-01-01"), (300_000, 400_000)),
        ("wrong_lane", "car", vietnam("2021-12-31"), (400_000, 600_000)),
        ("wrong_lane", "car", vietnam("2024-12-31"), (400_000, 600_000)),
        ("wrong_lane", "truck", vietnam("2025-01-01"), (600_000, 800_000)),
        ("wrong_lane", "motorbike", vietnam("2021-12-31"), (100_000, 200_000)),
        ("wrong_lane", "motorbike", vietnam("2024-12-31"), (100_000, 200_000)),
        ("wrong_lane", "motorbike", vietnam("2025-01-01"), (200_000, 400_000)),
        ("wrong_lane", "bicycle", vietnam("2025-01-01"), (100_000, 200_000)),
        ("illegal_stop", "car", vietnam("2021-12-31"), (400_000, 600_000)),
        ("illegal_stop", "car", vietnam("2024-12-31"), (400_000, 600_000)),
        ("illegal_stop", "bus", vietnam("2025-01-01"), (600_000, 800_000)),
        ("illegal_stop", "motorbike", vietnam("2021-12-31"), (200_000, 300_000)),
        ("illegal_stop", "motorbike", vietnam("2022-01-01"), (300_000, 400_000)),
        ("illegal_stop", "motorbike", vietnam("2025-01-01"), (400_000, 600_000)),
        ("illegal_stop", "bicycle", vietnam("2025-01-01"), (100_000, 200_000)),
        # 17:30 UTC on the last day of 2024 is already 2025 in Vietnam.
        ("red_light", "car", datetime(2024, 12, 31, 17, 30, tzinfo=UTC), (18_000_000, 20_000_000)),
        ("red_light", "car", datetime(2024, 12, 31, 16, 30, tzinfo=UTC), (4_000_000, 6_000_000)),
    ],
)
def test_the_regime_in_force_at_the_act_applies(
    kind: str, vehicle_class: str, moment: datetime, bracket: tuple[int, int]
) -> None:
    row = find_tariff(kind, vehicle_class, moment)
    assert (row.min_vnd, row.max_vnd) == bracket
    assert row.midpoint_vnd == sum(bracket) // 2
    assert row.allows(row.min_vnd)
    assert row.allows(row.max_vnd)
    assert not row.allows(row.max_vnd + 1)
    assert not row.allows(row.min_vnd - 1)


def test_what_the_law_data_does_not_know_is_refused_with_a_clear_line() -> None:
    with pytest.raises(BadInput, match="no fine for red_light by a car on 2019-12-31"):
        find_tariff("red_light", "car", vietnam("2019-12-31"))
    with pytest.raises(BadInput, match="no fine for wrong_way by a bicycle on 2024-12-31"):
        find_tariff("wrong_way", "bicycle", vietnam("2024-12-31"))
    with pytest.raises(BadInput, match="no fine for flying"):
        find_tariff("flying", "car", vietnam("2026-01-01"))


def test_every_row_is_sane_and_no_two_overlap() -> None:
    rows = tariff()
    assert len(rows) == 96
    for row in rows:
        assert 0 < row.min_vnd < row.max_vnd, row
        assert row.valid_to is None or row.valid_from < row.valid_to, row
        assert row.confidence in {"A", "B", "C", "M"}, row
    for first, second in combinations(rows, 2):
        if (first.code, first.vehicle_class) == (second.code, second.vehicle_class):
            assert not first.in_force_on(second.valid_from), (first, second)
