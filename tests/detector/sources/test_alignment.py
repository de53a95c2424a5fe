"""Two streams, one clock: by sender reports where both have them, by arrival otherwise."""

from dataclasses import dataclass

import pytest

from detector.sources.alignment import AlignedBy, Alignment, Sight

UNIX = 1_790_000_000.0


@dataclass
class Stream:
    """A made stream: its own zero by the camera's clock, when that arrived, and when its reports begin."""

    role: str
    zero_s: float
    fps: float
    delay_s: float = 0.05
    reports_from_s: float | None = 1.0
    ahead_s: float = 0.0
    """The camera's clock minus the machine's."""
    began: bool = False

    def send(self, alignment: Alignment, at_s: float) -> None:
        arrived_s = self.zero_s + at_s + self.delay_s
        if not self.began:
            alignment.begin(self.role, fps=self.fps, arrived_s=arrived_s, at_s=at_s)
            self.began = True
        wall_s = None
        if self.reports_from_s is not None and at_s >= self.reports_from_s:
            wall_s = self.zero_s + self.ahead_s + at_s
        alignment.see(self.role, Sight(at_s=at_s, arrived_s=arrived_s, wall_s=wall_s))


def play(alignment: Alignment, *streams: Stream, from_s: float = 0.0, until_s: float) -> None:
    """Send every packet of the streams in order of their true time."""
    packets = [
        (stream.zero_s + n / stream.fps, n / stream.fps, stream)
        for stream in streams
        for n in range(int(until_s * stream.fps))
        if n / stream.fps >= from_s
    ]
    for _, at_s, stream in sorted(packets, key=lambda one: one[0]):
        stream.send(alignment, at_s)


def test_reports_align_streams_that_connected_at_different_moments() -> None:
    alignment = Alignment("main", "sub")
    play(alignment, Stream("main", UNIX, 25.0), Stream("sub", UNIX + 0.4, 12.5, delay_s=0.3), until_s=3)
    assert alignment.aligned_by is AlignedBy.REPORTS
    assert alignment.shift_s("main") == 0.0
    assert alignment.shift_s("sub") == pytest.approx(0.4, abs=1e-6)


def test_nothing_is_placed_before_both_have_reports() -> None:
    alignment = Alignment("main", "sub")
    streams = Stream("main", UNIX, 25.0), Stream("sub", UNIX, 12.5, reports_from_s=2.0)
    play(alignment, *streams, until_s=2.0)
    assert alignment.shift_s("main") is None
    assert alignment.shift_s("sub") is None


@pytest.mark.parametrize(("jitter_s", "placed_s"), [(0.004, 0.4), (-0.009, 0.4), (0.015, 0.415)])
def test_jitter_of_reports_is_taken_out_near_the_raster_only(jitter_s: float, placed_s: float) -> None:
    alignment = Alignment("main", "sub")
    play(alignment, Stream("main", UNIX, 25.0), Stream("sub", UNIX + 0.4 + jitter_s, 12.5), until_s=3)
    assert alignment.shift_s("sub") == pytest.approx(placed_s, abs=1e-6)


def test_without_reports_the_least_delayed_arrival_aligns() -> None:
    alignment = Alignment("main", "sub")
    streams = (
        Stream("main", UNIX, 25.0, reports_from_s=None),
        Stream("sub", UNIX + 1.0, 12.5, reports_from_s=None, delay_s=0.08),
    )
    play(alignment, *streams, until_s=8)
    assert alignment.aligned_by is AlignedBy.ARRIVAL
    assert alignment.shift_s("sub") == pytest.approx(1.03, abs=1e-6)
    assert alignment.camera_zero_s is None
    assert alignment.machine_zero_s == pytest.approx(UNIX + 0.05, abs=1e-6)


