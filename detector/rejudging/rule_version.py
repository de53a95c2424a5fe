"""Opens the rules of another version from its folder (red_light.py, stop_line.py, more). Runs that folder's code."""

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from detector.errors import DetectorError
from detector.judging.candidate import Candidate
from detector.rules import illegal_stop, red_light, stop_line, wrong_lane, wrong_way
from detector.types import Verdict

Judge = Callable[[Candidate], tuple[Verdict, str]]
JudgeAct = Callable[[Any], tuple[Verdict, str]]
"""A rule besides the stop line's: each takes a candidate of its own."""
ACT_RULES: dict[str, JudgeAct] = {
    wrong_way.NAME: wrong_way.judge,
    wrong_lane.NAME: wrong_lane.judge,
    illegal_stop.NAME: illegal_stop.judge,
}
RED_LIGHT_MODULE = red_light.__name__
FAULTS = (
    ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, NameError, OSError, RuntimeError,
    SyntaxError, SystemExit, TypeError, ValueError,
)  # fmt: skip
"""What code of another version may end in: it is somebody's work in progress, and may not end the command unsaid."""


class RulesUnusable(DetectorError):
    """A folder or a setting that cannot serve as rules."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """The rules of one version; `acts` holds those besides the stop line's, by name, as far as it has them."""

    red_light: Judge
    stop_line: Judge
    acts: Mapping[str, JudgeAct]

    def decide(self, candidate: Candidate) -> tuple[Verdict, str]:
        """The graver rule first, as the camera's judge asks them. Raises RulesUnusable."""
        verdict, reason = _answer(self.red_light, candidate)
        if verdict is Verdict.NOT_JUDGED and reason in {"did_not_enter", "entered_after_red"}:
            return _answer(self.stop_line, candidate)
        return verdict, reason

    def decide_act(self, name: str, candidate: Any) -> tuple[Verdict, str]:
        """What one of the other rules says. Raises RulesUnusable."""
        return _answer(self.acts[name], candidate)


def _answer(judge: Callable[[Any], tuple[Verdict, str]], candidate: Any) -> tuple[Verdict, str]:
    """What a rule says of a candidate; one that fails, or says something else, is named with its file."""
    try:
        told: Any = judge(candidate)
    except FAULTS as error:
        where, said = inspect.getfile(judge), type(error).__name__
        raise RulesUnusable(f"{where}: judge failed ({said}: {error}); mend the rule file") from None
    if isinstance(told, tuple) and len(told) == 2 and isinstance(told[0], Verdict):
        return told[0], str(told[1])
    raise RulesUnusable(
        f"{inspect.getfile(judge)}: judge gave {str(told)[:80]}, not (Verdict, reason); mend the rule file"
    )


def rules_from(folder: Path | None) -> Rules:
    """The rules in a folder; this version's own for None. Raises RulesUnusable."""
    if folder is None:
        return Rules(red_light=red_light.judge, stop_line=stop_line.judge, acts=ACT_RULES)
    red = _open(folder / "red_light.py")
    with _in_place_of_ours(red):
        stop = _open(folder / "stop_line.py")
    acts = {
        name: _open(folder / f"{name}.py").judge for name in ACT_RULES if (folder / f"{name}.py").is_file()
    }
    return Rules(red_light=red.judge, stop_line=stop.judge, acts=acts)


@contextmanager
def _in_place_of_ours(red: ModuleType) -> Iterator[None]:
    """stop_line imports doubt and excuse from red_light: they must be those of the same version."""
    ours = sys.modules[RED_LIGHT_MODULE]
    sys.modules[RED_LIGHT_MODULE] = red
    try:
        yield
    finally:
        sys.modules[RED_LIGHT_MODULE] = ours


def _open(path: Path) -> ModuleType:
    spec = spec_from_file_location(f"rules_to_compare_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise RulesUnusable(f"{path}: is no rule file; give a folder with red_light.py and stop_line.py")
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except FAULTS as error:
        raise RulesUnusable(f"{path}: cannot be loaded ({error}); mend the rule file") from None
    if not callable(getattr(module, "judge", None)):
        raise RulesUnusable(f"{path}: has no judge(candidate); add it")
    return module
