"""What the watch tells Prometheus: a collector over the fleet's newest health reports, and its small HTTP door.

Counts come from the groups' own counters, which begin anew when a group is started again: Prometheus knows that.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from detector.errors import SourceUnreadable
from detector.watching.camera_health import CameraHealth, GroupHealth

CameraValue = Callable[[CameraHealth], float]

GAUGES: dict[str, tuple[str, CameraValue]] = {
    "lag_seconds": ("Seconds of video that came and are not watched yet", lambda c: c.lag_s),
    "ring_seconds": ("Seconds of main stream held in memory", lambda c: c.ring_s),
    "ring_bytes": ("Bytes of main stream held in memory", lambda c: c.ring_bytes),
    "analysed_fps": ("Frames judged a second", lambda c: c.analysed_fps),
    "degraded": ("1 while footage was missed lately or the watch is late", lambda c: float(c.is_degraded)),
    "playing": ("1 while both streams play", lambda c: float(c.state == "playing")),
    "watching": (
        "1 while every frame is decoded, 0 while only key frames are",
        lambda c: float(c.gear == "watching"),
    ),
    "unwritten_cases": ("Cases that wait for the disk", lambda c: c.unwritten),
}
COUNTERS: dict[str, tuple[str, CameraValue]] = {
    "frames_decoded": ("Frames decoded of the watched stream", lambda c: c.frames_decoded),
    "frames_analysed": ("Frames judged", lambda c: c.frames_analysed),
    "frames_inferred": ("Frames that the vehicle detector saw", lambda c: c.frames_inferred),
    "gaps": ("Stretches without footage", lambda c: c.gaps),
    "gap_seconds": ("Seconds without footage", lambda c: c.gap_s),
    "dropped_packets": ("Packets the watch was too slow for", lambda c: c.dropped),
    "reconnects": ("Connections begun anew", lambda c: c.reconnects),
    "cases": ("Cases written", lambda c: c.cases),
    "unproved_cases": ("Findings that the main stream could not prove", lambda c: c.unproved),
    "lost_cases": ("Cases that could not be written in the end", lambda c: c.lost),
}


LAG_BUCKETS_S = (0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0, 15.0, 30.0)


class LagCount:
    """How late looks were, in buckets, for all groups together; from the packet's arrival until it was judged."""

    def __init__(self) -> None:
        self._counts = [0] * (len(LAG_BUCKETS_S) + 1)
        self._sum_s = 0.0

    def hear(self, reports: Sequence[GroupHealth]) -> None:
        """Take the lags of reports that came."""
        for lag_s in (lag_s for report in reports for lag_s in report.lags_s):
            self._counts[bisect_left(LAG_BUCKETS_S, lag_s)] += 1
            self._sum_s += lag_s

    def family(self) -> Metric:
        """The histogram as Prometheus takes it."""
        running = list(accumulate(self._counts))
        bounds = [*(str(bound) for bound in LAG_BUCKETS_S), "+Inf"]
        return HistogramMetricFamily(
            "ngatu_look_lag_seconds",
            "From a picture's arrival until it was judged",
            buckets=list(zip(bounds, running, strict=True)),
            sum_value=self._sum_s,
        )


class WatchCollector:
    """Turns health reports into metrics when asked."""

    def __init__(
        self,
        health: Callable[[], Sequence[GroupHealth]],
        given_up: Callable[[], Sequence[str]],
        lags: LagCount,
    ) -> None:
        self._health, self._given_up, self._lags = health, given_up, lags

    def collect(self) -> Iterator[Metric]:
        """All metrics of the watch."""
        groups = self._health()
        cameras = [camera for group in groups for camera in group.cameras]
        for name, (words, value) in GAUGES.items():
            gauge = GaugeMetricFamily(f"ngatu_camera_{name}", words, labels=["camera_id"])
            for camera in cameras:
                gauge.add_metric([camera.camera_id], value(camera))
            yield gauge
        for name, (words, value) in COUNTERS.items():
            counter = CounterMetricFamily(f"ngatu_camera_{name}", words, labels=["camera_id"])
            for camera in cameras:
                counter.add_metric([camera.camera_id], value(camera))
            yield counter
        yield _offsets(cameras)
        yield self._lags.family()
        yield from _of_groups(groups)
        yield GaugeMetricFamily(
            "ngatu_groups_given_up",
            "Groups that died too often and are not watched",
            value=len(self._given_up()),
        )


def _offsets(cameras: Sequence[CameraHealth]) -> Metric:
    gauge = GaugeMetricFamily(
        "ngatu_camera_clock_offset_seconds", "Camera's clock minus this machine's", labels=["camera_id"]
    )
    for camera in cameras:
        if camera.clock_offset_ms is not None:
            gauge.add_metric([camera.camera_id], camera.clock_offset_ms / 1000)
    return gauge


def _of_groups(groups: Sequence[GroupHealth]) -> Iterator[Metric]:
    rows: tuple[tuple[str, str, Callable[[GroupHealth], float]], ...] = (
        ("cameras", "Cameras of the group", lambda g: len(g.cameras)),
        ("inference_queue", "Frames that waited for the detector", lambda g: g.inference_queue),
        ("proofs_waiting", "Findings that wait to be proved", lambda g: g.proofs_waiting),
        ("resident_bytes", "Memory of the group's process", lambda g: g.resident_bytes),
        ("cpu_seconds", "Processor time of the group's process", lambda g: g.cpu_s),
    )
    for name, words, value in rows:
        gauge = GaugeMetricFamily(f"ngatu_group_{name}", words, labels=["group_id"])
        for group in groups:
            gauge.add_metric([group.group_id], value(group))
        yield gauge


def serve_metrics(collector: WatchCollector, port: int, host: str = "127.0.0.1") -> Callable[[], None]:
    """Open http://host:port/metrics; what closes it again. Raises SourceUnreadable where it cannot be opened."""
    registry = CollectorRegistry()
    registry.register(collector)
    try:
        server, thread = start_http_server(port, addr=host, registry=registry)
    except OSError as error:
        raise SourceUnreadable(
            f"{host}:{port}: cannot be opened for metrics ({error.strerror}); "
            "choose another with --metrics-port and --metrics-host"
        ) from None

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return close
