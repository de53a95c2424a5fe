"""What circumstances leave of a bracket: a table over every balance of them, and what is refused."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import BadInput
from service.law.circumstances import AGGRAVATING, MITIGATING, circumstances, fine_range
from service.law.tariff import find_tariff

AT = datetime(2026, 11, 20, 3, tzinfo=UTC)
CAR = find_tariff("red_light", "car", AT)
CODES = {each.code: each.effect for each in circumstances()}
M = 1_000_000


@pytest.mark.parametrize(
    ("codes", "least", "usual", "most"),
    [
        ((), 18 * M, 19 * M, 20 * M),
        (("sincere",), 18 * M + 1, 18 * M + 500_000, 19 * M - 1),
        (("sincere", "hardship"), 18 * M, 18 * M, 18 * M),
        (("sincere", "hardship", "frail"), 18 * M, 18 * M, 18 * M),
        (("fled",), 19 * M + 1, 19 * M + 500_000, 20 * M - 1),
        (("fled", "repeated"), 20 * M, 20 * M, 20 * M),
        (("fled", "sincere"), 19 * M, 19 * M, 19 * M),
        (("fled", "repeated", "sincere"), 19 * M + 1, 19 * M + 500_000, 20 * M - 1),
    ],
    ids=str,
)
def test_circumstances_narrow_the_bracket(codes: tuple[str, ...], least: int, usual: int, most: int) -> None:
    found = fine_range(CAR, codes, AT)
    assert (found.least_vnd, found.usual_vnd, found.most_vnd) == (least, usual, most)


@given(st.sets(st.sampled_from(sorted(CODES))))
def test_no_circumstance_leaves_the_bracket_and_more_of_a_kind_never_helps(codes: set[str]) -> None:
    found = fine_range(CAR, codes, AT)
    assert CAR.min_vnd <= found.least_vnd <= found.usual_vnd <= found.most_vnd <= CAR.max_vnd
    for code in sorted(set(CODES) - codes):
        more = fine_range(CAR, codes | {code}, AT).usual_vnd
        assert more >= found.usual_vnd if CODES[code] == AGGRAVATING else more <= found.usual_vnd


@pytest.mark.parametrize(
    ("codes", "says"),
    [(("rich",), "'rich': is none of"), (("sincere", "sincere"), "each is named once")],
)
def test_what_the_law_does_not_name_is_refused(codes: tuple[str, ...], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        fine_range(CAR, codes, AT)


def test_every_row_has_an_effect_a_source_and_a_code_of_its_own() -> None:
    rows = circumstances()
    assert {row.effect for row in rows} == {AGGRAVATING, MITIGATING}
    assert all(row.source and row.confidence for row in rows)
    assert len({row.code for row in rows}) == len(rows)
    assert all(row.in_force_on(date(2024, 1, 1)) and not row.in_force_on(date(2019, 1, 1)) for row in rows)
