"""Candidates of the rules besides the stop line, each a plain case unless something is changed."""

from dataclasses import replace
from typing import Any

from detector.contract.camera import JudgingSettings
from detector.judging.act_candidates import LaneChangeCandidate, SeenWhile, StopCandidate, WrongWayCandidate


def seen(from_s: float = 10.0, to_s: float = 12.0, **changes: Any) -> SeenWhile:
    plain = SeenWhile(from_s=from_s, to_s=to_s, analysed_fps=10.0, gaps=(), settings=JudgingSettings())
    return replace(plain, **changes)


def wrong_way(**changes: Any) -> WrongWayCandidate:
    plain = WrongWayCandidate(
        seen=seen(),
        frames=20,
        longest_step_s=0.1,
        forwards_share=0.0,
        stayed_in_lane=True,
        length_m=8.0,
        least_kmh=8.0,
    )
    return replace(plain, **changes)


def lane_change(**changes: Any) -> LaneChangeCandidate:
    plain = LaneChangeCandidate(
        seen=seen(),
        frames_before=10,
        frames_after=10,
        seconds_after=3.0,
        came_back=False,
        longest_step_s=0.1,
        widest_step=0.2,
        shape_change=1.1,
        along_share=2.0,
    )
    return replace(plain, **changes)


def stop(**changes: Any) -> StopCandidate:
    plain = StopCandidate(
        seen=seen(10.0, 22.0), seen_arriving=True, counted_s=12.0, has_other_case=False, most_s=10.0
    )
    return replace(plain, **changes)
