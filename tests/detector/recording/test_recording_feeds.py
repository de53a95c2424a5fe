"""Whole recorders on feeds of a real RTSP server: what is recorded is what was sent, and what is missing is told."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import av
import pytest

from benchmarks.recorder import camera_files, recorder_process
from detector.contract.camera import Camera, parse_camera
from detector.contract.recordings import (
    PART_SUFFIX,
    PlacedSegment,
    gaps_between,
    read_state,
    segments_between,
)
from detector.errors import SourceUnreadable
from detector.recording.feed_line import PlainFeed
from detector.recording.recorder import Recorder
from detector.recording.recovering import recover_camera
from detector.recording.retention import Disk, Retention
from detector.recording.running import Beside, ListedCameras, RecordingOrder, hold_alone
from detector.recording.segment_file import SegmentFile
from detector.sources.live import Patience
from fixtures.rtsp.server import RtspServer
from tests.detector.sources.made_clips import make_clip

SEGMENT_S = 2.0
QUICK = Patience(stall_s=2.0, first_pause_s=0.2, most_pause_s=0.5, refused_pause_s=0.5)
WAIT_S = 60.0


def wait_until(holds: Callable[[], bool], what: str) -> None:
    until_s = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < until_s, f"waited in vain: {what}"
        time.sleep(0.05)


def plain_camera(camera_id: str) -> Camera:
    keys = {"schema": 1, "camera_id": camera_id, "name": camera_id, "kind": "plain"}
    return parse_camera(keys | {"sources": {"main": f"rtsp://10.0.0.1/{camera_id}"}}, "test")


def recorded(root: Path, camera_id: str = "feed-000") -> list[PlacedSegment]:
    now = datetime.now(UTC)
    return segments_between(root, camera_id, now - timedelta(hours=2), now + timedelta(hours=1))


def pictures_in(*paths: Path) -> list[str]:
    """The digests of the pictures of files that follow each other, decoded as one stream."""
    frames = []
    with av.open(str(paths[0])) as first:
        decoder = first.streams.video[0].codec_context
        for path in paths:
            with av.open(str(path)) as container:
                for packet in container.demux(container.streams.video[0]):
                    frames += decoder.decode(packet) if packet.size else []
        frames += decoder.decode(None)
        return [sha256(frame.to_ndarray().tobytes()).hexdigest() for frame in frames]


def state_of(root: Path, camera_id: str = "feed-000") -> str:
    state = read_state(root, now=datetime.now(UTC))
    return state.feeds[camera_id].state if state and camera_id in state.feeds else "nothing said"


@contextmanager
def recording(feeds: list[PlainFeed], root: Path, **settings: object) -> Iterator[Recorder]:
    """A recorder in a thread; stopped and waited for at the end."""
    values: dict[str, object] = {
        "retention": Retention(free_share=0.0),
        "patience": QUICK,
        "segment_s": SEGMENT_S,
    }
    recorder = Recorder(feeds, root, **(values | settings))  # type: ignore[arg-type]
    stop = threading.Event()
    thread = threading.Thread(target=recorder.run, args=(stop,))
    thread.start()
    try:
        yield recorder
    finally:
        stop.set()
        thread.join(WAIT_S)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "feed.mp4", frames=250, gop=25)


@pytest.mark.parametrize(
    ("codec", "b_frames", "mime"),
    [("libx264", 0, "avc1."), ("libx264", 2, "avc1."), ("libx265", 2, "hvc1.")],
    ids=["H.264", "H.264 with reordered pictures", "H.265 with reordered pictures"],
)
def test_a_recording_holds_the_cameras_own_pictures_one_after_the_other(
    tmp_path: Path, codec: str, b_frames: int, mime: str
) -> None:
    sent = make_clip(
        tmp_path / "feed.mp4", frames=150, gop=25, b_frames=b_frames, codec=codec, width=320, height=192
    )
    with RtspServer({"feed-000/main": sent}) as server:
        feeds = [PlainFeed(camera_id="feed-000", url=server.url("feed-000/main"))]
        with recording(feeds, tmp_path / "recordings"):
            wait_until(lambda: len(recorded(tmp_path / "recordings")) >= 2, "two segments")
    found = recorded(tmp_path / "recordings")
    digests = pictures_in(*(placed.path for placed in found))
    known = {digest: number for number, digest in enumerate(pictures_in(sent))}
    numbers = [known[digest] for digest in digests][: -b_frames - 1]  # it was stopped amid reordered ones
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert sum(placed.segment.pictures for placed in found) == len(digests)
    assert [placed.segment.follows for placed in found] == [False, *[True] * (len(found) - 1)]
    for placed in found:
        assert placed.segment.mime_codec.startswith(mime)
        assert placed.segment.keys_s[0] == pytest.approx(0.08 if b_frames else 0.0, abs=0.09)
        assert len(placed.segment.motion) == pytest.approx(placed.segment.duration_s, abs=1)
    whole = [placed.segment for placed in found]
    assert gaps_between(whole, whole[0].started_at, whole[-1].ended_at) == ()
    assert not list((tmp_path / "recordings").rglob(f"*{PART_SUFFIX}"))


def test_a_killed_recorder_leaves_what_it_recorded_and_the_next_one_closes_it(
    tmp_path: Path, clip: Path
) -> None:
    root = tmp_path / "recordings"
    with RtspServer({"feed-000/main": clip}, loop=True) as server:
        cameras = camera_files(tmp_path / "cameras", 1, server)
        with recorder_process(tmp_path, root, cameras) as process:
            wait_until(
                lambda: any(path.stat().st_size > 8_000 for path in root.rglob(f"*{PART_SUFFIX}")),
                "a begun segment",
            )
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        assert recorded(root) == []
        time.sleep(1.5)  # the machine is down
        with recording([PlainFeed(camera_id="feed-000", url=server.url("feed-000/main"))], root):
            wait_until(lambda: len(recorded(root)) >= 2, "the closed segment and a new one")
    first, second = (placed.segment for placed in recorded(root)[:2])
    assert first.recovered
    assert first.pictures == len(pictures_in(recorded(root)[0].path))
    assert not second.follows
    gaps = gaps_between([first, second], first.started_at, second.ended_at)
    assert [(gap.from_at, gap.until_at) for gap in gaps] == [(first.ended_at, second.started_at)]


def test_a_feed_that_falls_silent_or_is_cut_off_is_told_called_again_and_leaves_a_gap(
    tmp_path: Path, clip: Path
) -> None:
    root = tmp_path / "recordings"
    with RtspServer({"feed-000/main": clip}, loop=True) as server:
        feeds = [PlainFeed(camera_id="feed-000", url=server.url("feed-000/main"))]
        with recording(feeds, root) as recorder:
            wait_until(lambda: state_of(root) == "recording", "recording")
            server.hang("feed-000/main")
            wait_until(lambda: state_of(root) == "stalled", "told as silent")
            server.resume("feed-000/main")
            wait_until(lambda: state_of(root) == "recording", "recording again")
            server.drop_clients()
            wait_until(lambda: recorder.lines[0].sessions >= 3, "called again after it was cut off")
            wait_until(lambda: len(recorded(root)) >= 3, "three segments")
    found = [placed.segment for placed in recorded(root)]
    assert sum(not segment.follows for segment in found) >= 3
    assert len(gaps_between(found, found[0].started_at, found[-1].ended_at)) >= 1


def test_a_refused_password_is_told_without_the_password(tmp_path: Path, clip: Path) -> None:
    root = tmp_path / "recordings"
    mounts = {"feed-000/main": clip, "feed-001/main": clip}
    with RtspServer(mounts, loop=True, user="eye", password="right-secret") as server:
        wrong = server.url("feed-000/main", password="wrong-secret")
        feeds = [
            PlainFeed(camera_id="feed-000", url=wrong),
            PlainFeed(camera_id="feed-001", url=server.url("feed-001/main")),
        ]
        with recording(feeds, root):
            wait_until(lambda: state_of(root) == "refused", "told as refused")
            wait_until(lambda: state_of(root, "feed-001") == "recording", "the other one is recorded")
            said = (root / "state.json").read_text(encoding="utf-8")
    assert "secret" not in said
    assert "refuses user or password" in said


def test_an_address_where_nobody_answers_is_told_and_stops_nobody(tmp_path: Path, clip: Path) -> None:
    root = tmp_path / "recordings"
    with RtspServer({"feed-001/main": clip}, loop=True) as server:
        feeds = [
            PlainFeed(camera_id="feed-000", url="rtsp://127.0.0.1:9/main"),
            PlainFeed(camera_id="feed-001", url=server.url("feed-001/main")),
        ]
        with recording(feeds, root):
            wait_until(lambda: state_of(root) == "stalled", "told as unreachable")
            wait_until(lambda: recorded(root, "feed-001") != [], "the other one is recorded")


def test_a_full_disk_stops_recording_cleanly_is_told_and_recording_goes_on_when_there_is_room(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, is_full = tmp_path / "recordings", threading.Event()
    write = SegmentFile.write

    def write_or_full(self: SegmentFile, *args: object, **named: object) -> None:
        if is_full.is_set():
            raise OSError(28, "No space left on device")
        write(self, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(SegmentFile, "write", write_or_full)
    monkeypatch.setattr("detector.recording.recorder.DISK_EVERY_S", 0.2)

    def disk(_root: Path) -> Disk:
        return Disk(total_bytes=1 << 40, free_bytes=0 if is_full.is_set() else 1 << 39)

    with RtspServer({"feed-000/main": clip}, loop=True) as server:
        feeds = [PlainFeed(camera_id="feed-000", url=server.url("feed-000/main"))]
        with recording(feeds, root, disk=disk):
            wait_until(lambda: any(p.stat().st_size > 8_000 for p in root.rglob("*.part")), "a begun segment")
            is_full.set()
            wait_until(lambda: state_of(root) == "disk_full", "told as full")
            assert read_state(root, now=datetime.now(UTC)).disk_full  # type: ignore[union-attr]
            is_full.clear()
            wait_until(lambda: state_of(root) == "recording", "recording again")
            wait_until(lambda: len(recorded(root)) >= 2, "segments from before and after")
    before, after = (placed.segment for placed in recorded(root)[:2])
    assert before.recovered
    assert not after.follows


def test_a_camera_that_changes_its_codec_begins_a_new_segment_that_says_so(
    tmp_path: Path, clip: Path
) -> None:
    root = tmp_path / "recordings"
    other = make_clip(tmp_path / "other.mp4", frames=250, gop=25, codec="libx265", width=320, height=192)
    port = 0
    for sent, codec in ((clip, "h264"), (other, "hevc")):
        with RtspServer({"feed-000/main": sent}, loop=True, port=port) as server:
            port = server.port
            feeds = [PlainFeed(camera_id="feed-000", url=server.url("feed-000/main"))]
            with recording(feeds, root):
                wait_until(
                    lambda codec=codec: any(p.segment.codec == codec for p in recorded(root)),  # type: ignore[misc]
                    codec,
                )
    shapes = {(p.segment.codec, p.segment.width, p.segment.height) for p in recorded(root)}
    assert shapes == {("h264", 640, 360), ("hevc", 320, 192)}


def test_two_recorders_never_write_into_one_folder(tmp_path: Path) -> None:
    with hold_alone(tmp_path), pytest.raises(SourceUnreadable, match="another recorder writes there"):
        hold_alone(tmp_path)
    hold_alone(tmp_path).close()


def test_what_is_unreadable_after_a_power_cut_is_removed_and_a_torn_index_line_is_written_anew(
    tmp_path: Path, clip: Path
) -> None:
    root = tmp_path / "recordings"
    with RtspServer({"feed-000/main": clip}, loop=True) as server:
        feeds = [PlainFeed(camera_id="feed-000", url=server.url("feed-000/main"))]
        with recording(feeds, root):
            wait_until(lambda: len(recorded(root)) >= 2, "two segments")
    whole = recorded(root)
    index = whole[0].path.parent / "index.jsonl"
    index.write_bytes(index.read_bytes()[:-40])
    (whole[0].path.parent / "235959000.mp4.part").write_bytes(b"nothing")
    done = recover_camera(root / "feed-000")
    assert (done.closed, done.listed, done.removed) == (0, 1, 1)
    again = recorded(root)
    assert [p.segment.name for p in again] == [p.segment.name for p in whole]
    assert again[-1].segment.recovered
    assert again[-1].segment.keys_s == whole[-1].segment.keys_s
    assert again[-1].segment.pictures == whole[-1].segment.pictures


def test_feeds_come_and_leave_while_it_records(tmp_path: Path, clip: Path) -> None:
    root = tmp_path / "recordings"
    with RtspServer({f"feed-00{number}/main": clip for number in range(2)}, loop=True) as server:
        first, second = (
            PlainFeed(camera_id=f"feed-00{number}", url=server.url(f"feed-00{number}/main"))
            for number in range(2)
        )
        with recording([first], root) as recorder:
            wait_until(lambda: len(recorded(root)) >= 1, "the first is recorded")
            recorder.set_feeds([second])
            wait_until(lambda: len(recorded(root, "feed-001")) >= 1, "the second is recorded")
            wait_until(lambda: not list((root / "feed-000").rglob(f"*{PART_SUFFIX}")), "the first is closed")
            count = len(recorded(root))
            assert state_of(root) == "nothing said", "nobody is told of it any more"
            recorder.set_feeds([first, second])
            wait_until(lambda: len(recorded(root)) > count, "the first is recorded again")
    assert not recorded(root)[count].segment.follows


def listed(recorded: list[Camera], *, known: list[Camera] | None = None) -> ListedCameras:
    return ListedCameras(recorded=tuple(recorded), known=tuple(recorded if known is None else known))


def test_a_new_list_of_cameras_is_taken_and_a_bad_one_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detector.recording.running.LIST_S", 0.01)
    cameras = [plain_camera("a"), plain_camera("b")]
    lists: list[ListedCameras | OSError] = [
        listed(cameras[:1]), listed([]), OSError("the record is away"), listed(cameras),
        listed([cameras[0], cameras[0]]), listed(cameras), listed([], known=cameras), listed([], known=cameras),
    ]  # fmt: skip
    stop, taken = threading.Event(), []

    def register() -> ListedCameras:
        if not lists:
            stop.set()
            return listed([], known=cameras)
        asked = lists.pop(0)
        if isinstance(asked, OSError):
            raise asked
        return asked

    order = RecordingOrder(
        cameras=listed(cameras[:1]), state=tmp_path, root=tmp_path, segment_s=4,
        retention=Retention(days=1, free_share=0.0),
        service_url="http://127.0.0.1:1", register=register,
    )  # fmt: skip

    class Told:
        def set_feeds(self, feeds: list[PlainFeed]) -> None:
            taken.append([feed.camera_id for feed in feeds])

    Beside(order, Told(), stop).keep_listed()  # type: ignore[arg-type]
    assert taken == [["a", "b"], []], "the last feed too can be disabled"
