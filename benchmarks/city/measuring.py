"""Reads what the city bench needs from running processes: their own metrics, processor time and memory.

Processor time and memory come from /proc for whole trees of processes; memory is proportional (PSS), so that pages
shared by the groups count once.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

TICKS_HZ = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchReading:
    """The watch's own metrics at one moment."""

    lag_buckets: tuple[tuple[float, float], ...]
    """Upper bound in seconds and the number of looks up to it."""
    by_name: dict[str, float]
    """Sums over all cameras and groups."""


def read_watch(port: int) -> WatchReading:
    """Ask the watch's metrics door. Raises httpx.HTTPError."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10).raise_for_status().text
    buckets: list[tuple[float, float]] = []
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "ngatu_look_lag_seconds_bucket":
                buckets.append((float(sample.labels["le"]), sample.value))
            else:
                sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    return WatchReading(lag_buckets=tuple(buckets), by_name=sums)


def lag_quantile_s(before: WatchReading, after: WatchReading, share: float) -> float:
    """The lag that this share of the looks between two readings stayed under, interpolated inside its bucket."""
    known = dict(before.lag_buckets)
    counts = [(bound, value - known.get(bound, 0.0)) for bound, value in after.lag_buckets]
    total = counts[-1][1] if counts else 0.0
    low_s, below = 0.0, 0.0
    for bound, upto in counts:
        if total and upto >= share * total:
            high_s = low_s if bound == float("inf") else bound
            return low_s + (high_s - low_s) * (share * total - below) / max(upto - below, 1e-9)
        low_s, below = bound, upto
    return 0.0


def tree_of(pid: int) -> list[int]:
    """A process and all that it started."""
    parents: dict[int, list[int]] = {}
    for folder in PROC.glob("[0-9]*"):
        fields = _stat(int(folder.name))
        if fields is not None:
            parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += parents.get(found[-1], [])
    return found


def cpu_s(pids: list[int]) -> float:
    """Processor time that processes used so far, user and system, in seconds."""
    ticks = 0
    for pid in pids:
        fields = _stat(pid)
        if fields is not None:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_HZ


def memory_mb(pids: list[int]) -> float:
    """Proportional memory of processes in MB; pages that they share are divided among them."""
    return sum(_pss_kb(pid) for pid in pids) / 1024


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat behind the name: state, parent, …; None when it ended."""
    try:
        return (PROC / str(pid) / "stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
    except OSError:
        return None


def _pss_kb(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
