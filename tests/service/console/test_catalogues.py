"""Both catalogues are complete: every sentence of the templates, every code that a page can show."""

import re
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from detector.contract.packet import PacketClock
from detector.contract.recordings import FeedWord
from detector.fitness.grading import Grade
from detector.types import Verdict
from models.types import LampColour, PlateColour, VehicleClass
from service.cameras.states import STATES
from service.cases.moves import MOVES, RejectReason, State
from service.cases.workload import WEEKDAYS
from service.console.calibration_words import WORDS
from service.console.camera_pages import VIEWS
from service.console.fitness_words import LINES
from service.console.live_pages import FEED_TROUBLES
from service.console.queue_choices import AGES, CONFIDENCES, DUES, KINDS, QUEUE_STATES
from service.console.refusals import FORMS, said_in
from service.console.rendering import ADVICE, OTHER_ADVICE
from service.console.stills import stills_of
from service.console.texts import LANGUAGES, LOCALES, TEMPLATES
from service.law.circumstances import circumstances
from service.law.next_steps import STEPS
from service.law.tariff import tariff
from service.ledger import CHARGES
from service.owners.matching import COMPARED
from service.papers.content import KIND_LETTERS
from service.people import ROLES
from tests.service.packets import ACTS, act_packet_of, packet_of

FEED_WORDS = get_args(FeedWord)
SERVICE = Path(__file__).parents[3] / "service"
MARKING = SERVICE.parent / "detector" / "contract" / "marking.py"
FOOTAGE = ("live", "recorded", "rendered")
PLATE_REASONS = (
    "agreed",
    "unclear_character",
    "single_reading",
    "no_such_plate",
    "not_readable",
    "too_small",
)
WRITTEN_ACTION = re.compile(r'session,\s*(?:case|sealed),\s*"(\w+)"')
LEDGER_KINDS = (*CHARGES, "payment", "refund")


def codes() -> set[str]:
    """Every code that a template joins from a prefix and a value of the record."""
    written = {
        action
        for path in (
            SERVICE / "intake.py",
            *(SERVICE / "cases").glob("*.py"),
            *(SERVICE / "payments").glob("*.py"),
            *(SERVICE / "owners").glob("*.py"),
            *(SERVICE / "papers").glob("*.py"),
        )
        for action in WRITTEN_ACTION.findall(path.read_text(encoding="utf-8"))
    }
    clocks = PacketClock.model_fields["source"].annotation.__args__  # type: ignore[union-attr]
    joined = {
        "state_": State, "reject_": RejectReason, "ledger_": LEDGER_KINDS, "lamp_": LampColour, "colour_": PlateColour,
        "footage_": FOOTAGE, "banner_": ("recorded", "rendered"), "show_": QUEUE_STATES, "offence_": KINDS,
        "plate_": ("sure", "doubtful", "unread"), "reason_": PLATE_REASONS, "clock_": clocks,
        "step_": STEPS, "camera_": STATES,
        "calibration_": WORDS, "cameras_": VIEWS, "grade_": Grade, "verdict_": Verdict,
        "age_": AGES, "due_": DUES, "confidence_": CONFIDENCES,
        "period_": ("today", "week", "month", "year"), "decree_": {row.decree for row in tariff()},
        "action_": {*MOVES, *written, "looked_at", "public_lookup", *(f"ledger_{kind}" for kind in LEDGER_KINDS)},
        "outcome_": ("found", "none", "ambiguous"), "differs_": COMPARED, "paper_": KIND_LETTERS,
        "circumstance_": {row.code for row in circumstances()},
        "live_": ("smart", "plain"), "live_why_": FEED_TROUBLES,
        "mark_": ("asked", "made", "case", "refused"), "feed_": (*FEED_WORDS, "not_recorded"),
        "": {*ROLES, *KINDS, *FOOTAGE, *VehicleClass, *WEEKDAYS},
    }  # fmt: skip
    return {f"{prefix}{value}" for prefix, values in joined.items() for value in values}


def sentences() -> set[str]:
    """Every text that templates and code ask for as it stands."""
    found = extract_from_dir(TEMPLATES, method_map=[("**.html", "jinja2.ext.babel_extract")])
    asked = {message for _, _, message, _, _ in found if isinstance(message, str)}
    spans = {"%(count)s min", "%(count)s h", "%(count)s d"}
    packets = [act_packet_of(kind) if kind in ACTS else {**packet_of(), "kind": kind} for kind in KINDS]
    stills = {still.label for packet in packets for still in stills_of(packet)}
    return (
        asked | spans | stills | {*LINES} | {msgid for _, msgid in FORMS} | {*ADVICE.values(), OTHER_ADVICE}
    )


def catalogue(language: str) -> Catalog:
    with (LOCALES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_text(language: str) -> None:
    texts = {str(message.id): message.string for message in catalogue(language) if message.id}
    assert sorted(code for code in codes() if not texts.get(code)) == []


def test_every_sentence_is_in_vietnamese() -> None:
    texts = {str(message.id): message.string for message in catalogue("vi") if message.id}
    assert sorted(sentence for sentence in sentences() if not texts.get(sentence)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_entry_is_fuzzy_empty_or_loses_a_value(language: str) -> None:
    values = re.compile(r"%\(\w+\)s")
    english = {str(message.id): str(message.string) for message in catalogue("en") if message.id}
    for message in catalogue(language):
        if message.id:
            assert message.string, message.id
            assert not message.fuzzy, message.id
            # A code names no value itself: its texts in both languages must name the same ones.
            said = str(message.id) if message.id not in codes() else english[str(message.id)]
            assert set(values.findall(said)) == set(values.findall(str(message.string))), message.id


def test_no_entry_is_left_over() -> None:
    known = codes() | sentences()
    left_over = {str(message.id) for message in catalogue("vi") if message.id} - known
    said = "\n".join(path.read_text(encoding="utf-8") for path in (*SERVICE.rglob("*.py"), MARKING)).replace(
        '"\n        "', ""
    )
    assert sorted(text for text in left_over if text not in said) == []


@pytest.mark.parametrize(
    ("detail", "vietnamese"),
    [
        ("case 7: there is none", "Không có vụ số 7."),
        (
            "amount 5000 VND: ND168 art. 6.9.b allows 18000000 to 20000000 VND",
            "Mức 5.000 đồng không hợp lệ: ND168, điểm khoản điều 6.9.b cho phép từ 18.000.000 đến 20.000.000 đồng.",
        ),
        (
            "the role auditor may not do this; it needs: reviewer, supervisor",
            "Vai trò kiểm tra viên không được làm việc này; cần: cán bộ duyệt, chỉ huy.",
        ),
        ("something nobody translated", "something nobody translated"),
    ],
)
def test_refusals_are_said_in_the_readers_language(detail: str, vietnamese: str) -> None:
    assert said_in("vi", detail) == vietnamese


@pytest.mark.parametrize(
    ("detail", "english"),
    [
        ("case 7: there is none", "case 7: there is none"),
        (
            "the role auditor may not do this; it needs: integrator, admin",
            "the role auditor may not do this; it needs: integrator, administrator",
        ),
        (
            "the case is in_review: claim is possible only from detected",
            "the case is in review: this is no longer possible; load it again",
        ),
        ("something else", "something else"),
    ],
)
def test_refusals_hold_no_codes_in_english(detail: str, english: str) -> None:
    assert said_in("en", detail) == english
