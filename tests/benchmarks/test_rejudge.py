"""Stored cases through the rules again: other settings, a broken rule, packets that lack a fact."""

from pathlib import Path
from shutil import copytree

import pytest

import detector.rules
from detector.contract.packet import PacketRule, PacketSpan, PacketTrackPoint, ViolationPacket
from detector.errors import EvidenceError
from detector.rejudging.rejudge import Rejudged, rejudge, say_rejudged
from detector.rejudging.rule_version import RulesUnusable, rules_from
from models.types import LampColour
from tests.detector.evidence.builders import packet_of

OURS = Path(detector.rules.__path__[0])
TRACK = tuple(PacketTrackPoint(at_s=18.0 + n / 10, box=(0.4, 0.7 - n / 100, 0.1, 0.2)) for n in range(21))


def packet(**change: object) -> ViolationPacket:
    return packet_of().model_copy(update={"track": TRACK, **change})


def again(folder: Path, stored: ViolationPacket, *changes: str, rules: Path | None = None) -> Rejudged:
    place = folder / "packets" / stored.violation_id
    place.mkdir(parents=True)
    (place / "packet.json").write_text(stored.model_dump_json(by_alias=True), encoding="utf-8")
    return rejudge([folder / "packets"], rules=rules_from(rules), changes=changes)[0]


def test_a_case_stays_a_case_under_the_rules_that_made_it(tmp_path: Path) -> None:
    case = again(tmp_path, packet())
    assert (case.was, case.now, case.is_otherwise) == ("red_light", "red_light", False)


@pytest.mark.parametrize(
    ("change", "now", "why"),
    [
        ("grace_s=3.0", "red_light", "ran_red"),
        ("grace_s=3.2", "not_judged", "grace"),
        ("least_analysed_fps=13", "not_judged", "too_few_frames"),
    ],
)
def test_another_setting_decides_otherwise_where_the_case_says_so(
    tmp_path: Path, change: str, now: str, why: str
) -> None:
    case = again(tmp_path, packet(), change)
    assert (case.now, case.why) == (now, why)


def test_a_broken_rule_is_found_out_by_the_cases_it_loses(tmp_path: Path) -> None:
    broken = copytree(OURS, tmp_path / "rules")
    rule = broken / "red_light.py"
    text = rule.read_text(encoding="utf-8")
    wrong = text.replace(
        "if candidate.colour_at_entry is not LampColour.RED", "if candidate.colour_at_entry is LampColour.RED"
    )
    assert wrong != text
    rule.write_text(wrong, encoding="utf-8")
    case = again(tmp_path, packet(), rules=broken)
    assert (case.is_otherwise, case.now, case.why) == (True, "not_judged", "entered_junction")
    said: list[str] = []
    say_rejudged([case], said.append)
    assert "red_light → not_judged: entered_junction" in said[0]
    assert said[1].startswith("1 cases: 1 would be decided otherwise, 0 cannot")


def test_both_rules_of_another_version_share_its_doubts(tmp_path: Path) -> None:
    other = copytree(OURS, tmp_path / "rules")
    rule = other / "red_light.py"
    text = rule.read_text(encoding="utf-8")
    rule.write_text(text.replace('"too_few_frames"', '"too_sparse"'), encoding="utf-8")
    rules = rules_from(other)
    assert rules.stop_line.__globals__["doubt"].__code__.co_filename == str(rule)
    assert rules_from(None).red_light.__module__ == "detector.rules.red_light"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"origin": "officer"}, "an officer made this case"),
        ({"track": ()}, "holds no track"),
        ({"rule": PacketRule(name="red_light", version="9", parameters={})}, "rule red_light 9 made it"),
        (
            {
                "signal": packet_of().signal.model_copy(
                    update={"timeline": (PacketSpan(colour=LampColour.RED, from_s=16.1, to_s=19.5),)}
                )
            },
            "does not reach the entry at 20.00 s",
        ),
        ({"signal": packet_of().signal.model_copy(update={"red_elapsed_s": None})}, "how long the signal"),
    ],
)
def test_a_packet_that_lacks_a_fact_is_named_and_not_judged(
    tmp_path: Path, change: dict[str, object], why: str
) -> None:
    case = again(tmp_path, packet(**change))
    assert case.now is None
    assert why in case.why


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("grace_s=soon", "is not NAME=NUMBER"),
        ("mercy_s=1", "no such setting"),
        ("lamp_debounce_s=0.1", "replay the footage instead"),
        ("grace_s=-1", "setting grace_s"),
    ],
)
def test_a_setting_that_cannot_be_asked_is_refused_in_one_line(
    tmp_path: Path, change: str, line: str
) -> None:
    with pytest.raises(RulesUnusable, match=line):
        again(tmp_path, packet(), change)


def test_paths_without_packets_or_rules_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="holds no packet"):
        rejudge([tmp_path], rules=rules_from(None), changes=())
    with pytest.raises(RulesUnusable, match="is no rule file"):
        rules_from(tmp_path)
