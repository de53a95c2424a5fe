"""Which condition of a rule decided on a crossing: what was asked, what was seen, at which frame. Guesses nothing.

Conditions are numbered as on the page docs/how-a-case-is-judged.md.
"""

from collections.abc import Callable
from dataclasses import dataclass

from detector.judging.candidate import GAP_MARGIN_S, Candidate
from detector.rules.red_light import LEAST_POINTS_IN_APPROACH, LONGEST_STEP_S


@dataclass(frozen=True, kw_only=True, slots=True)
class Frames:
    """Names moments of a clip by its frames."""

    fps: float

    def at(self, at_s: float) -> str:
        """`frame 210 (8.40 s)`."""
        return f"frame {round(at_s * self.fps)} ({at_s:.2f} s)"

    def maybe(self, at_s: float | None) -> str:
        """The same, where it is known."""
        return "no frame" if at_s is None else self.at(at_s)


Told = Callable[[Candidate, Frames], str]


def condition_told(reason: str, candidate: Candidate | None, frames: Frames) -> str | None:
    """The deciding condition of a red-light or stop-line judgement; None for a word of another rule."""
    told = CONDITIONS.get(reason)
    return told(candidate, frames) if told is not None and candidate is not None else None


def _gap(candidate: Candidate, frames: Frames) -> str:
    cross_s = candidate.crossing.cross_s
    near = [g for g in candidate.gaps if g[0] <= cross_s + GAP_MARGIN_S and g[1] >= cross_s - GAP_MARGIN_S]
    told = ", ".join(f"{frames.at(start)} to {frames.at(end)}" for start, end in near)
    return f"condition 2, no footage missing within {GAP_MARGIN_S:g} s: missing from {told}"


def _grace(candidate: Candidate, frames: Frames) -> str:
    red_s = candidate.crossing.cross_s - (candidate.red_since_s or 0.0)
    return (
        f"condition 7, red for at least {candidate.settings.grace_s:g} s: red for {red_s:.2f} s, "
        f"since {frames.maybe(candidate.red_since_s)}"
    )


def _not_red(candidate: Candidate, frames: Frames) -> str:
    return (
        f"condition 5, red at the crossing: the signal was {candidate.colour_at_crossing} "
        f"at {frames.at(candidate.crossing.cross_s)}"
    )


def _hidden(candidate: Candidate, frames: Frames) -> str:
    return (
        f"in sight at the line: last seen before it at {frames.maybe(candidate.crossing.seen_before_s)}, more than "
        f"{LONGEST_STEP_S:g} s earlier, and red began at {frames.maybe(candidate.red_since_s)} only"
    )


def _never_in(candidate: Candidate, frames: Frames) -> str:
    last_s = candidate.track.points[-1].at_s
    return f"entered the junction, or stood still for 2 s: did neither until {frames.at(last_s)}, where its track ends"


def _all_held(candidate: Candidate, frames: Frames) -> str:
    entered = (
        f"stood still, last seen at {frames.at(candidate.track.points[-1].at_s)}"
        if candidate.entered_junction_s is None
        else f"in the junction at {frames.at(candidate.entered_junction_s)}"
    )
    return (
        f"every condition held: {candidate.points_in_approach} frames before the line, red since "
        f"{frames.maybe(candidate.red_since_s)}, over the line at {frames.at(candidate.crossing.cross_s)}, {entered}"
    )


CONDITIONS: dict[str, Told] = {
    "first_seen_past_line": lambda c, f: (
        f"condition 1, seen in the approach in at least {LEAST_POINTS_IN_APPROACH} frames: seen there in "
        f"{c.points_in_approach} before {f.at(c.crossing.cross_s)}"
    ),
    "gap_in_footage": _gap,
    "too_few_frames": lambda c, f: (
        f"condition 3, at least {c.settings.least_analysed_fps:g} frames a second: {c.analysed_fps:.1f} "
        f"around {f.at(c.crossing.cross_s)}"
    ),
    "signal_unknown": lambda c, f: (
        f"condition 4, the signal known: it was {c.colour_at_crossing} at {f.at(c.crossing.cross_s)}"
    ),
    "green": _not_red,
    "yellow": _not_red,
    "over_line_at_onset": lambda c, f: (
        f"condition 6, behind the line as red began: over it at {f.maybe(c.red_since_s)}"
    ),
    "grace": _grace,
    "hidden_at_line": _hidden,
    "free_on_red": lambda c, f: (
        f"condition 8, no exit that is free on red: it took one after {f.at(c.crossing.cross_s)}"
    ),
    "did_not_enter": _never_in,
    "entered_after_red": lambda c, f: (
        f"condition 9, red as it entered: the signal was {c.colour_at_entry} at {f.maybe(c.entered_junction_s)}"
    ),
    "entered_junction": lambda c, f: (
        f"condition 10, red as it entered: the signal was {c.colour_at_entry} at {f.maybe(c.entered_junction_s)}"
    ),
    "track_lost": lambda c, f: f"condition 11, {_never_in(c, f)}",
    "partly_hidden": lambda c, f: (
        f"condition 12, the whole vehicle over the line: only its lower edge was at {f.at(c.track.points[-1].at_s)}"
    ),
    "ran_red": _all_held,
    "stopped_over_line": _all_held,
}
