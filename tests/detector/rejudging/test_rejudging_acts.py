"""Stored cases of wrong way, lane change and illegal stop through their rules again."""

from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

import detector.rules
from detector.contract.packet import PacketAct, PacketRule, PacketTrackPoint, ViolationPacket
from detector.rejudging.rejudge import Rejudged, rejudge
from detector.rejudging.rule_version import rules_from
from tests.detector.evidence.builders import packet_of

OURS = Path(detector.rules.__path__[0])
ACTS = {
    "wrong_way": PacketAct(from_s=18.2, to_s=20.2, length_m=8.0, least_kmh=8.0),
    "wrong_lane": PacketAct(from_s=18.4, to_s=19.9),
    "illegal_stop": PacketAct(from_s=9.2, to_s=21.2, most_s=10.0),
}
KINDS = tuple(ACTS)


def packet(kind: str, *, step_s: float = 0.1, **change: Any) -> ViolationPacket:
    track = tuple(
        PacketTrackPoint(at_s=round(9.0 + n * step_s, 3), box=(0.4, 0.5, 0.1, 0.2))
        for n in range(int(12.5 / step_s))
    )
    plain = packet_of().model_copy(
        update={
            "kind": kind,
            "act": ACTS[kind],
            "rule": PacketRule(name=kind, version="1", parameters={"least_analysed_fps": 5.0}),
            "track": track,
        }
    )
    return plain.model_copy(update=change)


def again(folder: Path, stored: ViolationPacket, *changes: str, rules: Path | None = None) -> Rejudged:
    place = folder / "packets" / stored.violation_id
    place.mkdir(parents=True)
    (place / "packet.json").write_text(stored.model_dump_json(by_alias=True), encoding="utf-8")
    return rejudge([folder / "packets"], rules=rules_from(rules), changes=changes)[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_stays_a_case_under_the_rules_that_made_it(kind: str, tmp_path: Path) -> None:
    case = again(tmp_path, packet(kind))
    assert (case.was, case.now, case.is_otherwise) == (kind, kind, False)


@pytest.mark.parametrize("kind", KINDS)
def test_another_setting_decides_otherwise(kind: str, tmp_path: Path) -> None:
    case = again(tmp_path, packet(kind), "least_analysed_fps=13")
    assert (case.now, case.why) == ("not_judged", "too_few_frames")


@pytest.mark.parametrize(
    ("kind", "act", "why"),
    [
        ("wrong_way", PacketAct(from_s=10.0, to_s=14.0, length_m=8.0, least_kmh=8.0), "too_slow"),
        ("illegal_stop", PacketAct(from_s=9.2, to_s=19.1, most_s=10.0), "could_not_drive_on"),
    ],
)
def test_what_the_packet_says_of_the_act_is_judged(
    kind: str, act: PacketAct, why: str, tmp_path: Path
) -> None:
    assert again(tmp_path, packet(kind, act=act)).why == why


@pytest.mark.parametrize("kind", ["wrong_way", "wrong_lane"])
def test_a_track_with_holes_is_doubted(kind: str, tmp_path: Path) -> None:
    assert again(tmp_path, packet(kind, step_s=0.61)).why in {"out_of_sight", "too_few_frames"}


@pytest.mark.parametrize(
    ("kind", "change", "why"),
    [
        ("wrong_way", {"act": PacketAct(from_s=18.2, to_s=20.2)}, "the arrow's length"),
        ("illegal_stop", {"act": PacketAct(from_s=9.2, to_s=21.2)}, "how long one may stand"),
        ("wrong_lane", {"act": PacketAct(from_s=1.0, to_s=2.0)}, "does not cover the act"),
        (
            "wrong_way",
            {"rule": PacketRule(name="wrong_way", version="9", parameters={})},
            "is not known here",
        ),
        ("wrong_way", {"track": ()}, "holds no track"),
        ("wrong_way", {"origin": "officer"}, "an officer made this case"),
    ],
)
def test_a_packet_that_lacks_a_fact_is_named_and_not_judged(
    kind: str, change: dict[str, Any], why: str, tmp_path: Path
) -> None:
    case = again(tmp_path, packet(kind, **change))
    assert case.now is None
    assert why in case.why


def test_rules_from_before_these_were_known_cannot_judge_them(tmp_path: Path) -> None:
    older = copytree(OURS, tmp_path / "rules")
    for kind in KINDS:
        (older / f"{kind}.py").unlink()
    case = again(tmp_path, packet("wrong_way"), rules=older)
    assert (case.now, case.why) == (None, "these rules have none of the name wrong_way")


def test_another_version_of_a_rule_decides_by_its_own_words(tmp_path: Path) -> None:
    other = copytree(OURS, tmp_path / "rules")
    rule = other / "wrong_way.py"
    text = rule.read_text(encoding="utf-8")
    rule.write_text(text.replace("LEAST_FRAMES = 5", "LEAST_FRAMES = 50"), encoding="utf-8")
    assert again(tmp_path, packet("wrong_way"), rules=other).why == "too_few_frames"
