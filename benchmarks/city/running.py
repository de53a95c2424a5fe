"""`ngatu bench city`: a whole city of rendered junctions over RTSP on this machine, watched by the product itself.

    RTSP server ─▶ ngatu watch ─▶ ngatu serve        three processes; each one's cores are measured apart

First all lights are green (listening only), then the cameras stand at all moments of the round: red half of the time.
"""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.city.footage import CityFootage, city_footage
from benchmarks.city.matching import CityMatch, match_city
from benchmarks.city.measuring import WatchReading, cpu_s, lag_quantile_s, memory_mb, read_watch, tree_of
from benchmarks.city.reference import Reference, measured_references
from benchmarks.city.stage import (
    CityCamera,
    city_cameras,
    on_air,
    prepared_record,
    running_service,
    running_watch,
    served_cases,
)
from benchmarks.machine import machine
from detector.errors import EvidenceError

Say = Callable[[str], None]

SETTLE_S = 40.0
"""Connecting a whole city at once, the seconds until the cameras' clocks are known, catching up with what came
meanwhile, filling the rings: nothing is measured until then."""
EDGE_S = 3.0
"""A crossing sooner after the beginning was not seen from its approach on."""
TAIL_S = 16.0
"""After the last counted crossing: its entry, the footage behind it, the proof, the way to the service."""
LISTEN_PHASE_S = 60.0
LISTEN_S, LISTEN_WINDOW_S = 24.0, 2.0
SAMPLE_S = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """Proportional memory of the watch and its groups, in MB: at the beginning, at most, at the end."""

    begin_mb: float
    most_mb: float
    end_mb: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CityRun:
    """What one run of so many cameras measured."""

    cameras: int
    seconds: float
    match: CityMatch
    lag_p50_s: float
    lag_p99_s: float
    cores: float
    server_cores: float
    service_cores: float
    memory: Memory
    by_name: dict[str, float]
    """The watch's own counters over the run."""


def run(*, cameras: int, seconds: float, folder: Path, references: bool, say: Say) -> dict[str, Any]:
    """The whole bench. Raises EvidenceError, RtspServerError, OSError."""
    footage = city_footage(folder, say=say)
    log = folder / "watch.log"
    log.unlink(missing_ok=True)
    listening = _listen(footage, cameras, log=log, say=say)
    measured = watch_city(footage, cameras, seconds, log=log, say=say)
    beside = measured_references(footage[0], say=say) if references else ()
    return figures(measured, listening_cores=listening, references=beside)


def figures(
    measured: CityRun, *, listening_cores: float, references: tuple[Reference, ...]
) -> dict[str, Any]:
    """The last line of `ngatu bench city --json`."""
    match = measured.match
    per_camera = measured.cores / measured.cameras
    ratios = {one.name: round(one.cores_per_camera / per_camera, 1) for one in references}
    return {
        "cameras": measured.cameras,
        "seconds": measured.seconds,
        "planted": match.planted,
        "found": match.found,
        "false": len(match.false),
        "plates_exact": match.plates_exact,
        "lag_p50_s": round(measured.lag_p50_s, 2),
        "lag_p99_s": round(measured.lag_p99_s, 2),
        "cores": round(measured.cores, 3),
        "cores_listening": round(listening_cores, 3),
        "server_cores": round(measured.server_cores, 3),
        "service_cores": round(measured.service_cores, 3),
        "memory_mb": round(measured.memory.most_mb),
        "memory_begin_mb": round(measured.memory.begin_mb),
        "memory_end_mb": round(measured.memory.end_mb),
        "packet_p95_s": round(_quantile(match.delays_s, 0.95), 2),
        "reference_ratio": ratios.get("naive", 0.0),
        "tuned_reference_ratio": ratios.get("tuned", 0.0),
        "references": [asdict(one) for one in references],
        "missed": [list(one) for one in match.missed],
        "watch": {name: round(value, 2) for name, value in sorted(measured.by_name.items())},
        "machine": machine(),
    }


def _listen(footage: tuple[CityFootage, ...], count: int, *, log: Path, say: Say) -> float:
    """Cores used while every light is green: over the stretches in which all cameras play and none is watched."""
    say(f"Listening only: {count} cameras, all lights green …")
    cameras = city_cameras(footage, count, phase_s=LISTEN_PHASE_S)
    with tempfile.TemporaryDirectory(prefix="ngatu-city-") as folder, on_air(cameras) as (_, shown):
        state = Path(folder)
        prepared_record(state, shown)
        with running_service(state) as url, running_watch(state, url, log=log) as (watch, port):
            return _quiet_cores(watch.pid, port, count)


