"""Everything that the rules of driving against a lane, over a solid line and standing in a zone may ask: values.

They are measured from one track each (arrow_watch, solid_line_watch, dwell_watch); no geometry is left in them.
"""

from dataclasses import dataclass

from detector.contract.camera import JudgingSettings
from detector.judging.candidate import GAP_MARGIN_S

KMH_PER_MPS = 3.6


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenWhile:
    """How well the stretch of an act was seen."""

    from_s: float
    to_s: float
    analysed_fps: float
    gaps: tuple[tuple[float, float], ...]
    settings: JudgingSettings

    @property
    def too_thinly(self) -> bool:
        """Whether fewer frames were analysed than a case needs."""
        return self.analysed_fps < self.settings.least_analysed_fps

    @property
    def touches_gap(self) -> bool:
        """Whether footage is missing in it, or within a second of it."""
        return any(
            start <= self.to_s + GAP_MARGIN_S and end >= self.from_s - GAP_MARGIN_S
            for start, end in self.gaps
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class WrongWayCandidate:
    """A track that went over a lane's whole arrow from its head to its tail."""

    seen: SeenWhile
    frames: int
    """Analysed frames between the arrow's ends."""
    longest_step_s: float
    forwards_share: float
    """The longest way that it went with the arrow meanwhile, in shares of the arrow."""
    stayed_in_lane: bool
    """Whether the middle half of its lower edge was inside the approach in each of those frames."""
    length_m: float
    least_kmh: float

    @property
    def mean_kmh(self) -> float:
        return self.length_m / (self.seen.to_s - self.seen.from_s) * KMH_PER_MPS


@dataclass(frozen=True, kw_only=True, slots=True)
class LaneChangeCandidate:
    """A track whose whole lower edge was on one side of a solid line, and then on the other."""

    seen: SeenWhile
    frames_before: int
    frames_after: int
    """Analysed frames wholly on either side, beside the painted line."""
    seconds_after: float
    came_back: bool
    longest_step_s: float
    widest_step: float
    """The widest step sideways between two frames, in widths of its box."""
    shape_change: float
    """How much its box's width against its height changed over the line: 1 not at all, 2 doubled or halved."""
    along_share: float
    """Its way along the line for each share of its way across it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StopCandidate:
    """A track that stood still inside a zone for longer than is allowed there."""

    seen: SeenWhile
    seen_arriving: bool
    counted_s: float
    """How long it stood while it could have driven on: not in a queue at its signal, not in standing traffic."""
    has_other_case: bool
    """Whether the same track is a case of running the light or stopping over the line."""
    most_s: float
