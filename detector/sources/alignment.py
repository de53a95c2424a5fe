"""Puts the sessions of a camera's streams on one feed clock: arrival and RTCP times in, shifts out.

Asks no clock itself.

    main  ──┤session 1, own zero├──        ──┤session 2├──      shift = feed time of a session's own zero
    sub   ────┤session 1├────────────────────────────────
          ▲ feed time 0 = the first main picture

When all streams carry RTCP sender reports, the camera's own clock aligns them; otherwise the least delayed
arrival does, and that is said. Cameras expose both streams at the same instants: the reports' jitter of a few
milliseconds is taken out by moving the sub stream to the main stream's raster, when it is near to it.
"""

from dataclasses import dataclass
from enum import StrEnum

REPORT_WAIT_S = 6.0
"""How long a session waits for its first sender report: RFC 3550 sends it within 5 s."""
SETTLE_S = 1.0
"""Without reports, the least delayed packet of this long gives the arrival."""
NEAR_RASTER_SHARE = 0.25
STEP_S = 0.02
STEP_LASTS_S = 3.0
LEAST_UNIX_S = 946_684_800.0
"""The year 2000: a camera without a set clock reports its uptime."""


class AlignedBy(StrEnum):
    """What holds main and sub together."""

    REPORTS = "reports"
    ARRIVAL = "arrival"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """One packet as it came: `at_s` on its session's own clock, the other two in Unix seconds."""

    at_s: float
    arrived_s: float
    wall_s: float | None


@dataclass(kw_only=True, slots=True)
class _Session:
    fps: float
    first_arrived_s: float
    arrival_s: float
    """When the session's own zero arrived, by its least delayed packet."""
    wall_s: float | None = None
    """When the session's own zero was, by the camera's clock."""
    shift_s: float | None = None
    step_since_s: float | None = None

    def see(self, sight: Sight) -> None:
        self.arrival_s = min(self.arrival_s, sight.arrived_s - sight.at_s)
        if sight.wall_s is None:
            return
        if self.wall_s is None:
            self.wall_s = sight.wall_s - sight.at_s

    def stepped(self, sight: Sight) -> bool:
        """Whether the camera's clock has run away from its stream for seconds; takes the new time then."""
        if sight.wall_s is None or self.wall_s is None:
            return False
        zero_s = sight.wall_s - sight.at_s
        if abs(zero_s - self.wall_s) <= STEP_S:
            self.step_since_s = None
        elif self.step_since_s is None:
            self.step_since_s = sight.at_s
        elif sight.at_s - self.step_since_s >= STEP_LASTS_S:
            self.wall_s, self.step_since_s = zero_s, None
            return True
        return False


class Alignment:
    """One camera's clock. `roles` are its streams, the one that zero hangs on first."""

    def __init__(self, *roles: str) -> None:
        self._roles = roles
        self._sessions: dict[str, _Session] = {}
        self._zero_s = 0.0
        self.aligned_by: AlignedBy | None = None
        self.steps = 0
        self.camera_zero_s: float | None = None
        """Unix time of feed time 0 by the camera's clock; None where the camera does not say, or says nonsense."""
        self.machine_zero_s: float | None = None
        """Unix time of feed time 0 by this machine's clock, as of arrival."""

    def begin(self, role: str, *, fps: float, arrived_s: float, at_s: float) -> None:
        """A stream connected; its earlier session is over."""
        self._sessions[role] = _Session(fps=fps, first_arrived_s=arrived_s, arrival_s=arrived_s - at_s)

    def see(self, role: str, sight: Sight) -> None:
        """Learn from one packet of the role's session."""
        session = self._sessions[role]
        session.see(sight)
        if session.shift_s is not None and session.stepped(sight) and self.aligned_by is AlignedBy.REPORTS:
            session.shift_s = None
            self.steps += 1
        self._settle(sight.arrived_s)

    def finish(self, role: str) -> None:
        """The role's stream is over: place it with what is known."""
        if role in self._sessions:
            self._settle(float("inf"))

    def shift_s(self, role: str) -> float | None:
        """Feed time of the role's own zero; None while it is not known yet."""
        session = self._sessions.get(role)
        return session.shift_s if session else None

    def _settle(self, now_s: float) -> None:
        if self.aligned_by is None:
            self._choose(now_s)
        if self.aligned_by is None:
            return
        for role in self._roles:
            session = self._sessions.get(role)
            if session is not None and session.shift_s is None:
                session.shift_s = self._placed(role, session, now_s)
        self._note_zero()

    def _note_zero(self) -> None:
        """Keep what the first stream says of zero; while it reconnects, what it said last."""
        first = self._sessions.get(self._roles[0])
        if first is None or first.shift_s is None:
            return
        self.machine_zero_s = first.arrival_s - first.shift_s
        if first.wall_s is not None and first.wall_s > LEAST_UNIX_S:
            self.camera_zero_s = first.wall_s - first.shift_s

    def _choose(self, now_s: float) -> None:
        """Decide once what aligns, and where zero is."""
        known = [self._sessions[role] for role in self._roles if role in self._sessions]
        waited = now_s - min(session.first_arrived_s for session in known) >= REPORT_WAIT_S
        if not waited and len(known) < len(self._roles):
            return
        if all(session.wall_s is not None for session in known):
            self.aligned_by = AlignedBy.REPORTS
            self._zero_s = known[0].wall_s or 0.0
        elif waited:
            self.aligned_by = AlignedBy.ARRIVAL
            self._zero_s = known[0].arrival_s

    def _placed(self, role: str, session: _Session, now_s: float) -> float | None:
        waited_s = now_s - session.first_arrived_s
        if self.aligned_by is AlignedBy.ARRIVAL:
            return session.arrival_s - self._zero_s if waited_s >= SETTLE_S else None
        if session.wall_s is not None:
            shift_s = session.wall_s - self._zero_s
            return shift_s if role == self._roles[0] else self._on_raster(shift_s)
        if waited_s < REPORT_WAIT_S:
            return None
        return session.arrival_s - self._zero_s + self._camera_ahead_s()

    def _on_raster(self, shift_s: float) -> float:
        first = self._sessions.get(self._roles[0])
        if first is None or first.shift_s is None:
            return shift_s
        frames = (shift_s - first.shift_s) * first.fps
        off = frames - round(frames)
        return shift_s - off / first.fps if abs(off) <= NEAR_RASTER_SHARE else shift_s

    def _camera_ahead_s(self) -> float:
        """The camera's clock minus this machine's, by any session that has both."""
        both = [s.wall_s - s.arrival_s for s in self._sessions.values() if s.wall_s is not None]
        return both[0] if both else 0.0
