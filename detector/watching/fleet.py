"""Keeps a city watched: places cameras in groups, restarts what dies, moves cameras away from who is overloaded.

    Fleet ─places─▶ GroupHandle × n      a process for each core

Restarts are bounded: a group that keeps dying is given up and said, the others go on.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from detector.contract.camera import Camera
from detector.watching.camera_health import GroupHealth
from detector.watching.group_handle import GroupHandle

log = structlog.get_logger()

Place = Callable[[str, Sequence[Camera]], GroupHandle]
"""Start a group of that id with these cameras somewhere. Raises OSError or DetectorError when it cannot."""

SILENT_S = 30.0
"""A group that said nothing for so long hangs: it is killed and started again."""
OPENING_S = 120.0
"""Before its first word a group opens its networks: a few seconds, on a machine that has no time half a minute."""
MOST_RESTARTS = 5
RESTARTS_COUNT_FOR_S = 600.0
OVERLOADED_LAG_S = 4.0
OVERLOADED_FOR_S = 15.0
RELAXED_LAG_S = 1.0
MOVE_PAUSE_S = 30.0
"""One camera at a time: the effect of a move shows only after a while."""
STOP_WAIT_S = 45.0


@dataclass(kw_only=True, slots=True)
class _Placed:
    """A group and what is known of it."""

    handle: GroupHandle
    cameras: dict[str, Camera]
    health: GroupHealth | None = None
    late_since_s: float | None = None
    restarted_s: deque[float] = field(default_factory=deque)
    given_up: bool = False
    has_spoken: bool = False
    """Whether it said anything since it was started."""


class Fleet:
    """All groups of one watch. `look_round` is to be called about once a second, from one thread."""

    def __init__(
        self,
        cameras: Sequence[Camera],
        *,
        groups: int,
        place: Place,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Places all cameras at once, the same number in each group."""
        self._place, self._clock, self._most_groups = place, clock, groups
        self._groups: dict[str, _Placed] = {}
        self._moved_s = float("-inf")
        self._leaving: dict[str, tuple[Camera, str]] = {}
        """Cameras on their way: when the group they leave has let them go, the group that takes them gets them."""
        for dealt in shared_out(cameras, groups):
            self._open_group(dealt)

    @property
    def health(self) -> tuple[GroupHealth, ...]:
        """The newest report of each group."""
        return tuple(group.health for group in self._groups.values() if group.health is not None)

    @property
    def given_up(self) -> tuple[str, ...]:
        """Groups that died too often: their cameras are not watched."""
        return tuple(group_id for group_id, group in self._groups.items() if group.given_up)

    def restarts(self, group_id: str) -> int:
        """How often a group was started again lately."""
        return len(self._groups[group_id].restarted_s)

    def set_cameras(self, cameras: Sequence[Camera]) -> None:
        """Watch these from now on: what is new comes, what is gone leaves, what changed is begun anew."""
        wanted = {camera.camera_id: camera for camera in cameras}
        held = {camera_id: group for group in self._groups.values() for camera_id in group.cameras}
        for camera_id, group in held.items():
            if wanted.get(camera_id) != group.cameras[camera_id]:
                del group.cameras[camera_id]
                group.handle.remove(camera_id)
                log.info("camera_left_the_watch", camera_id=camera_id, changed=camera_id in wanted)
        for camera_id, (camera, _) in list(self._leaving.items()):
            if wanted.get(camera_id) != camera:
                del self._leaving[camera_id]
        for camera_id, camera in wanted.items():
            if camera_id not in self._leaving and not any(
                camera_id in g.cameras for g in self._groups.values()
            ):
                self._take_in(camera)

    def _take_in(self, camera: Camera) -> None:
        """Give a camera to the group with the fewest, or to a new one while there may be more groups."""
        able = {group_id: group for group_id, group in self._groups.items() if not group.given_up}
        taken = {taker_id for _, taker_id in self._leaving.values()}
        empty = [group_id for group_id, group in able.items() if not group.cameras and group_id not in taken]
        if not empty and len(self._groups) < self._most_groups:
            empty = [self._open_group(())]
        if not empty and not able:
            return
        on_their_way = Counter(taker_id for _, taker_id in self._leaving.values())
        load = {group_id: len(group.cameras) + on_their_way[group_id] for group_id, group in able.items()}
        taker_id = empty[0] if empty else min(load, key=load.__getitem__)
        self._leaving[camera.camera_id] = (camera, taker_id)
        log.info("camera_comes_to_the_watch", camera_id=camera.camera_id, group_id=taker_id)
        self._hand_over()

    def _open_group(self, cameras: Sequence[Camera]) -> str:
        group_id = f"group-{len(self._groups) + 1}"
        handle = self._place(group_id, cameras)
        self._groups[group_id] = _Placed(handle=handle, cameras={c.camera_id: c for c in cameras})
        return group_id

    def look_round(self) -> list[GroupHealth]:
        """Hear all groups, mend what is broken, balance; the reports that came, for whoever counts."""
        heard: list[GroupHealth] = []
        for group_id, group in self._groups.items():
            reports = group.handle.reports()
            heard += reports
            if reports:
                group.health = reports[-1]
                group.has_spoken = True
                self._note_lag(group)
            most_silent_s = SILENT_S if group.has_spoken else OPENING_S
            if not group.given_up and (not group.handle.is_alive or group.handle.silent_s > most_silent_s):
                self._restart(group_id, group)
        self._hand_over()
        self._balance()
        return heard

    def stop(self) -> list[GroupHealth]:
        """Stop all groups; returns once all pending cases are written, with the last reports."""
        for group in self._groups.values():
            group.handle.stop()
        until_s = self._clock() + STOP_WAIT_S
        last: list[GroupHealth] = []
        for group_id, group in self._groups.items():
            ended = group.handle.wait_ended(max(0.0, until_s - self._clock()))
            last += group.handle.reports()
            if not ended:
                log.error("group_did_not_end", group_id=group_id)
                group.handle.kill()
        return last

    def _restart(self, group_id: str, group: _Placed) -> None:
        now_s = self._clock()
        while group.restarted_s and group.restarted_s[0] < now_s - RESTARTS_COUNT_FOR_S:
            group.restarted_s.popleft()
        group.handle.kill()
        if len(group.restarted_s) >= MOST_RESTARTS:
            group.given_up = True
            log.error("group_given_up", group_id=group_id, cameras=sorted(group.cameras))
            return
        group.restarted_s.append(now_s)
        log.error(
            "group_restarted", group_id=group_id, cameras=len(group.cameras), again=len(group.restarted_s)
        )
        group.handle = self._place(group_id, tuple(group.cameras.values()))
        group.late_since_s, group.has_spoken = None, False

    def _note_lag(self, group: _Placed) -> None:
        late = group.health is not None and worst_lag_s(group.health) > OVERLOADED_LAG_S
        if not late:
            group.late_since_s = None
        elif group.late_since_s is None:
            group.late_since_s = self._clock()

    def _balance(self) -> None:
        """Move one camera from a group that has been late for a while to one that has time."""
        now_s = self._clock()
        if now_s - self._moved_s < MOVE_PAUSE_S or self._leaving:
            return
        for group_id, group in self._groups.items():
            if group.late_since_s is None or now_s - group.late_since_s < OVERLOADED_FOR_S:
                continue
            taker_id = self._relaxed(other_than=group_id)
            if taker_id is None or len(group.cameras) < 2:
                continue
            camera = group.cameras.pop(next(reversed(group.cameras)))
            group.handle.remove(camera.camera_id)
            self._leaving[camera.camera_id] = (camera, taker_id)
            self._moved_s = now_s
            log.warning("camera_moved", camera_id=camera.camera_id, from_group=group_id, to_group=taker_id)
            return

    def _hand_over(self) -> None:
        for camera_id, (camera, taker_id) in list(self._leaving.items()):
            if any(camera_id in _watched(group.health) for group in self._groups.values()):
                continue
            del self._leaving[camera_id]
            taker = self._groups[taker_id]
            taker.cameras[camera_id] = camera
            taker.handle.add(camera)

    def _relaxed(self, *, other_than: str) -> str | None:
        """The group with the fewest cameras among those that are not late."""
        able = [
            (len(group.cameras), group_id)
            for group_id, group in self._groups.items()
            if group_id != other_than
            and not group.given_up
            and group.health is not None
            and worst_lag_s(group.health) < RELAXED_LAG_S
        ]
        return min(able)[1] if able else None


def shared_out(cameras: Sequence[Camera], groups: int) -> list[tuple[Camera, ...]]:
    """Cameras dealt to at most so many groups, one after the other; no group is empty."""
    count = max(1, min(groups, len(cameras)))
    return [tuple(cameras[first::count]) for first in range(count)]


def worst_lag_s(health: GroupHealth) -> float:
    """Seconds of video that wait at the group's latest camera."""
    return max((camera.lag_s for camera in health.cameras), default=0.0)


def _watched(health: GroupHealth | None) -> set[str]:
    return {camera.camera_id for camera in health.cameras} if health is not None else set()
