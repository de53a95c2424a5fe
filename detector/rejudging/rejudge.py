"""Stored cases through the rules again, with other settings or another version: the work behind `ngatu rejudge`."""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from detector.contract.camera import JudgingSettings
from detector.contract.packet import PACKET_FILE, ViolationPacket
from detector.errors import EvidenceError
from detector.rejudging.restoring import CannotRejudge, candidate_of
from detector.rejudging.restoring_acts import act_candidate_of
from detector.rejudging.rule_version import Rules, RulesUnusable
from detector.types import Verdict

REPLAYED_ONLY = {"lamp_debounce_s", "junction_deadline_s"}
"""They act before a rule is asked: on lamp readings and waiting times, which a packet does not hold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejudged:
    """One stored case; `now` is None when it cannot be judged again, and `why` says why."""

    violation_id: str
    was: str
    now: str | None
    why: str

    @property
    def is_otherwise(self) -> bool:
        return self.now is not None and self.now != self.was


def rejudge(packets: Sequence[Path], *, rules: Rules, changes: Sequence[str]) -> tuple[Rejudged, ...]:
    """Judge every packet below the paths again. Raises EvidenceError, RulesUnusable."""
    changed = parse_changes(changes)
    return tuple(_again(packet, rules, changed) for path in packets for packet in _packets_at(path))


def parse_changes(changes: Sequence[str]) -> dict[str, float]:
    """`grace_s=1.0` as a setting. Raises RulesUnusable for what a stored case cannot be asked."""
    changed: dict[str, float] = {}
    known = set(JudgingSettings.model_fields) - REPLAYED_ONLY
    for change in changes:
        name, _, value = change.partition("=")
        if name in REPLAYED_ONLY:
            raise RulesUnusable(f"--set {change}: acts before the rules; replay the footage instead")
        try:
            changed[name] = float(value)
        except ValueError:
            raise RulesUnusable(f"--set {change}: is not NAME=NUMBER") from None
        if name not in known:
            raise RulesUnusable(f"--set {change}: no such setting; there are {', '.join(sorted(known))}")
    return changed


def say_rejudged(cases: Sequence[Rejudged], say: Callable[[str], None]) -> None:
    """Those that would be decided otherwise, those that cannot be told, and how many there were."""
    for case in cases:
        if case.now is None:
            say(f"{case.violation_id[:8]}  cannot be re-judged: {case.why}")
        elif case.is_otherwise:
            say(f"{case.violation_id[:8]}  {case.was} → {case.now}: {case.why}")
    otherwise, not_told = sum(c.is_otherwise for c in cases), sum(c.now is None for c in cases)
    say(
        f"{len(cases)} cases: {otherwise} would be decided otherwise, {not_told} cannot be re-judged. "
        "Crossings that gave no case are not stored: only a replay tells what new cases there would be."
    )


def rejudged_json(cases: Sequence[Rejudged]) -> dict[str, Any]:
    """The last line of `ngatu rejudge --json`."""
    return {
        "cases": [{"violation_id": c.violation_id, "was": c.was, "now": c.now, "why": c.why} for c in cases],
        "otherwise": sum(c.is_otherwise for c in cases),
        "cannot": sum(c.now is None for c in cases),
    }


def _again(packet: ViolationPacket, rules: Rules, changed: dict[str, float]) -> Rejudged:
    try:
        settings = JudgingSettings.model_validate({**packet.rule.parameters, **changed})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise RulesUnusable(f"setting {first['loc'][0]}: {first['msg']}") from None
    try:
        verdict, reason = _decide(packet, rules, settings)
    except CannotRejudge as cannot:
        return Rejudged(violation_id=packet.violation_id, was=packet.kind, now=None, why=str(cannot))
    if reason == "partly_hidden" and packet.kind != "stop_line":
        why = "it would be a case of stopping over the line only if the whole vehicle moved, which is not stored"
        return Rejudged(violation_id=packet.violation_id, was=packet.kind, now=None, why=why)
    return Rejudged(violation_id=packet.violation_id, was=packet.kind, now=str(verdict), why=reason)


def _decide(packet: ViolationPacket, rules: Rules, settings: JudgingSettings) -> tuple[Verdict, str]:
    if packet.act is None:
        return rules.decide(candidate_of(packet, settings))
    candidate = act_candidate_of(packet, packet.act, settings)
    if packet.rule.name not in rules.acts:
        raise CannotRejudge(f"these rules have none of the name {packet.rule.name}")
    return rules.acts[packet.rule.name](candidate)


def _packets_at(path: Path) -> Iterator[ViolationPacket]:
    """The packets at or below a path: a packet's folder, its .zip, or a folder of either."""
    if path.is_file():
        yield _parse(path, _zipped(path) if path.suffix == ".zip" else path.read_bytes())
        return
    found = sorted([*path.rglob(PACKET_FILE), *path.rglob("*.zip")]) if path.is_dir() else []
    if not found:
        raise EvidenceError(
            f"{path}: holds no packet; give packet folders, their .zip files, or a folder of them"
        )
    for file in found:
        yield _parse(file, _zipped(file) if file.suffix == ".zip" else file.read_bytes())


def _zipped(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            name = next(n for n in archive.namelist() if n.rsplit("/", 1)[-1] == PACKET_FILE)
            return archive.read(name)
    except (zipfile.BadZipFile, StopIteration):
        raise EvidenceError(f"{path}: holds no {PACKET_FILE}; is it a packet's .zip?") from None


def _parse(path: Path, data: bytes) -> ViolationPacket:
    try:
        return ViolationPacket.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise EvidenceError(f"{path}: {where}: {first['msg']}; is it a packet of this version?") from None
