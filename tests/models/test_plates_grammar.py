"""Vietnamese plate grammar as a table: domain examples, negatives, and the texts that stay ambiguous."""

import pytest

from models.plates.grammar import PATTERNS, PROVINCES, PlateClass, is_ambiguous, plate_classes
from models.types import PlateColour, PlateLayout

ONE, TWO = PlateLayout.ONE_LINE, PlateLayout.TWO_LINE


@pytest.mark.parametrize(
    ("text", "layout", "rows", "colour", "expected"),
    [
        ("63A12345", ONE, (8,), PlateColour.WHITE, {"car_civil"}),
        ("66C00123", TWO, (3, 5), PlateColour.YELLOW, {"car_civil"}),
        ("63A1234", ONE, (7,), PlateColour.WHITE, {"car_civil_legacy"}),
        ("80B12345", ONE, (8,), PlateColour.BLUE, {"car_state"}),
        ("63AB12345", TWO, (4, 5), PlateColour.WHITE, {"moto_civil"}),
        ("66AR12345", TWO, (4, 5), PlateColour.WHITE, {"moto_civil"}),
        ("63B112345", TWO, (4, 5), PlateColour.WHITE, {"moto_civil_legacy"}),
        ("63B11234", TWO, (4, 4), PlateColour.WHITE, {"moto_civil_legacy"}),
        ("63M356789", TWO, (4, 5), PlateColour.BLUE, {"moto_state"}),
        ("63RM55689", ONE, (9,), PlateColour.WHITE, {"special_current"}),
        ("63LD01234", ONE, (9,), PlateColour.WHITE, {"special_legacy"}),
        ("T6323588", ONE, (8,), PlateColour.UNKNOWN, {"temporary"}),
        ("80441NG02", ONE, (9,), PlateColour.WHITE, {"foreign_car"}),
        ("29121NN101", TWO, (5, 5), PlateColour.WHITE, {"foreign_moto"}),
        ("TM1234", ONE, (6,), PlateColour.RED, {"military"}),
        ("13A12345", ONE, (8,), PlateColour.WHITE, set()),
        ("63I12345", ONE, (8,), PlateColour.WHITE, set()),
        ("63A123456", ONE, (9,), PlateColour.WHITE, set()),
        ("63O112345", TWO, (4, 5), PlateColour.WHITE, set()),
        ("", ONE, (), PlateColour.WHITE, set()),
    ],
)
def test_a_text_is_the_kinds_that_its_rows_and_colour_allow(
    text: str, layout: PlateLayout, rows: tuple[int, ...], colour: PlateColour, expected: set[str]
) -> None:
    assert set(plate_classes(text, layout=layout, rows=rows, colour=colour)) == expected


def test_without_its_rows_an_old_motorcycle_may_be_a_car_and_says_so() -> None:
    classes = plate_classes("63B11234", colour=PlateColour.WHITE)
    assert {PlateClass.CAR_CIVIL, PlateClass.MOTO_CIVIL_LEGACY} == set(classes)
    assert is_ambiguous(classes)
    assert not is_ambiguous(plate_classes("63B11234", layout=TWO, rows=(4, 4), colour=PlateColour.WHITE))


def test_every_kind_of_plate_has_a_pattern_and_no_pattern_reads_small_letters() -> None:
    assert set(PATTERNS) == set(PlateClass)
    assert plate_classes("63a12345") == ()


def test_the_81_codes_in_use_have_a_province() -> None:
    assert len(PROVINCES) == 81
    assert {PROVINCES["63"], PROVINCES["66"]} == {"Đồng Tháp"}
    assert not {"13", "42", "44", "45", "46", "87", "91", "96"} & set(PROVINCES)
