"""Stored cases through the rules again, with other settings or another version: the work behind `ngatu rejudge`."""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from detector.contract.camera import JudgingSettings
from detector.contract.packet import PACKET_FILE, ViolationPacket
from detector.errors import EvidenceError, printable
from detector.evidence.packing import UNREADABLE
from detector.rejudging.restoring import CannotRejudge, candidate_of
from detector.rejudging.restoring_acts import act_candidate_of
from detector.rejudging.rule_version import Rules, RulesUnusable
from detector.types import Verdict

MOST_PACKET_BYTES = 16 << 20
REPLAYED_ONLY = {"lamp_debounce_s", "junction_deadline_s"}
"""They act before a rule is asked: on lamp readings and waiting times, which a packet does not hold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejudged:
    """One stored case; `now` is None when it cannot be judged again, and `why` says why.

    `violation_id` and `was` are empty for a packet that cannot even be read.
    """

    violation_id: str
    was: str
    now: str | None
    why: str

    @property
    def is_otherwise(self) -> bool:
        return self.now is not None and self.now != self.was


def rejudge(packets: Sequence[Path], *, rules: Rules, changes: Sequence[str]) -> tuple[Rejudged, ...]:
    """Judge every case below the paths again, each once. Raises EvidenceError, RulesUnusable."""
    changed = parse_changes(changes)
    cases: dict[str, Rejudged] = {}
    for file in (file for path in packets for file in _packets_at(path)):
        try:
            packet = _parse(file)
        except EvidenceError as error:
            cases[str(file)] = Rejudged(violation_id="", was="", now=None, why=str(error))
            continue
        if packet.violation_id not in cases:  # a packet's folder and the .zip beside it are one case
            cases[packet.violation_id] = _again(packet, rules, changed)
    return tuple(cases.values())


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
    try:
        JudgingSettings.model_validate(changed)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise RulesUnusable(f"setting {first['loc'][0]}: {first['msg']}") from None
    return changed


def say_rejudged(cases: Sequence[Rejudged], say: Callable[[str], None]) -> None:
    """Those that would be decided otherwise, those that cannot be told, and how many there were."""
    for case in cases:
        if not case.violation_id:
            say(f"cannot be read: {printable(case.why)}")
        elif case.now is None:
            say(f"{case.violation_id[:8]}  cannot be re-judged: {case.why}")
        elif case.is_otherwise:
            say(f"{case.violation_id[:8]}  {case.was} → {case.now}: {case.why}")
    read = [case for case in cases if case.violation_id]
    otherwise, not_told = sum(c.is_otherwise for c in read), sum(c.now is None for c in read)
    if len(read) < len(cases):
        say(f"{len(cases) - len(read)} packets cannot be read; restore them, or leave them out.")
    say(
        f"{len(read)} cases: {otherwise} would be decided otherwise, {not_told} cannot be re-judged. "
        "Crossings that gave no case are not stored: only a replay tells what new cases there would be."
    )


def rejudged_json(cases: Sequence[Rejudged]) -> dict[str, Any]:
    """The last line of `ngatu rejudge --json`."""
    read = [case for case in cases if case.violation_id]
    return {
        "cases": [{"violation_id": c.violation_id, "was": c.was, "now": c.now, "why": c.why} for c in read],
        "otherwise": sum(c.is_otherwise for c in read),
        "cannot": sum(c.now is None for c in read),
        "unreadable": [case.why for case in cases if not case.violation_id],
    }


def _again(packet: ViolationPacket, rules: Rules, changed: dict[str, float]) -> Rejudged:
    try:
        settings = JudgingSettings.model_validate({**packet.rule.parameters, **changed})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        why = f"its setting {first['loc'][0]} is not one of this version ({first['msg']})"
        return Rejudged(violation_id=packet.violation_id, was=packet.kind, now=None, why=why)
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
    return rules.decide_act(packet.rule.name, candidate)


def _packets_at(path: Path) -> Iterator[Path]:
    """The packets at or below a path: a packet's folder, its .zip, or a folder of either. Raises EvidenceError."""
    if path.is_file():
        yield path
        return
    found = sorted([*path.rglob(PACKET_FILE), *path.rglob("*.zip")]) if path.is_dir() else []
    if not found:
        raise EvidenceError(
            f"{path}: holds no packet; give packet folders, their .zip files, or a folder of them"
        )
    yield from found


def _parse(path: Path) -> ViolationPacket:
    """Raises EvidenceError, naming the file."""
    try:
        return ViolationPacket.model_validate_json(_content(path))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise EvidenceError(f"{path}: {where}: {first['msg']}; is it a packet of this version?") from None
    except OSError as error:
        raise EvidenceError(f"{path}: {error.strerror}; check the path and its rights") from None


def _content(path: Path) -> bytes:
    """Bytes of packet.json, never more than one may have: a packet comes from elsewhere."""
    if not path.is_file():
        raise EvidenceError(f"{path}: is no plain file; is it a packet?")
    if path.suffix == ".zip":
        return _zipped(path)
    with path.open("rb") as file:
        return _bounded(file, path)


def _zipped(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            name = next(n for n in archive.namelist() if n.rsplit("/", 1)[-1] == PACKET_FILE)
            with archive.open(name) as file:
                return _bounded(file, path)
    except (*UNREADABLE, StopIteration):
        raise EvidenceError(
            f"{path}: holds no {PACKET_FILE} that can be read; is it a packet's .zip?"
        ) from None


def _bounded(file: IO[bytes], path: Path) -> bytes:
    content = file.read(MOST_PACKET_BYTES + 1)
    if len(content) > MOST_PACKET_BYTES:
        raise EvidenceError(
            f"{path}: {PACKET_FILE} is larger than {MOST_PACKET_BYTES >> 20} MB; no packet's is"
        )
    return content
