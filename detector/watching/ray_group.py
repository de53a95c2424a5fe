"""The same groups as actors on a Ray cluster, for cities that need more than one machine (extra [cluster]).

    fleet ──calls──▶ actor on some node: run_group's CameraGroup          STATE lies on storage that all nodes share

A node that dies takes its actors with it: the fleet places their cameras again, on the nodes that are left.
"""

import os
import socket
import time
from collections.abc import Sequence
from threading import Thread
from typing import TYPE_CHECKING, Any

from detector.contract.camera import Camera, parse_camera
from detector.errors import SourceUnreadable
from detector.watching.camera_health import GroupHealth
from detector.watching.describing import RunStamp
from detector.watching.group_handle import GroupHandle, GroupSettings

if TYPE_CHECKING:
    from detector.watching.fleet import Place

ASK_EVERY_S = 1.0
ANSWER_S = 5.0


class GroupActor:
    """What runs on a node: one group and its thread."""

    def __init__(
        self, group_id: str, files: list[dict[str, Any]], settings: GroupSettings, run: RunStamp
    ) -> None:
        from detector.watching.group_opening import open_group  # noqa: PLC0415 - opens OpenVINO, on the node

        os.environ.setdefault("NGATU_INFERENCE_THREADS", str(settings.threads))
        self._group = open_group(group_id, settings, run)
        for data in files:
            self._group.add(parse_camera(data, f"a camera of {group_id}"))
        self._thread = Thread(target=self._group.run, name=group_id, daemon=True)
        self._thread.start()

    def add(self, data: dict[str, Any]) -> None:
        """Watch one more camera."""
        self._group.add(parse_camera(data, "a camera that moved here"))

    def remove(self, camera_id: str) -> None:
        """Watch one camera less."""
        self._group.remove(camera_id)

    def health(self) -> GroupHealth:
        """How it goes."""
        return self._group.health()

    def stop(self) -> GroupHealth:
        """Write what is pending and end; the last report."""
        self._group.stop()
        self._thread.join()
        return self._group.health()


class RayGroup:
    """A group on the cluster, as its fleet sees it. Calls never block the fleet."""

    def __init__(
        self, group_id: str, cameras: Sequence[Camera], settings: GroupSettings, run: RunStamp
    ) -> None:
        import ray  # noqa: PLC0415 - only with the extra [cluster]

        self.group_id = group_id
        self._ray = ray
        files = [camera.model_dump(mode="json", by_alias=True) for camera in cameras]
        actor: Any = ray.remote(GroupActor)
        actor = actor.options(num_cpus=1, max_restarts=0, max_concurrency=4, scheduling_strategy="SPREAD")
        self._actor = actor.remote(group_id, files, settings, run)
        self._asked: Any = None
        self._ended: Any = None
        self._heard_s = self._begun_s = time.monotonic()
        self._next_ask_s = 0.0
        self._is_dead = False

    @property
    def is_alive(self) -> bool:
        return not self._is_dead

    @property
    def silent_s(self) -> float:
        return time.monotonic() - self._heard_s

    def add(self, camera: Camera) -> None:
        self._actor.add.remote(camera.model_dump(mode="json", by_alias=True))

    def remove(self, camera_id: str) -> None:
        self._actor.remove.remote(camera_id)

    def reports(self) -> list[GroupHealth]:
        if self._ended is not None:
            last = self._answer(self._ended)
            self._ended = None if last is not None else self._ended
            return [last] if last is not None else []
        if self._asked is None and time.monotonic() >= self._next_ask_s:
            self._next_ask_s = time.monotonic() + ASK_EVERY_S
            self._asked = self._actor.health.remote()
        heard = self._answer(self._asked)
        if heard is not None:
            self._asked = None
            self._heard_s = time.monotonic()
        return [heard] if heard is not None else []

    def stop(self) -> None:
        self._ended = self._actor.stop.remote()

    def wait_ended(self, timeout_s: float) -> bool:
        if self._ended is None or self._is_dead:
            return True
        ready, _ = self._ray.wait([self._ended], timeout=timeout_s)
        return bool(ready)

    def kill(self) -> None:
        self._is_dead = True
        self._ray.kill(self._actor)

    def _answer(self, asked: Any) -> GroupHealth | None:
        """The report when it is there; a dead actor is noted."""
        if asked is None:
            return None
        ready, _ = self._ray.wait([asked], timeout=0)
        if not ready:
            return None
        try:
            health: GroupHealth = self._ray.get(asked)
        except self._ray.exceptions.RayError:
            self._is_dead = True
            return None
        return health


def join_cluster(address: str) -> int:
    """Join the cluster at `address`; its cores. Raises SourceUnreadable where Ray or the cluster is missing."""
    os.environ.setdefault(
        "RAY_USAGE_STATS_ENABLED", "0"
    )  # a traffic authority's machines tell nobody anything
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray  # noqa: PLC0415 - only with the extra [cluster]
    except ImportError:
        raise SourceUnreadable("--cluster needs Ray: install ngatu[cluster] on every node") from None
    try:
        host, _, port = address.rpartition(":")
        # Ray itself asks a silent address for minutes.
        socket.create_connection((host, int(port)), timeout=ANSWER_S).close()
        if not ray.is_initialized():
            ray.init(address=address, log_to_driver=False, configure_logging=False)
    except (OSError, ValueError, RuntimeError) as error:
        raise SourceUnreadable(
            f"--cluster {address}: no Ray cluster answers there ({type(error).__name__}); start one with ray start"
        ) from None
    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return max(1, int(resources.get("CPU", 0)))


def ray_placing(settings: GroupSettings, run: RunStamp) -> "Place":
    """Places groups on the cluster that was joined."""

    def place(group_id: str, cameras: Sequence[Camera]) -> GroupHandle:
        return RayGroup(group_id, cameras, settings, run)

    return place
