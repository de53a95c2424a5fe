"""What must hold of driving against a lane, over a solid line and standing in a zone, tried with made-up vehicles."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.contract.camera import Camera, LaneDirection, NoStopZone, SolidLine
from detector.types import CASE_VERDICTS, Finding, Verdict
from tests.detector.judging.builders import GREEN, RED, Ride, camera, lane, lights, mirrored, run

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ARROW, LINE = ((0.53, 0.95), (0.53, 0.55)), ((0.47, 0.95), (0.47, 0.55))
AREA = ((0.25, 0.3), (0.75, 0.3), (0.75, 0.8), (0.25, 0.8))
SIGNALS = (lights((GREEN, 0)), lights((RED, 0)), lights((GREEN, 0), (RED, 9)), lights((RED, 0), (GREEN, 9)))
LAST_S = 24.0


def flipped(places: Sequence[tuple[float, float]]) -> Any:
    return tuple((1.0 - x, y) for x, y in places)


def watched(*, mirror: bool = False, signal: str | None = None) -> Camera:
    """A camera that judges everything, or its mirror picture."""
    turn = flipped if mirror else tuple
    direction = LaneDirection(arrow=turn(ARROW), length_m=8.0)
    plain = mirrored(lane()) if mirror else lane()
    return camera(
        plain.model_copy(update={"direction": direction}),
        solid_lines=(SolidLine(id="V1", line=turn(LINE)),),
        no_stop_zones=(NoStopZone(id="Z1", area=turn(AREA), most_s=4.0, signal=signal),),
    )


columns = st.integers(14, 49).map(lambda number: (number + 0.5) / 64)
rows = st.integers(14, 62).map(lambda number: (number + 0.5) / 64)


@st.composite
def rides(draw: st.DrawFn) -> Ride:
    """A vehicle that goes anywhere, standing here and there."""
    at_s = draw(st.integers(0, 4)) * 0.5
    way = [(at_s, draw(columns), draw(rows))]
    for _ in range(draw(st.integers(1, 5))):
        at_s += draw(st.integers(2, 12)) * 0.5
        x, y = (draw(columns), draw(rows)) if draw(st.booleans()) else way[-1][1:]
        way.append((at_s, x, y))
    return Ride(way=tuple(way))


def told(findings: Sequence[Finding]) -> Counter[tuple[str, str, float]]:
    return Counter((str(f.verdict), f.reason, round(f.crossing.cross_s, 6)) for f in findings)


@quick
@given(st.lists(rides(), min_size=1, max_size=3), st.sampled_from(SIGNALS), st.sampled_from([None, "S1"]))
def test_a_mirrored_picture_tells_the_same(rides: list[Ride], showing: Any, signal: str | None) -> None:
    one = run(*rides, showing=showing, watched_by=watched(signal=signal), until_s=LAST_S)
    other = run(
        *(ride.mirrored() for ride in rides),
        showing=showing,
        watched_by=watched(mirror=True, signal=signal),
        until_s=LAST_S,
    )
    assert told(one.findings) == told(other.findings)


@quick
@given(st.lists(rides(), min_size=1, max_size=3), st.sampled_from(SIGNALS))
def test_what_is_drawn_for_other_rules_changes_nothing_at_the_stop_line(
    rides: list[Ride], showing: Any
) -> None:
    with_more = run(*rides, showing=showing, watched_by=watched(), until_s=LAST_S)
    alone = run(*rides, showing=showing, watched_by=camera(), until_s=LAST_S)
    assert told([f for f in with_more.findings if f.act is None]) == told(alone.findings)


@quick
@given(st.lists(rides(), min_size=1, max_size=3), st.sampled_from(SIGNALS))
def test_a_track_makes_one_case_of_a_rule_at_most_and_its_moment_lies_within_the_act(
    rides: list[Ride], showing: Any
) -> None:
    outcome = run(*rides, showing=showing, watched_by=watched(), until_s=LAST_S)
    cases = [f for f in outcome.findings if f.verdict in CASE_VERDICTS]
    assert all(count == 1 for count in Counter((f.track.track_id, f.rule) for f in cases).values())
    for finding in outcome.findings:
        if finding.act is not None:
            assert finding.act.from_s <= finding.crossing.cross_s <= finding.act.to_s


@quick
@given(columns, st.floats(0.04, 0.6), st.sampled_from(SIGNALS))
def test_who_drives_straight_on_does_none_of_it(x: float, speed: float, showing: Any) -> None:
    """At any place across the road and any speed, standing nowhere; the slowest needs 3 s for the depth of its box."""
    ride = Ride(way=((1.0, x, 0.97), (1.0 + 0.85 / speed, x, 0.12)))
    outcome = run(ride, showing=showing, watched_by=watched(), until_s=LAST_S)
    acts = {Verdict.WRONG_WAY, Verdict.WRONG_LANE, Verdict.ILLEGAL_STOP}
    assert not [f for f in outcome.findings if f.verdict in acts]


@quick
@given(columns, st.floats(0.4, 7.0))
def test_driving_against_the_arrow_is_a_case_from_the_least_speed_on(x: float, lasts_s: float) -> None:
    """The arrow's 8 m are half of the way: the whole of it in 7.2 s is 8 km/h."""
    ride = Ride(way=((1.0, x, 0.5), (1.0 + lasts_s, x, 1.0)))
    outcome = run(ride, showing=SIGNALS[0], watched_by=watched(), until_s=LAST_S)
    found = [f for f in outcome.findings if f.verdict is Verdict.WRONG_WAY]
    if found:
        act = found[0].act
        assert act is not None
        assert 8.0 / (act.to_s - act.from_s) * 3.6 >= 8.0
    if lasts_s * 0.8 > 3.6:
        assert not found


@quick
@given(st.floats(1.0, 12.0), st.floats(0.35, 0.75), columns)
def test_a_stay_is_a_case_when_it_lasts_and_never_when_it_does_not(
    lasts_s: float, y: float, x: float
) -> None:
    x = min(max(x, 0.3), 0.7)
    way = ((0.5, x, 0.98), (2.5, x, y), (2.5 + lasts_s, x, y), (3.5 + lasts_s, x, 0.12))
    outcome = run(Ride(way=way), showing=SIGNALS[0], watched_by=watched(), until_s=LAST_S)
    cases = [f for f in outcome.findings if f.verdict is Verdict.ILLEGAL_STOP]
    if lasts_s < 3.5:
        assert not cases
    if lasts_s > 10.5:
        assert len(cases) == 1
