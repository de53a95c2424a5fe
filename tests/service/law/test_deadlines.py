"""Deadlines, working days, next steps, surcharge and authority as tables: both sides of every change."""

import itertools
from dataclasses import replace
from datetime import date, datetime

import pytest

from service.cases.moves import State
from service.errors import BadInput
from service.law.authority import signing_limits, titles_that_may_sign
from service.law.deadlines import deadlines, due_on
from service.law.next_steps import DueStep, Standing, due_steps, next_due
from service.law.surcharges import Change, late_surcharge_vnd, surcharges
from service.law.working_days import is_working_day

FINE = 19_000_000
A_DAY_OF_19_M = 9_500


def vietnam(day: str, time: str = "12:00:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{time}+07:00")


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("step", "counted_from", "last_day"),
    [
        # Ten days by the calendar, under both circulars, over a weekend and over a change of year.
        ("notice", vietnam("2024-12-31"), "2025-01-10"),
        ("notice", vietnam("2025-01-01"), "2025-01-11"),
        ("notice", vietnam("2026-11-02", "23:59:59"), "2026-11-12"),
        ("notice", vietnam("2026-11-03", "00:00:00"), "2026-11-13"),
        ("owner_answer", vietnam("2024-12-31"), "2025-01-20"),
        ("owner_answer", vietnam("2025-01-01"), "2025-01-21"),
        # ND61/2026: three working days become five on 1 April 2026.
        ("record", vietnam("2026-03-31", "23:59:59"), "2026-04-03"),
        ("record", vietnam("2026-04-01", "00:00:00"), "2026-04-08"),
        ("record", vietnam("2026-03-27"), "2026-04-01"),
        ("record", vietnam("2026-04-03"), "2026-04-10"),
        # 30 April, 1 May, and 27 April instead of a Sunday are free.
        ("record", vietnam("2026-04-24"), "2026-05-06"),
        # Tết 2025: 27 to 31 January are free; Tết 2026: 16 to 20 February.
        ("decision", vietnam("2025-01-24"), "2025-02-11"),
        ("decision", vietnam("2026-02-13"), "2026-03-03"),
        # 29 April 2024 was free, Saturday 4 May was worked.
        ("file_to_authority", vietnam("2024-05-02"), "2024-05-04"),
        ("decision_sent", vietnam("2026-11-20"), "2026-11-25"),
        ("decision_after_explanation", vietnam("2026-01-31"), "2026-02-28"),
        ("decision_especially_complex", vietnam("2025-11-30"), "2026-02-28"),
        ("payment", vietnam("2026-11-02"), "2026-11-12"),
        ("limitation", vietnam("2024-02-29"), "2025-02-28"),
        ("limitation", vietnam("2023-06-01"), "2024-06-01"),
        ("decision_lapse", vietnam("2026-12-31"), "2027-12-31"),
        ("complaint_first", vietnam("2026-01-01"), "2026-04-01"),
        ("complaint_second", vietnam("2026-01-01"), "2026-01-31"),
    ],
)
def test_the_last_day_follows_the_row_in_force(step: str, counted_from: datetime, last_day: str) -> None:
    assert due_on(step, counted_from) == day(last_day)


def test_every_day_since_2020_has_exactly_one_row_per_step() -> None:
    for step in {row.step for row in deadlines()}:
        rows = [row for row in deadlines() if row.step == step]
        assert rows[0].valid_from == date(2020, 1, 1)
        assert [row.valid_to is None for row in rows] == [False] * (len(rows) - 1) + [True]
        for before, after in itertools.pairwise(rows):
            assert before.valid_to is not None
            assert (after.valid_from - before.valid_to).days == 1
    for row in deadlines():
        assert row.source
        assert row.confidence in {"A", "B", "C", "M"}


def test_what_the_law_data_does_not_know_is_refused() -> None:
    with pytest.raises(BadInput, match=r"deadlines.csv: no deadline for party on 2026-01-01"):
        due_on("party", vietnam("2026-01-01"))
    with pytest.raises(BadInput, match="no deadline for notice on 2019-12-31"):
        due_on("notice", vietnam("2019-12-31"))


@pytest.mark.parametrize(
    ("when", "working"),
    [
        ("2026-11-20", True),
        ("2026-11-21", False),
        ("2026-11-22", False),
        ("2025-01-24", True),
        ("2025-01-27", False),
        ("2025-01-31", False),
        ("2025-02-03", True),
        ("2024-04-18", False),
        ("2024-04-29", False),
        ("2024-05-04", True),
        ("2024-05-11", False),
        ("2020-09-02", False),
        ("2020-09-03", True),
        ("2021-09-03", False),
        ("2022-09-01", False),
        ("2031-01-01", False),
        ("2031-01-02", True),
    ],
)
def test_offices_are_closed_on_weekends_and_holidays(when: str, working: bool) -> None:
    assert is_working_day(day(when)) is working