def _quiet_cores(pid: int, port: int, count: int) -> float:
    used_s = quiet_s = 0.0
    until_s = time.monotonic() + LISTEN_S
    before, was_quiet, began_s = cpu_s(tree_of(pid)), False, time.monotonic()
    while time.monotonic() < until_s:
        time.sleep(LISTEN_WINDOW_S)
        now, now_s, is_quiet = cpu_s(tree_of(pid)), time.monotonic(), _is_quiet(port, count)
        if was_quiet and is_quiet:
            used_s, quiet_s = used_s + now - before, quiet_s + now_s - began_s
        before, began_s, was_quiet = now, now_s, is_quiet
    return used_s / quiet_s if quiet_s else 0.0


def _is_quiet(port: int, count: int) -> bool:
    sums = read_watch(port).by_name
    return sums.get("ngatu_camera_playing") == count and sums.get("ngatu_camera_watching") == 0


def watch_city(
    footage: tuple[CityFootage, ...], count: int, seconds: float, *, log: Path, say: Say
) -> CityRun:
    """Serve and watch so many cameras for so long. Raises EvidenceError when the watch dies."""
    cameras = city_cameras(footage, count)
    say(f"Watching {count} cameras for {seconds:.0f} s: main 1080p25, sub 640×360, red half of the time …")
    with tempfile.TemporaryDirectory(prefix="ngatu-city-") as folder, on_air(cameras) as (server, shown):
        state = Path(folder)
        password = prepared_record(state, shown)
        with running_service(state) as url:
            service_pid = _child_named("serve")
            with running_watch(state, url, log=log) as (watch, port):
                time.sleep(SETTLE_S)
                began_s, before = time.time(), read_watch(port)
                pids = (watch.pid, server.pid, service_pid)
                used = [cpu_s(tree_of(pid)) for pid in pids]
                memory = _sit_through(watch.pid, seconds, say)
                if watch.poll() is not None:
                    raise EvidenceError(
                        "the watch died in the middle of the bench; run ngatu watch by hand to see"
                    )
                after = read_watch(port)
                used = [cpu_s(tree_of(pid)) - b for pid, b in zip(pids, used, strict=True)]
                took_s = time.time() - began_s
                started_at = {one.camera.camera_id: _started_at(server, one) for one in cameras}
                time.sleep(TAIL_S)
            cases = served_cases(url, password)
    return CityRun(
        cameras=count,
        seconds=round(took_s, 1),
        match=match_city(
            cameras, cases, started_at=started_at, from_s=began_s + EDGE_S, to_s=began_s + took_s
        ),
        lag_p50_s=lag_quantile_s(before, after, 0.5),
        lag_p99_s=lag_quantile_s(before, after, 0.99),
        cores=used[0] / took_s,
        server_cores=used[1] / took_s,
        service_cores=used[2] / took_s,
        memory=memory,
        by_name=_grown(before, after),
    )


def _sit_through(pid: int, seconds: float, say: Say) -> Memory:
    """Wait; the memory of the watch meanwhile."""
    until_s, next_word_s = time.monotonic() + seconds, 0.0
    held_mb = [memory_mb(tree_of(pid))]
    while (left_s := until_s - time.monotonic()) > 0:
        held_mb.append(memory_mb(tree_of(pid)))
        if time.monotonic() >= next_word_s:
            next_word_s = time.monotonic() + 20.0
            say(f"  {left_s:.0f} s left, {held_mb[-1]:.0f} MB")
        time.sleep(min(SAMPLE_S, left_s))
    return Memory(begin_mb=held_mb[0], most_mb=max(held_mb), end_mb=held_mb[-1])


def _grown(before: WatchReading, after: WatchReading) -> dict[str, float]:
    names = [name for name in after.by_name if name.endswith("_total")]
    return {
        name.removeprefix("ngatu_camera_").removesuffix("_total"): after.by_name[name]
        - before.by_name.get(name, 0.0)
        for name in names
        if name.startswith("ngatu_camera_")
    }


def _started_at(server: Any, one: CityCamera) -> float:
    moment = server.started_at(f"{one.camera.camera_id}/main")
    if moment is None:
        raise EvidenceError(f"{one.camera.camera_id}: nobody ever connected to it; see the watch's log")
    return float(moment)


def _child_named(word: str) -> int:
    """The process that this one started with that command."""
    for pid in tree_of(os.getpid()):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if word.encode() in words:
            return pid
    raise EvidenceError(f"no process {word} was started; run ngatu {word} by hand to see why")


def _quantile(values: tuple[float, ...], share: float) -> float:
    """Of sorted values; 0 of none."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0
