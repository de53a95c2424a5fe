"""A placed group as its fleet sees it, wherever it runs; and the one that runs as a process of this machine.

fleet ──orders──▶ pipe ──▶ process: CameraGroup          one health report a second comes back
"""

import multiprocessing
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event, Thread
from typing import Any, Literal, Protocol

from detector.contract.camera import Camera, parse_camera
from detector.watching.camera_health import GroupHealth
from detector.watching.describing import RunStamp

VIEWS = "views"
"""Folder of the state in which pictures of the cameras' views are kept."""
REPORT_S = 1.0
END_WAIT_S = 30.0
Verb = Literal["add", "remove", "stop"]


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupOrder:
    """What a group is told. `subject`: a camera file's contents for add, a camera's id for remove."""

    verb: Verb
    subject: Any = None


class GroupHandle(Protocol):
    """A group that runs somewhere."""

    @property
    def group_id(self) -> str: ...

    @property
    def is_alive(self) -> bool:
        """Whether its process or node still runs."""
        ...

    @property
    def silent_s(self) -> float:
        """Seconds since it last said how it goes."""
        ...

    def add(self, camera: Camera) -> None: ...

    def remove(self, camera_id: str) -> None: ...

    def reports(self) -> list[GroupHealth]:
        """What it said since the last call, oldest first."""
        ...

    def stop(self) -> None:
        """Ask it to write what is pending and end."""
        ...

    def wait_ended(self, timeout_s: float) -> bool: ...

    def kill(self) -> None:
        """End it at once; harmless when it ended already."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupSettings:
    """What every group needs to open its networks and write packets."""

    state: Path
    outbox: Path
    threads: int
    """Of the networks, in each group."""


class GroupProcess:
    """A group in a process of its own on this machine."""

    def __init__(
        self,
        group_id: str,
        cameras: Sequence[Camera],
        settings: GroupSettings,
        run: RunStamp,
        *,
        core: int | None = None,
    ) -> None:
        """`core`: the only one that it may use. A group has a hundred threads, and the kernel heaps those of several
        groups on one core while another has nothing to do: 48 cameras on two cores were seconds late with a sixth idle.
        """
        self.group_id = group_id
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        files = [camera.model_dump(mode="json", by_alias=True) for camera in cameras]
        self._process = context.Process(
            target=run_group, args=(group_id, files, settings, run, theirs, core), name=group_id, daemon=True
        )
        self._process.start()
        theirs.close()
        self._heard_s = time.monotonic()

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    @property
    def silent_s(self) -> float:
        return time.monotonic() - self._heard_s

    @property
    def pid(self) -> int | None:
        """The process's number."""
        return self._process.pid

    def add(self, camera: Camera) -> None:
        self._tell(GroupOrder(verb="add", subject=camera.model_dump(mode="json", by_alias=True)))

    def remove(self, camera_id: str) -> None:
        self._tell(GroupOrder(verb="remove", subject=camera_id))

    def reports(self) -> list[GroupHealth]:
        heard: list[GroupHealth] = []
        try:
            while self._pipe.poll():
                heard.append(self._pipe.recv())
        except (EOFError, OSError):
            return heard
        if heard:
            self._heard_s = time.monotonic()
        return heard

    def stop(self) -> None:
        self._tell(GroupOrder(verb="stop"))

    def wait_ended(self, timeout_s: float) -> bool:
        self._process.join(timeout_s)
        return not self._process.is_alive()

    def kill(self) -> None:
        self._process.kill()
        self._process.join(END_WAIT_S)

    def _tell(self, order: GroupOrder) -> None:
        try:
            self._pipe.send(order)
        except OSError:
            return  # it died: the fleet notices by itself


def run_group(
    group_id: str,
    files: list[dict[str, Any]],
    settings: GroupSettings,
    run: RunStamp,
    pipe: Connection,
    core: int | None = None,
) -> None:
    """The process of one group: watches until told to stop, or until its fleet is gone."""
    from detector.watching.group_opening import ignore_terminal, open_group  # noqa: PLC0415 - opens OpenVINO

    ignore_terminal()
    if core is not None:
        os.sched_setaffinity(0, {core})
    os.environ.setdefault("NGATU_INFERENCE_THREADS", str(settings.threads))
    group = open_group(group_id, settings, run)
    for data in files:
        group.add(parse_camera(data, f"a camera of {group_id}"))
    watching = Thread(target=group.run, name=group_id)
    watching.start()
    ended = Event()
    Thread(target=_obey, args=(group, pipe, ended), name="orders", daemon=True).start()
    while watching.is_alive():
        watching.join(REPORT_S)
        try:
            pipe.send(group.health())
        except OSError:
            group.stop()


def _obey(group: Any, pipe: Connection, ended: Event) -> None:
    """Do what the fleet orders; a fleet that is gone means stop."""
    while not ended.is_set():
        try:
            order: GroupOrder = pipe.recv()
        except (EOFError, OSError):
            order = GroupOrder(verb="stop")
        if order.verb == "add":
            group.add(parse_camera(order.subject, "a camera that moved here"))
        elif order.verb == "remove":
            group.remove(order.subject)
        else:
            group.stop()
            ended.set()
