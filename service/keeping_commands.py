"""What the command line asks of retention and backups: each returns what to say."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.backup.restoring import check_backup, newest_or, read_manifest, restore
from service.backup.saving import save
from service.database import transaction
from service.record_opening import kept_record, told_in_a_line
from service.retention.erasing import run_retention
from service.retention.holding import hold_evidence, release_evidence
from service.settings import Settings

WHO = "command line"


def retain(*, state: Path, dry: bool) -> dict[str, Any]:
    """Erase what is due, or only count it; the counts, and as `line` in words."""
    with kept_record(state) as record:
        run = run_retention(record.engine, record.evidence, at=datetime.now(UTC), dry=dry)
    told = ", ".join(f"{cases} {name}" for name, cases in run.erased.items() if cases) or "nothing is due"
    line = f"Would erase the evidence of: {told}." if dry else f"Erased of: {told}; files: {run.files}."
    if run.failed:
        line += f" Failed cases, tried again next time: {run.failed}; the first: {run.first_failure}"
    return {"dry": dry, "cases": run.erased, "files": run.files, "failed": run.failed, "line": line}


def hold(*, state: Path, case_id: int, why: str) -> str:
    """Hold evidence. Raises NotFound, BadInput, Conflict."""
    with kept_record(state) as record, transaction(record.engine) as session:
        hold_evidence(session, case_id, why=why, who=WHO, at=datetime.now(UTC))
    return f"Case {case_id}: its evidence stays until it is released."


def release(*, state: Path, case_id: int, why: str) -> str:
    """Release evidence. Raises NotFound, BadInput, Conflict."""
    with kept_record(state) as record, transaction(record.engine) as session:
        release_evidence(session, case_id, why=why, who=WHO, at=datetime.now(UTC))
    return f"Case {case_id}: its evidence is kept by the rules again."


def back_up(*, state: Path, folder: Path, passphrase: str | None, keep: int | None) -> str:
    """Make a backup. Raises BadInput."""
    with kept_record(state) as record:
        saved = save(record, folder, passphrase=passphrase, at=datetime.now(UTC), keep=keep)
    rows, manifest = saved.manifest.rows, saved.manifest
    missing = f"; cases without files: {manifest.without_evidence}" if manifest.without_evidence else ""
    return (
        f"{saved.run}: cases: {rows['violation_case']}, ledger entries: {rows['ledger_entry']}, "
        f"audit entries: {rows['audit_entry']}, packets: {manifest.packets} (new: {saved.new_packets}){missing}."
    )


def is_encrypted(*, folder: Path, run: str | None) -> bool:
    """Whether a passphrase will be needed."""
    return read_manifest(newest_or(folder, run)).encrypted


def check_only(*, folder: Path, run: str | None) -> str:
    """Read a whole backup. Raises BadInput, DamagedBackup."""
    found, manifest = check_backup(folder, run)
    return f"{found}: is whole; packets: {manifest.packets}, made {manifest.made_at}."


def restore_into(*, state: Path, folder: Path, run: str | None, passphrase: str | None) -> str:
    """Restore. Raises BadInput, Conflict, DamagedBackup."""
    with told_in_a_line(state):
        restored = restore(Settings(state=state), folder, passphrase=passphrase, run_name=run)
    return (
        f"{state}: restored from {restored.run}: cases: {restored.cases}, packets: {restored.packets}, "
        f"audit entries: {restored.audit_entries}; the trail is whole."
    )
