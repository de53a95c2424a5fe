"""Every word by which a rule, the judge or the plate vote says why is explained on the page about judging."""

import ast
import re
from pathlib import Path

import pytest

from detector.types import PlateVerdict, Verdict

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/how-a-case-is-judged.md").read_text(encoding="utf-8")
RULES = sorted(path for path in (ROOT / "detector/rules").glob("*.py") if path.stem != "__init__")


def words_told_by(path: Path) -> set[str]:
    """The fixed words in the (verdict, reason) pairs of a module."""
    pairs = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Tuple)
    ]
    return {
        part.value
        for pair in pairs
        for part in pair.elts
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }


@pytest.mark.parametrize(
    "path", [*RULES, ROOT / "detector/judging/plate_vote.py"], ids=lambda path: path.stem
)
def test_every_reason_of_a_rule_or_of_the_vote_is_explained(path: Path) -> None:
    words = words_told_by(path)
    assert words
    assert not {word for word in words if f"`{word}`" not in PAGE}


def test_what_the_judge_counts_without_a_finding_is_explained() -> None:
    source = (ROOT / "detector/judging/camera_judge.py").read_text(encoding="utf-8")
    counted = set(re.findall(r"NOT_JUDGED}:(\w+)", source))
    assert counted
    assert not {word for word in counted if f"`{word}`" not in PAGE}


@pytest.mark.parametrize("verdict", [*Verdict, *PlateVerdict])
def test_every_verdict_is_explained(verdict: Verdict | PlateVerdict) -> None:
    assert f"| `{verdict}` |" in PAGE
