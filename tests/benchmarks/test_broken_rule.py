"""A deliberately broken rule is found out by comparing reports and by judging stored cases again."""

import json
import re
from pathlib import Path
from shutil import copy, copytree

import pytest

import detector.rules
from benchmarks.compare import compare_reports, say_difference
from benchmarks.footage.folder import ClipFiles
from benchmarks.footage.one_clip import bench_one
from benchmarks.footage.results import FootageReport
from detector.rejudging.rejudge import rejudge, say_rejudged
from detector.rejudging.rule_version import Rules, rules_from
from detector.rules import red_light
from detector.watching.opening import replay_clip

ROOT = Path(__file__).parents[2]
CLIPS = ROOT / "fixtures/clips"
PAGE = (ROOT / "docs/measuring.md").read_text(encoding="utf-8")
SOUND, BROKEN = "< candidate.settings.grace_s:", "> candidate.settings.grace_s:"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ClipFiles:
    """The small stream of a rendered junction under the name of the whole clip, and the quick detector: to be quick."""
    place = tmp_path_factory.mktemp("footage")
    clip, camera_file = place / "day_runners.mp4", place / "day_runners.camera.json"
    copy(CLIPS / "day_runners.sub.mp4", clip)
    camera = json.loads((CLIPS / "day_runners.camera.json").read_text(encoding="utf-8"))
    camera |= {"sources": {"main": clip.name, "sub": None}, "detector": "fast"}
    camera_file.write_text(json.dumps(camera), encoding="utf-8")
    truth_file = Path(copy(CLIPS / "day_runners.truth.json", place))
    return ClipFiles(clip=clip, camera_file=camera_file, truth_file=truth_file)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    """The rules with the grace time turned round: who runs the red after it is let go."""
    folder = copytree(Path(detector.rules.__path__[0]), tmp_path_factory.mktemp("rules") / "broken")
    rule = folder / "red_light.py"
    source = rule.read_text(encoding="utf-8")
    assert source.count(SOUND) == 1
    rule.write_text(source.replace(SOUND, BROKEN), encoding="utf-8")
    return rules_from(folder)


def report(files: ClipFiles) -> FootageReport:
    clip = bench_one(files, "key")
    assert clip.problem is None
    return FootageReport(software_version="1", machine="a machine", workers=1, wall_s=1.0, clips=(clip,))


def shown(lines: list[str]) -> list[str]:
    """Lines as the page shows them: violations by their first letters only."""
    return [re.sub(r"\b[0-9a-f]{8}\b", "…", line) for line in lines]


def test_comparing_two_reports_finds_a_broken_rule(
    files: ClipFiles, broken: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = report(files)
    monkeypatch.setattr(red_light, "judge", broken.red_light)
    after = report(files)
    said: list[str] = []
    say_difference(compare_reports(before, after), say=said.append)
    assert "worse   day_runners.mp4, vehicle 5: missed now" in said
    assert [line for line in said if line not in PAGE] == []
    missed = [row for row in after.clips[0].rows if row.outcome == "missed"]
    assert missed
    assert all("condition 7, red for at least 0.5 s: red for" in str(row.why) for row in missed)


def test_judging_stored_cases_again_finds_a_broken_rule(
    files: ClipFiles, broken: Rules, tmp_path: Path
) -> None:
    assert files.camera_file is not None
    replay_clip(files.clip, camera_file=files.camera_file, out=tmp_path / "packets", state=tmp_path)
    sound: list[str] = []
    say_rejudged(rejudge([tmp_path / "packets"], rules=rules_from(None), changes=()), say=sound.append)
    assert sound[0].startswith("2 cases: 0 would be decided otherwise")
    said: list[str] = []
    say_rejudged(rejudge([tmp_path / "packets"], rules=broken, changes=()), say=said.append)
    assert shown(said)[:2] == ["…  red_light → not_judged: grace"] * 2
    shown_on_page = re.sub(r"\b[0-9a-f]{8}\b", "…", PAGE)
    assert [line for line in shown(said) if line not in shown_on_page] == []