def test_reports_on_one_stream_only_do_not_align() -> None:
    alignment = Alignment("main", "sub")
    play(alignment, Stream("main", UNIX, 25.0), Stream("sub", UNIX, 12.5, reports_from_s=None), until_s=8)
    assert alignment.aligned_by is AlignedBy.ARRIVAL
    assert alignment.shift_s("sub") == pytest.approx(0.0, abs=1e-6)
    assert alignment.camera_zero_s == pytest.approx(UNIX, abs=1e-6)


def test_a_camera_clock_that_is_ahead_is_kept_and_measured() -> None:
    alignment = Alignment("main", "sub")
    streams = Stream("main", UNIX, 25.0, ahead_s=30.0), Stream("sub", UNIX, 12.5, ahead_s=30.0)
    play(alignment, *streams, until_s=3)
    assert alignment.camera_zero_s == pytest.approx(UNIX + 30.0)
    assert alignment.machine_zero_s == pytest.approx(UNIX + 0.05)


def test_a_camera_that_reports_its_uptime_aligns_but_gives_no_time_of_day() -> None:
    alignment = Alignment("main", "sub")
    streams = Stream("main", UNIX, 25.0, ahead_s=100 - UNIX), Stream("sub", UNIX, 12.5, ahead_s=100 - UNIX)
    play(alignment, *streams, until_s=3)
    assert alignment.aligned_by is AlignedBy.REPORTS
    assert alignment.camera_zero_s is None
    assert alignment.machine_zero_s == pytest.approx(UNIX + 0.05)


def test_a_missing_stream_is_not_waited_for_forever() -> None:
    alignment = Alignment("main", "sub")
    play(alignment, Stream("sub", UNIX, 12.5), until_s=7)
    assert alignment.aligned_by is AlignedBy.REPORTS
    assert alignment.shift_s("sub") == 0.0


def test_a_later_session_continues_on_the_same_clock() -> None:
    alignment = Alignment("main", "sub")
    sub = Stream("sub", UNIX, 12.5)
    play(alignment, Stream("main", UNIX, 25.0), sub, until_s=3)
    again = Stream("main", UNIX + 60.0, 25.0, reports_from_s=0.5)
    play(alignment, again, until_s=0.2)
    assert alignment.shift_s("main") is None
    play(alignment, again, from_s=0.2, until_s=1)
    assert alignment.shift_s("main") == pytest.approx(60.0, abs=1e-6)


def test_a_later_session_without_reports_is_placed_by_arrival_and_the_known_offset() -> None:
    alignment = Alignment("main", "sub")
    play(
        alignment, Stream("main", UNIX, 25.0, ahead_s=5.0), Stream("sub", UNIX, 12.5, ahead_s=5.0), until_s=3
    )
    play(alignment, Stream("main", UNIX + 60.0, 25.0, reports_from_s=None), until_s=7)
    assert alignment.shift_s("main") == pytest.approx(60.0, abs=1e-3)


def test_a_camera_that_sets_its_clock_while_playing_is_followed_after_seconds() -> None:
    alignment = Alignment("main", "sub")
    main, sub = Stream("main", UNIX, 25.0), Stream("sub", UNIX, 12.5)
    play(alignment, main, sub, until_s=3)
    main.ahead_s = sub.ahead_s = 2.0
    play(alignment, main, sub, from_s=3, until_s=5)
    assert alignment.steps == 0
    play(alignment, main, sub, from_s=5, until_s=10)
    assert alignment.steps == 2
    assert alignment.shift_s("main") == pytest.approx(2.0, abs=1e-6)
    assert alignment.shift_s("sub") == pytest.approx(2.0, abs=1e-6)


def test_a_stream_that_ends_before_any_report_is_placed_by_arrival() -> None:
    alignment = Alignment("main", "sub")
    play(alignment, Stream("main", UNIX, 25.0), Stream("sub", UNIX, 12.5), until_s=0.8)
    assert alignment.shift_s("main") is None
    alignment.finish("sub")
    assert alignment.aligned_by is AlignedBy.ARRIVAL
    assert alignment.shift_s("main") == 0.0
