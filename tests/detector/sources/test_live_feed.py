"""A camera as a feed, over real RTSP: same frames, same times, one clock; faults end in a state, never in a hang."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from detector.errors import DetectorError, GapInFootage, SourceRefused, SourceStalled, SourceUnreadable
from detector.sources.alignment import AlignedBy
from detector.sources.decoding import Frame, decode_frames, luma_sha256
from detector.sources.feed import CameraFeed, FeedState, open_feed
from detector.sources.live import Patience
from detector.sources.live_feed import LiveFeed, open_live_feed
from detector.sources.packets import StreamInfo
from fixtures.rtsp.server import RtspServer
from tests.detector.sources.made_clips import camera_on, make_pair, number_in
from tests.detector.sources.waiting import wait_until

SECRET = "pa ss/w@rd"
HASTY = Patience(stall_s=4.0, first_pause_s=0.05, most_pause_s=0.2, refused_pause_s=60.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("live")
    make_pair(folder)
    return folder


def served(folder: Path, *, loop: bool = False, **more: str) -> RtspServer:
    mounts = {"cam/main": folder / "main.mp4", "cam/sub": folder / "sub.mp4"}
    return RtspServer(mounts, loop=loop, **more)


def told(frames: Iterator[Frame]) -> list[tuple[float, int, str]]:
    return [(frame.at_s, frame.number, luma_sha256(frame)) for frame in frames]


def watched_and_proved(feed: CameraFeed) -> tuple[list[tuple[float, int, str]], list[tuple[float, int, str]]]:
    """All watch frames, then all main frames out of the ring."""
    watched = told(iter(feed))
    return watched, told(decode_frames(feed.main_info, feed.ring.between(0.0, 99.0), from_s=0.0))


@pytest.mark.parametrize("b_frames", [0, 2])
def test_a_camera_gives_the_same_frames_at_the_same_times_as_its_file(tmp_path: Path, b_frames: int) -> None:
    make_pair(tmp_path, b_frames=b_frames)
    with open_feed(camera_on("main.mp4", "sub.mp4"), base_dir=tmp_path) as feed:
        from_file = watched_and_proved(feed)
    with served(tmp_path) as server:
        camera = camera_on(server.url("cam/main"), server.url("cam/sub"))
        began_s = time.time()
        with open_feed(camera, base_dir=tmp_path, reconnect=False) as feed:
            from_camera = watched_and_proved(feed)
            clock, state, gaps = feed.clock, feed.state, feed.gaps
            assert isinstance(feed, LiveFeed)
            assert feed.aligned_by is AlignedBy.REPORTS
    assert from_camera[0] == from_file[0]
    assert from_camera[1] == from_file[1]
    assert len(from_file[0]) == 50
    assert len(from_file[1]) == 100
    assert (state, gaps, clock.clock.source) == (FeedState.ENDED, (), "rtcp")
    assert clock.started_at is not None
    assert began_s - 1 < clock.started_at.timestamp() < began_s + 5
    assert clock.clock.offset_ms is not None
    assert abs(clock.clock.offset_ms) < 1000


def test_a_camera_joined_late_shows_the_same_moment_in_main_and_sub(folder: Path) -> None:
    with served(folder, loop=True) as server:
        server.start_clock("cam/main")
        with open_feed(camera_on(server.url("cam/main"), server.url("cam/sub")), base_dir=folder) as feed:
            frames = []
            for frame in feed:
                frames.append(frame)
                if frame.at_s > 3.0:
                    break
            wait_until(lambda: feed.main_until_s >= frames[-1].at_s)
            shown = {
                main.number: number_in(main.picture)
                for main in decode_frames(feed.main_info, feed.ring.between(0.0, 99.0), from_s=0.0)
            }
    apart = [
        abs(shown[frame.number * 2] - number_in(frame.picture))
        for frame in frames
        if frame.number * 2 in shown
    ]
    assert len(apart) > 10
    assert max(apart) <= 1


def test_a_restarted_camera_comes_back_on_the_same_clock_with_a_gap(folder: Path) -> None:
    with served(folder, loop=True) as server:
        camera = camera_on(server.url("cam/main"), server.url("cam/sub"))
        with open_live_feed(camera, ring_s=10, reconnect=True, patience=HASTY) as feed:
            moments: list[float] = []
            restarted_s = float("inf")
            for frame in feed:
                moments.append(frame.at_s)
                if len(moments) == 5:
                    server.stop()
                    server.start()
                    restarted_s = frame.at_s
                if feed.counts.reconnects >= 2 and frame.at_s > restarted_s + 3 and feed.gaps:
                    break
            assert moments == sorted(set(moments))
            assert feed.state is FeedState.PLAYING
            assert feed.gaps[0][0] >= 0
            assert feed.clock.clock.source == "rtcp"


def test_a_silent_camera_is_told_after_its_time(folder: Path) -> None:
    with served(folder, loop=True) as server:
        server.hang("cam/main")
        server.hang("cam/sub")
        camera = camera_on(server.url("cam/main"), server.url("cam/sub"))
        with (
            open_live_feed(camera, ring_s=10, reconnect=False, patience=Patience(stall_s=1.0)) as feed,
            pytest.raises(SourceStalled, match="nothing came in time"),
        ):
            list(feed)


def test_a_camera_that_falls_silent_stalls_and_comes_back(folder: Path) -> None:
    with served(folder, loop=True) as server:
        camera = camera_on(server.url("cam/main"), server.url("cam/sub"))
        with open_live_feed(camera, ring_s=10, reconnect=True, patience=HASTY) as feed:
            frames = iter(feed)
            next(frames)
            server.hang("cam/main")
            server.hang("cam/sub")
            wait_until(lambda: feed.state is FeedState.STALLED)
            server.resume("cam/main")
            server.resume("cam/sub")
            wait_until(lambda: feed.state is FeedState.PLAYING)
            assert next(frames).at_s > 0
            assert feed.counts.reconnects >= 1


def test_one_silent_camera_does_not_hold_up_another(folder: Path) -> None:
    mounts = dict.fromkeys(("dead/sub", "alive/sub"), folder / "sub.mp4")
    with RtspServer(mounts, loop=True) as server:
        server.hang("dead/sub")
        dead, alive = camera_on(server.url("dead/sub")), camera_on(server.url("alive/sub"))
        with (
            open_live_feed(dead, ring_s=10, reconnect=True, patience=HASTY) as silent,
            open_live_feed(alive, ring_s=10, reconnect=True, patience=HASTY) as feed,
        ):
            frames = iter(feed)
            assert [next(frames).number for _ in range(5)] == [0, 1, 2, 3, 4]
            wait_until(lambda: silent.state is FeedState.STALLED)
            assert feed.state is FeedState.PLAYING
            with pytest.raises(GapInFootage, match="main stream was never connected"):
                _ = silent.main_info


@pytest.mark.parametrize("name", ["cam/main", "cam/sub"])
def test_a_wrong_password_is_told_and_shown_nowhere(
    folder: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with served(folder, user="viewer", password="right") as server:
        camera = camera_on(server.url(name, password=SECRET))
        with (
            capture_logs() as logs,
            open_feed(camera, base_dir=folder, reconnect=False) as feed,
            pytest.raises(SourceRefused, match="refuses user or password; correct") as refused,
        ):
            list(feed)
    told = [str(refused.value), repr(refused.value.__context__), repr(refused.value.__cause__), str(logs)]
    told += capfd.readouterr()
    for spelled in (SECRET, "pa%20ss", "w%40rd", "viewer"):
        assert all(spelled not in text for text in told)


def test_a_refused_password_is_not_tried_again_fast(folder: Path) -> None:
    with served(folder, user="viewer", password="right") as server:
        camera = camera_on(server.url("cam/main", password="wrong"))
        with (
            capture_logs() as logs,
            open_live_feed(camera, ring_s=10, reconnect=True, patience=HASTY) as feed,
        ):
            wait_until(lambda: feed.state is FeedState.REFUSED)
            time.sleep(0.5)
    lost = [entry for entry in logs if entry["event"] == "stream_lost"]
    assert len(lost) == 1
    assert lost[0]["pause_s"] >= 45
    assert "wrong" not in str(logs)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("rtsp://admin:hunter2@127.0.0.1:1/main", "no connection"),
        ("rtsp://admin:hunter2@no-such-host.invalid/main", "no connection"),
    ],
)
def test_an_address_where_nobody_answers_is_told_without_its_password(
    tmp_path: Path, address: str, says: str
) -> None:
    with (
        open_feed(camera_on(address), base_dir=tmp_path, reconnect=False) as feed,
        pytest.raises(SourceUnreadable, match=says) as failed,
    ):
        list(feed)
    assert "hunter2" not in str(failed.value)


def test_a_stream_that_the_camera_does_not_have_is_told(folder: Path) -> None:
    with served(folder) as server:
        address = server.url("cam/main").replace("/cam/main", "/cam/other")
        with (
            open_feed(camera_on(address), base_dir=folder, reconnect=False) as feed,
            pytest.raises(SourceUnreadable, match="knows no such stream"),
        ):
            list(feed)


def test_packets_that_came_over_rtsp_can_be_copied_into_a_clip_after_the_camera_hung_up(
    folder: Path, tmp_path: Path
) -> None:
    with (
        served(folder) as server,
        open_feed(camera_on(server.url("cam/main")), base_dir=folder, reconnect=False) as feed,
    ):
        digests = [luma_sha256(frame) for frame in feed]
        copied = copied_clip(tmp_path / "copy.mp4", feed.main_info, feed)
    with open_feed(camera_on(str(copied)), base_dir=tmp_path) as again:
        assert [luma_sha256(frame) for frame in again] == digests


def copied_clip(path: Path, info: StreamInfo, feed: CameraFeed) -> Path:
    """The ring's packets muxed as they are."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream_from_template(info.template)
        for held in feed.ring.between(0.0, 99.0):
            held.packet.stream = stream
            container.mux(held.packet)
    return path


def test_a_feed_that_never_connected_says_so(tmp_path: Path) -> None:
    feed = LiveFeed(camera_on("rtsp://u:hidden@127.0.0.1:1/x"), ring_s=1.0, reconnect=True, patience=HASTY)
    assert feed.clock.clock.source == "none"
    assert feed.state is FeedState.CONNECTING
    for ask in ("main_info", "watch_info"):
        with pytest.raises(DetectorError, match="connected") as said:
            getattr(feed, ask)
        assert "hidden" not in str(said.value)


@pytest.mark.parametrize(
    ("failures", "least_s", "most_s"), [(0, 0.375, 0.5), (1, 0.75, 1.0), (3, 3.0, 4.0), (40, 22.5, 30.0)]
)
def test_pauses_between_attempts_double_up_to_a_bound(failures: int, least_s: float, most_s: float) -> None:
    assert all(least_s <= Patience().pause_s(failures, None) <= most_s for _ in range(50))


def test_errors_of_sources_share_one_root() -> None:
    assert all(issubclass(error, DetectorError) for error in (SourceRefused, SourceStalled, SourceUnreadable))
