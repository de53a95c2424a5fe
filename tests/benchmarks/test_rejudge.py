"""Stored cases through the rules again: other settings, a broken rule, packets that lack a fact."""

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from shutil import copytree, make_archive

import pytest
from typer.testing import CliRunner

import detector.rules
import ngatu
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


def test_a_case_given_twice_is_counted_once(tmp_path: Path) -> None:
    again(tmp_path, packet())
    folder = next((tmp_path / "packets").iterdir())
    make_archive(str(folder), "zip", folder)
    assert len(rejudge([tmp_path / "packets", folder], rules=rules_from(None), changes=())) == 1


def zipped(path: Path, content: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("packet.json", content)


def plain() -> bytes:
    return packet().model_dump_json(by_alias=True).encode()


def encrypted(path: Path) -> None:
    zipped(path, b"{}")
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.find(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path.write_bytes(b"no zip"), "holds no packet.json that can be read"),
        (lambda path: zipped(path, bytes(17 << 20)), "larger than 16 MB"),
        (encrypted, "holds no packet.json that can be read"),
        (Path.mkdir, "is no plain file"),
        (lambda path: zipped(path, b"["), "the file: Invalid JSON"),
        (lambda path: zipped(path, b'{"schema": 99}'), "is it a packet of this version?"),
        (
            lambda path: zipped(path, re.sub(rb'"cross_s":[0-9.]+', b'"cross_s":1e999', plain())),
            "finite number",
        ),
    ],
)
def test_a_packet_that_cannot_be_read_is_named_and_the_others_are_judged(
    tmp_path: Path, make: Callable[[Path], object], why: str
) -> None:
    again(tmp_path, packet())
    make(tmp_path / "packets/broken.zip")
    told = CliRunner().invoke(ngatu.app, ["rejudge", str(tmp_path / "packets"), "--json"])
    assert told.exit_code == 2
    *_, line = told.stdout.splitlines()
    found = json.loads(line)
    assert [case["now"] for case in found["cases"]] == ["red_light"]
    assert why in found["unreadable"][0]
    assert "broken.zip" in found["unreadable"][0]


def test_a_setting_of_another_version_costs_its_own_case_only(tmp_path: Path) -> None:
    rule = PacketRule(name="red_light", version="1", parameters={"mercy_s": 1.0})
    case = again(tmp_path, packet(rule=rule))
    assert case.now is None
    assert "its setting mercy_s is not one of this version" in case.why


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("1 / 0", "cannot be loaded"),
        ("import sys; sys.exit(0)", "cannot be loaded"),
        ("def judge(candidate): raise KeyError('x')", "red_light.py: judge failed"),
        ("def judge(): pass", "red_light.py: judge failed"),
        ("def judge(candidate): return None", "not (Verdict, reason)"),
        ("def judge(candidate): return 'guilty', 'because'", "not (Verdict, reason)"),
    ],
)
def test_rules_that_fail_are_named_in_one_line(tmp_path: Path, code: str, says: str) -> None:
    folder = copytree(OURS, tmp_path / "rules")
    stop_line = "def judge(candidate): pass"
    (folder / "red_light.py").write_text(code, encoding="utf-8")
    (folder / "stop_line.py").write_text(stop_line, encoding="utf-8")
    with pytest.raises(RulesUnusable, match=re.escape(says)):
        again(tmp_path, packet(), rules=folder)
