"""Watches live cameras until told to stop: a fleet of groups that watch, one sender for all.

    cameras ─▶ Fleet ─▶ CameraGroup × cores ─▶ STATE/outbox ─▶ OutboxSender (thread) ─▶ service

What is not sent when the watch stops stays in the outbox and is sent by the next one.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread, current_thread, main_thread
from types import FrameType

import httpx
import structlog

from detector.contract.camera import Camera
from detector.errors import DetectorError, KeyUnusable, SourceUnreadable, redact
from detector.evidence.outbox import OutboxSender, camera_folders, waiting_packets
from detector.watching.camera_health import GroupHealth
from detector.watching.fleet import Fleet, Place
from detector.watching.group_handle import VIEWS, GroupHandle, GroupProcess, GroupSettings
from detector.watching.health_posting import HealthPoster
from detector.watching.opening import check_weights, open_signer, stamp
from detector.watching.register import CameraRegister, FitCameras, KeptViews
from detector.watching.watch_metrics import LagCount, WatchCollector, serve_metrics

log = structlog.get_logger()

TOKEN_FILE = "worker.token"  # noqa: S105 - a file's name
OUTBOX = "outbox"
LOOK_ROUND_S = 1.0
LIST_S = 5.0
REPORT_S = 30.0
STOP_WAIT_S = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchSettings:
    """How a city is watched. `groups` = 0: one for each core of this machine, or of the cluster.

    `cluster`: address of a Ray cluster on which the groups run; `state` lies on storage that all its nodes share.
    """

    state: Path
    service_url: str
    groups: int = 0
    metrics_port: int | None = None
    metrics_host: str = "127.0.0.1"
    cluster: str | None = None


def watch_cameras(register: CameraRegister, *, settings: WatchSettings, say: Callable[[str], None]) -> None:
    """Watch until SIGINT or SIGTERM. Raises SourceError, EvidenceError or ModelError before it begins."""
    register = FitCameras(register)
    cameras = register.cameras()
    if not cameras:
        raise SourceUnreadable(
            "no camera to watch: register one with ngatu camera add CAMERA.json, or name its file with --cameras"
        )
    outbox = settings.state / OUTBOX
    token = worker_token(settings.state)
    open_signer(settings.state)
    check_weights()
    placing = _placing(settings)  # before our signals are set: Ray would take them over
    with httpx.Client() as client, stopped_by_signals() as stop:
        sender = OutboxSender(outbox, service_url=settings.service_url, token=token, client=client)
        say(f"Cameras watched: {len(cameras)}; packets go to {redact(settings.service_url)}. Ctrl-C stops.")
        written = _run(register, cameras, settings, placing, sender, stop, say)
    waiting = sum(len(waiting_packets(folder)) for folder in camera_folders(outbox))
    say(f"Stopped: cases written: {written}; packets that wait in {outbox} for the next watch: {waiting}.")


def _placing(settings: WatchSettings) -> tuple[Place, int]:
    """Where groups run, and how many: processes of this machine, or actors on a cluster."""
    run = stamp()
    if settings.cluster is not None:
        from detector.watching.ray_group import join_cluster, ray_placing  # noqa: PLC0415 - only with [cluster]

        of_cluster = join_cluster(settings.cluster)
        return ray_placing(_of_group(settings, threads=1), run), settings.groups or of_cluster
    cores = sorted(os.sched_getaffinity(0))
    groups = settings.groups or len(cores)
    of_group = _of_group(settings, threads=max(1, len(cores) // groups))
    core_of: dict[str, int] = {}

    def place(group_id: str, cameras: Sequence[Camera]) -> GroupHandle:
        core = core_of.setdefault(group_id, cores[len(core_of) % len(cores)])
        shares_out = groups >= len(cores)
        return GroupProcess(group_id, cameras, of_group, run, core=core if shares_out else None)

    return place, groups


def _of_group(settings: WatchSettings, *, threads: int) -> GroupSettings:
    return GroupSettings(
        state=settings.state.resolve(), outbox=(settings.state / OUTBOX).resolve(), threads=threads
    )


def worker_token(state: Path) -> str:
    """The token with which this worker sends; written when the worker is registered. Raises KeyUnusable."""
    path = state / "keys" / TOKEN_FILE
    what_to_do = f"register this worker with the service: ngatu worker add --state {state}"
    try:
        token = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise KeyUnusable(f"{path}: there is no such file; {what_to_do}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise KeyUnusable(f"{path}: cannot be read ({type(error).__name__}); {what_to_do}") from None
    if not token:
        raise KeyUnusable(f"{path}: is empty; {what_to_do}")
    return token


@contextmanager
def stopped_by_signals() -> Iterator[Event]:
    """An event that the first SIGINT or SIGTERM sets; a second one ends the process as usual."""
    stop = Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def heard(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        restore()

    if current_thread() is not main_thread():
        yield stop
        return
    for number in before:
        signal.signal(number, heard)
    try:
        yield stop
    finally:
        restore()


def _run(
    register: CameraRegister,
    cameras: Sequence[Camera],
    settings: WatchSettings,
    placing: tuple[Place, int],
    sender: OutboxSender,
    stop: Event,
    say: Callable[[str], None],
) -> int:
    """Watch until told to stop; the number of cases written."""
    views = KeptViews(register, settings.state / VIEWS)
    views.keep(cameras)
    place, count = placing
    fleet = Fleet(cameras, groups=count, place=place)
    counted, lags = CaseCount(), LagCount()
    poster = HealthPoster(settings.service_url, worker_token(settings.state))
    Thread(target=poster.run, args=(stop,), name="health", daemon=True).start()
    close_metrics = None
    if settings.metrics_port is not None:
        collector = WatchCollector(lambda: fleet.health, lambda: fleet.given_up, lags)
        close_metrics = serve_metrics(collector, settings.metrics_port, settings.metrics_host)
        say(f"Metrics: http://{settings.metrics_host}:{settings.metrics_port}/metrics")
    no_more = Event()
    sending = Thread(target=sender.run, args=(no_more,), name="outbox sender", daemon=True)
    sending.start()
    helping = Thread(target=_assist, args=(settings, stop), name="assist", daemon=True)
    helping.start()
    listing = _Listing(register, views, cameras)
    _look_round(fleet, stop, listing, (counted.hear, lags.hear, poster.hear))
    counted.hear(fleet.stop())
    if close_metrics is not None:
        close_metrics()
    no_more.set()
    sending.join(STOP_WAIT_S)
    return counted.total


def _assist(settings: WatchSettings, stop: Event) -> None:
    """Do what integrators ask for in the console: stills, probes, dry runs."""
    from detector.calibrating.assisting import assist  # noqa: PLC0415 - opens networks at its first job

    assist(settings.service_url, worker_token(settings.state), stop)


class CaseCount:
    """Cases written by all groups, also by those that were started again since."""

    def __init__(self) -> None:
        self._by_watch: dict[tuple[str, str], int] = {}
        self._before = 0

    @property
    def total(self) -> int:
        return self._before + sum(self._by_watch.values())

    def hear(self, reports: Sequence[GroupHealth]) -> None:
        """Take reports in the order in which they came."""
        for report in reports:
            for camera in report.cameras:
                key = (report.group_id, camera.camera_id)
                known = self._by_watch.get(key, 0)
                if camera.cases < known:
                    self._before += known
                self._by_watch[key] = camera.cases


class _Listing:
    """The register, asked every few seconds; a register that is away changes nothing."""

    def __init__(self, register: CameraRegister, views: KeptViews, known: Sequence[Camera]) -> None:
        self._register, self._views, self._known = register, views, tuple(known)
        self._next_s = time.monotonic() + LIST_S

    def news(self) -> Sequence[Camera] | None:
        """The cameras to watch from now on; None while they are the same as before."""
        if time.monotonic() < self._next_s:
            return None
        self._next_s = time.monotonic() + LIST_S
        try:
            cameras = tuple(self._register.cameras())
        except (OSError, DetectorError) as error:
            log.warning("register_away", reason=type(error).__name__)
            return None
        if cameras == self._known:
            return None
        self._views.keep(cameras)
        self._known = cameras
        return cameras


def _look_round(
    fleet: Fleet, stop: Event, listing: _Listing, listeners: Sequence[Callable[[Sequence[GroupHealth]], None]]
) -> None:
    """Mend and balance each second and tell how all goes each half minute, until told to stop."""
    next_report_s = time.monotonic() + REPORT_S
    while not stop.wait(LOOK_ROUND_S):
        cameras = listing.news()
        if cameras is not None:
            fleet.set_cameras(cameras)
        reports = fleet.look_round()
        for hear in listeners:
            hear(reports)
        if time.monotonic() >= next_report_s:
            next_report_s = time.monotonic() + REPORT_S
            _report(fleet.health)


def _report(groups: Sequence[GroupHealth]) -> None:
    """Log how the watch of every camera goes."""
    for group in groups:
        for camera in group.cameras:
            log.info(
                "camera_watched",
                camera_id=camera.camera_id,
                group_id=group.group_id,
                state=camera.state,
                gear=camera.gear,
                degraded=camera.is_degraded,
                analysed_fps=round(camera.analysed_fps, 1),
                lag_s=round(camera.lag_s, 1),
                gaps=camera.gaps,
                dropped=camera.dropped,
                reconnects=camera.reconnects,
                unproved=camera.unproved,
                unwritten=camera.unwritten,
                restarts=camera.restarts,
            )
