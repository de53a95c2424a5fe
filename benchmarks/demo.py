"""`ngatu demo`: three rendered junctions over RTSP, their packets into a real service, one case to its fine.

    clips ─▶ RTSP server ─▶ watch ─▶ outbox ─▶ verify ─▶ service ─▶ confirm ─▶ fine ─▶ ledger

Everything lives in one folder that each run makes anew. Without an RTSP server the same clips are read as files.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from benchmarks.demo_office import OFFICER, Decided, decide_one, running_service, send_all
from detector.contract.camera import Camera, Sources, load_camera
from detector.evidence.packet_writer import SENT, PacketWriter
from detector.evidence.signing import load_or_create_signer
from detector.evidence.verifying import verify_command
from detector.watching.case_prover import ProvedCase
from detector.watching.opening import open_eyes, stamp
from detector.watching.replay import replay_camera
from detector.watching.reporting import clip_length_s, say_cases
from fixtures.rtsp.server import RtspServer, RtspServerError
from service.errors import BadInput
from service.running import add_camera, add_person, add_worker
from service.state_lock import hold_state

Say = Callable[[str], None]

CLIPS = Path(__file__).parents[1] / "fixtures" / "clips"
NAMES = ("day_runners", "dusk_mixed", "night_runner")
MARK = "made-by-ngatu-demo"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """A prepared state folder: who may sign in, and with what workers send."""

    state: Path
    password: str
    token: str

    @property
    def outbox(self) -> Path:
        return self.state / "outbox"

    @property
    def public_key(self) -> Path:
        return self.state / "keys" / "worker.pub"


def run_demo(*, state: Path, say: Say) -> None:
    """The whole way from video to a fine. Raises BadInput for a state folder that no demo made."""
    began_s = time.perf_counter()
    cameras = [load_camera(CLIPS / f"{name}.camera.json") for name in NAMES]
    stage = _prepare(state, cameras)
    with _on_air(cameras, say) as on_air:
        cases = _watch(on_air, stage)
    with running_service(state) as url:
        sent = send_all(stage.outbox, url=url, token=stage.token)
        _say_cases(cases, stage, say)
        say(f"\nSent to the service: {sent.acknowledged} packets acknowledged, {sent.refused} refused.")
        decided = decide_one(url, password=stage.password)
    _say_decided(decided, say)
    _say_what_next(stage, say, took_s=time.perf_counter() - began_s)


def _prepare(state: Path, cameras: list[Camera]) -> Stage:
    """An empty record with an officer, a worker and the cameras."""
    if state.exists() and any(state.iterdir()) and not (state / MARK).exists():
        raise BadInput(f"{state}: holds something that no demo made; name an empty folder with --state")
    if state.exists():
        with hold_state(state, shared=False):
            rmtree(state)
    state.mkdir(parents=True)
    (state / MARK).touch()
    password = secrets.token_urlsafe(9)
    add_person(state=state, name=OFFICER, role="reviewer", password=password)
    signer = load_or_create_signer(state / "keys")
    token = add_worker(state=state, key_id=signer.key_id, public_pem=signer.public_pem(), name="demo")
    for camera in cameras:
        add_camera(state=state, camera=_as_feed(camera))
    return Stage(state=state, password=password, token=token)


@contextmanager
def _on_air(cameras: list[Camera], say: Say) -> Iterator[list[Camera]]:
    """The cameras as RTSP serves them, or as files where no RTSP server is installed."""
    mounts = {
        f"{camera.camera_id}/{role}": CLIPS / name
        for camera in cameras
        for role, name in (("main", camera.sources.main), ("sub", camera.sources.sub))
        if name is not None
    }
    server = RtspServer(mounts)
    try:
        server.start()
    except RtspServerError as error:
        say(f"No RTSP server here, so the same clips are read as files. ({error})")
        yield [_as_file(camera) for camera in cameras]
        return
    try:
        say(
            f"Serving {len(cameras)} rendered junctions as cameras on rtsp://127.0.0.1:{server.port}, main and sub."
        )
        yield [_over_rtsp(camera, server) for camera in cameras]
    finally:
        server.stop()


def _as_feed(camera: Camera) -> Camera:
    """As the record knows it: it takes feeds alone. Where RTSP serves this one is known when the watch begins."""
    return camera.model_copy(update={"sources": Sources(main=f"rtsp://127.0.0.1/{camera.camera_id}/main")})


def _over_rtsp(camera: Camera, server: RtspServer) -> Camera:
    sources = Sources(main=server.url(f"{camera.camera_id}/main"), sub=server.url(f"{camera.camera_id}/sub"))
    return camera.model_copy(update={"sources": sources})


def _as_file(camera: Camera) -> Camera:
    """A file has no clock of its own: its footage is stated to have begun a minute ago."""
    return camera.model_copy(update={"started_at": datetime.now(UTC) - timedelta(minutes=1)})


def _watch(cameras: list[Camera], stage: Stage) -> tuple[ProvedCase, ...]:
    """Watch all cameras at once, each in a thread, until their streams end."""
    writer = PacketWriter(stage.outbox, load_or_create_signer(stage.state / "keys"))
    run = stamp()

    def watch_one(camera: Camera, bar: Progress, task: TaskID) -> tuple[ProvedCase, ...]:
        result = replay_camera(
            camera,
            base_dir=CLIPS,
            eyes=open_eyes(),
            writer=writer,
            run=run,
            progress=lambda at_s: bar.update(task, completed=at_s),
        )
        return result.cases

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns) as bar, ThreadPoolExecutor(len(cameras)) as threads:
        watches = [
            threads.submit(
                watch_one, camera, bar, bar.add_task(f"watching {camera.name}", total=_length_s(camera))
            )
            for camera in cameras
        ]
        return tuple(case for watch in watches for case in watch.result())


def _length_s(camera: Camera) -> float | None:
    return clip_length_s(CLIPS / f"{camera.camera_id.replace('-', '_')}.mp4")


def _say_cases(cases: tuple[ProvedCase, ...], stage: Stage, say: Say) -> None:
    """The table of cases with their packets, and the offline check of each."""
    kept = [
        ProvedCase(packet=case.packet, folder=stage.outbox / SENT / case.folder.relative_to(stage.outbox))
        for case in cases
    ]
    say("")
    say_cases(tuple(kept), Console())
    say(f"\nEvery packet is checked offline, with the public key only (ngatu verify {stage.outbox / SENT}):")
    verify_command([stage.outbox / SENT], public_key=stage.public_key, say=say)


def _say_decided(decided: Decided | None, say: Say) -> None:
    if decided is None:
        say("\nNo case could be confirmed: none has a plate and a moment. Look at the table above.")
        return
    say(
        f"\n{OFFICER} confirmed case {decided.case_id}: {decided.kind}, {decided.vehicle_class}, {decided.plate}."
    )
    say(f"The law at that moment: {decided.law}.")
    say(f"Ledger: {decided.entered_at:%Y-%m-%d %H:%M:%S} UTC · {decided.entry} · {decided.amount_vnd:,} VND · "
        f"owed {decided.balance_vnd:,} VND")  # fmt: skip


def _say_what_next(stage: Stage, say: Say, *, took_s: float) -> None:
    say(f"\nThe demo took {took_s:.0f} s. What an officer does next:")
    say(f"  .venv/bin/ngatu serve --state {stage.state}")
    say(f"  open http://127.0.0.1:8000, sign in as {OFFICER} with the password {stage.password}")
    say("  open the queue and decide the other cases with the keyboard (? shows the keys)")
