"""Everything a rule may ask of one crossing: a value, so that a stored case can be judged again."""

from dataclasses import dataclass

from detector.contract.camera import JudgingSettings
from detector.types import Crossing, Track
from models.types import LampColour


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One forward crossing of a lane's stop line, with what was known when it was judged."""

    crossing: Crossing
    track: Track
    signal_id: str
    points_in_approach: int
    colour_at_crossing: LampColour
    red_since_s: float | None
    """When the red that held at the crossing began; None when it was not red."""
    over_line_at_onset: bool
    entered_junction_s: float | None
    colour_at_entry: LampColour
    took_free_exit: bool
    moved_whole: bool
    """Whether the whole box went over the line; False when only its lower edge did, hidden by others."""
    stopped: bool
    """Whether the vehicle stood still behind the line when it was last seen."""
    analysed_fps: float
    gaps: tuple[tuple[float, float], ...]
    settings: JudgingSettings


GAP_MARGIN_S = 1.0


def touches_gap(candidate: Candidate, *, margin_s: float = GAP_MARGIN_S) -> bool:
    """Whether footage is missing within a second of the crossing."""
    cross_s = candidate.crossing.cross_s
    return any(start <= cross_s + margin_s and end >= cross_s - margin_s for start, end in candidate.gaps)