def standing(state: str, **changes: datetime | None) -> Standing:
    moments: dict[str, datetime | None] = {
        "committed_at": vietnam("2026-10-30"),
        "since_at": vietnam("2026-11-05"),
        "issued_at": None,
        **changes,
    }
    return Standing(state=state, detected_at=vietnam("2026-11-02"), **moments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("detected", [("notice", "2026-11-12"), ("limitation", "2027-10-30")]),
        ("in_review", [("notice", "2026-11-12"), ("limitation", "2027-10-30")]),
        ("confirmed", [("notice", "2026-11-12"), ("limitation", "2027-10-30")]),
        ("second_approval", [("notice", "2026-11-12"), ("limitation", "2027-10-30")]),
        ("unresolved_owner", [("notice", "2026-11-12"), ("limitation", "2027-10-30")]),
        ("notified", [("owner_answer", "2026-11-25"), ("limitation", "2027-10-30")]),
        ("decision", [("decision_sent", "2026-11-09")]),
        ("overdue", [("decision_lapse", "2027-11-05")]),
        ("appealed", [("complaint_first", "2027-02-03")]),
        ("paid", []),
        ("rejected", []),
        ("cancelled", []),
    ],
)
def test_a_case_knows_what_it_waits_for(state: str, expected: list[tuple[str, str]]) -> None:
    assert [(step.step, step.due_on.isoformat()) for step in due_steps(standing(state))] == expected


def test_every_state_is_in_the_table_of_steps() -> None:
    shown = {state.value for state in State if due_steps(standing(state))}
    assert {state.value for state in State} - shown == {"paid", "rejected", "cancelled", "forwarded"}


def test_a_case_about_to_lapse_says_so_before_its_duty_does() -> None:
    old = standing("notified", committed_at=vietnam("2025-11-20"))
    first, second = due_steps(old)
    assert (first.step, first.lapses, first.due_on) == ("limitation", True, date(2026, 11, 20))
    assert (second.step, second.lapses) == ("owner_answer", False)
    assert [first.days_left(day(text)) for text in ("2026-11-19", "2026-11-20", "2026-11-21")] == [1, 0, -1]


def test_footage_without_a_clock_has_no_limitation_day() -> None:
    assert due_steps(standing("detected", committed_at=None)) == (
        DueStep(step="notice", due_on=date(2026, 11, 12)),
    )


def test_payment_is_counted_from_the_day_the_decision_was_received() -> None:
    issued = vietnam("2026-11-10")
    unreceived = standing("decision", issued_at=issued)
    assert next_due(unreceived) == DueStep(step="decision_sent", due_on=date(2026, 11, 12))
    received = replace(unreceived, received_on=date(2026, 11, 13))
    assert next_due(received) == DueStep(step="payment", due_on=date(2026, 11, 23))
    assert next_due(replace(received, state="paid")) is None


@pytest.mark.parametrize(
    ("through", "changes", "expected"),
    [
        ("2026-11-12", [("2026-11-02", FINE)], 0),
        ("2026-11-13", [("2026-11-02", FINE)], A_DAY_OF_19_M),
        ("2026-11-22", [("2026-11-02", FINE)], 10 * A_DAY_OF_19_M),
        ("2026-11-22", [("2026-11-02", FINE), ("2026-11-12", -FINE)], 0),
        # Paid on the fifth late day: four days are late.
        ("2026-11-22", [("2026-11-02", FINE), ("2026-11-17", -FINE)], 4 * A_DAY_OF_19_M),
        ("2026-11-22", [("2026-11-02", FINE), ("2026-11-17", -9_000_000)], 4 * A_DAY_OF_19_M + 6 * 5_000),
        ("2026-11-22", [("2026-11-02", FINE), ("2026-11-03", -2 * FINE)], 0),
        # Shares of a dong add up over the days and are cut off once, at the end.
        ("2026-11-15", [("2026-11-02", 900)], 1),
        ("2026-11-14", [("2026-11-02", 900)], 0),
    ],
)
def test_late_payment_costs_half_a_thousandth_a_day(
    through: str, changes: list[tuple[str, int]], expected: int
) -> None:
    found = [Change(on=day(on), amount_vnd=amount) for on, amount in changes]
    assert late_surcharge_vnd(found, last_day=date(2026, 11, 12), through_on=day(through)) == expected


@pytest.mark.parametrize(
    ("bracket_max", "signed", "lowest"),
    [
        (20_000_000, vietnam("2025-06-30", "23:59:59"), "province_director"),
        (20_000_000, vietnam("2025-07-01", "00:00:00"), "team_head"),
        (6_000_000, vietnam("2025-06-30"), "traffic_police_head"),
        (6_000_000, vietnam("2025-07-01"), "officer"),
        (7_500_001, vietnam("2026-08-14"), "team_head"),
        (7_500_000, vietnam("2026-08-15"), "officer"),
        (500_000, vietnam("2025-01-01"), "officer"),
        (500_001, vietnam("2025-01-01"), "team_head"),
    ],
)
def test_who_may_sign_goes_by_the_brackets_maximum(bracket_max: int, signed: datetime, lowest: str) -> None:
    assert titles_that_may_sign(bracket_max, signed)[0] == lowest


def test_nobody_signs_more_than_the_highest_limit_or_before_the_data_begins() -> None:
    assert titles_that_may_sign(75_000_001, vietnam("2026-11-01")) == ()
    with pytest.raises(BadInput, match=r"signing_authority.csv: nobody's limit is known on 2024-12-31"):
        titles_that_may_sign(1, vietnam("2024-12-31"))


def test_every_row_of_law_has_a_source() -> None:
    for row in (*signing_limits(), *surcharges()):
        assert row.source
        assert row.confidence in {"A", "B", "C", "M"}
