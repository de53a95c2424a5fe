"""Lets old recordings go: by days, and by how much of the disk must stay free. The oldest first, of all cameras.

A segment's file goes first, its index line last: what is listed and gone is a gap, what is there is never unlisted.
"""

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import structlog

from detector.contract.recordings import INDEX_FILE, is_segment_name

log = structlog.get_logger()

ENOUGH_BYTES = 256 << 20
"""So much more than the least is freed at once: the disk is not looked at for every segment."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Retention:
    """How long recordings stay. `days` counts whole UTC days; `free_share` of the disk is kept free."""

    days: int = 30
    free_share: float = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Disk:
    """The disk that recordings are on."""

    total_bytes: int
    free_bytes: int


def disk_of(root: Path) -> Disk:
    """How full it is. Raises OSError."""
    usage = shutil.disk_usage(root)
    return Disk(total_bytes=usage.total, free_bytes=usage.free)


def let_go(root: Path, retention: Retention, *, today: date, disk: Disk) -> int:
    """Remove what is too old and what must make room; how many bytes went. Raises OSError."""
    gone = 0
    oldest_kept = today - timedelta(days=retention.days)
    for day, folder in _days(root):
        if day < oldest_kept:
            gone += _remove_day(folder)
    short = round(disk.total_bytes * retention.free_share) - disk.free_bytes - gone
    if short > 0:
        gone += _make_room(root, short + min(ENOUGH_BYTES, disk.total_bytes // 50))
    return gone


def _make_room(root: Path, wanted: int) -> int:
    """Remove the oldest segments until so many bytes are free."""
    gone = 0
    for day in sorted({day for day, _ in _days(root)}):
        folders = [folder for its_day, folder in _days(root) if its_day == day]
        segments = sorted((path.name, path) for folder in folders for path in folder.iterdir())
        removed: set[Path] = set()
        for name, path in segments:
            if gone >= wanted:
                break
            if is_segment_name(name):
                gone += path.stat().st_size
                path.unlink()
                removed.add(path)
        _unlist(removed)
        for folder in folders:
            if not any(is_segment_name(path.name.removesuffix(".part")) for path in folder.iterdir()):
                gone += _remove_day(folder)
        if gone >= wanted:
            break
    if gone:
        log.info("recordings_made_room", bytes=gone)
    return gone


def _unlist(removed: set[Path]) -> None:
    """Take segments that are gone out of their indexes."""
    for folder in {path.parent for path in removed}:
        names = {path.name for path in removed if path.parent == folder}
        index = folder / INDEX_FILE
        if not index.exists():
            continue
        lines = [
            line
            for line in index.read_bytes().splitlines(keepends=True)
            if not any(f'"{name}"'.encode() in line for name in names)
        ]
        unfinished = index.with_suffix(".new")
        unfinished.write_bytes(b"".join(lines))
        unfinished.replace(index)


def _remove_day(folder: Path) -> int:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    shutil.rmtree(folder)
    return size


def _days(root: Path) -> list[tuple[date, Path]]:
    found = []
    for folder in root.glob("*/*"):
        try:
            found.append((date.fromisoformat(folder.name), folder))
        except ValueError:
            continue
    return sorted(found)


def today_utc() -> date:
    """The day that segments begun now belong to."""
    return datetime.now(UTC).date()
