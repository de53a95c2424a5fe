"""What is kept and for how long, when a segment was, where it moves, and how a camera is signed in to."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from detector.contract.packet import PacketClock
from detector.contract.recordings import RecordedSegment, gaps_between, read_index, segments_between
from detector.recording.motion import MotionMeter
from detector.recording.retention import Disk, Retention, let_go
from detector.recording.segment_file import list_segment
from detector.recording.wall_clock import WallClock
from detector.sources.rtsp_session import track_of
from detector.sources.signing_in import SignIn

DAY = date(2026, 11, 25)
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def segment(started_at: datetime, duration_s: float = 30.0) -> RecordedSegment:
    return RecordedSegment(
        name=f"{started_at:%H%M%S}000.mp4", started_at=started_at, duration_s=duration_s, size_bytes=1000,
        pictures=750, codec="h264", mime_codec="avc1.64001f", width=1280, height=720, keys_s=(0.0,), motion=(20,),
        follows=True, clock=PacketClock(source="machine"),
    )  # fmt: skip


def keep(root: Path, camera_id: str, *moments: datetime, size: int = 1000) -> None:
    for moment in moments:
        folder = root / camera_id / moment.date().isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / segment(moment).name).write_bytes(bytes(size))
        list_segment(folder, segment(moment))


def names(root: Path) -> list[str]:
    return sorted(f"{path.parent.parent.name} {path.parent.name} {path.name}" for path in root.rglob("*.mp4"))


def test_days_beyond_the_wanted_ones_go_whole(tmp_path: Path) -> None:
    keep(tmp_path, "a", NOON - timedelta(days=3), NOON - timedelta(days=2), NOON)
    disk = Disk(total_bytes=1 << 40, free_bytes=1 << 39)
    let_go(tmp_path, Retention(days=2, free_share=0.1), today=DAY, disk=disk)
    assert names(tmp_path) == ["a 2026-11-23 120000000.mp4", "a 2026-11-25 120000000.mp4"]


def test_room_is_made_from_the_oldest_of_all_cameras_and_the_index_knows_it(tmp_path: Path) -> None:
    keep(tmp_path, "a", NOON, NOON + timedelta(minutes=2), size=4000)
    keep(tmp_path, "b", NOON + timedelta(minutes=1), NOON + timedelta(minutes=3), size=4000)
    disk = Disk(total_bytes=100_000, free_bytes=10_000 - 5000)
    gone = let_go(tmp_path, Retention(days=30, free_share=0.1), today=DAY, disk=disk)
    assert gone == 8000
    assert names(tmp_path) == ["a 2026-11-25 120200000.mp4", "b 2026-11-25 120300000.mp4"]
    listed = [s.name for s in read_index(tmp_path / "a" / DAY.isoformat() / "index.jsonl")]
    assert listed == ["120200000.mp4"]


def test_what_is_no_recording_is_never_removed(tmp_path: Path) -> None:
    (tmp_path / "a" / "notes").mkdir(parents=True)
    (tmp_path / "a" / "notes" / "120000000.mp4").write_bytes(b"mine")
    let_go(tmp_path, Retention(days=1, free_share=0.9), today=DAY, disk=Disk(total_bytes=100, free_bytes=0))
    assert names(tmp_path) == ["a notes 120000000.mp4"]


@pytest.mark.parametrize(
    ("segments", "gaps"),
    [
        ([], [(0, 100)]),
        ([(0, 50), (50, 50)], []),
        ([(10, 40), (60, 40)], [(0, 10), (50, 60)]),
        ([(0, 50.0), (50.4, 49.6)], []),
        ([(0, 60), (40, 60)], []),
        ([(0, 80), (10, 20), (85, 15)], [(80, 85)]),
        ([(-20, 30), (90, 50)], [(10, 90)]),
    ],
    ids=["nothing", "whole", "holes", "less than a second", "clock set back", "one inside another", "edges"],
)
def test_gaps_are_what_no_segment_shows(
    segments: list[tuple[float, float]], gaps: list[tuple[int, int]]
) -> None:
    shown = [segment(NOON + timedelta(seconds=at), length) for at, length in segments]
    found = gaps_between(shown, NOON, NOON + timedelta(seconds=100))
    assert [
        ((gap.from_at - NOON).total_seconds(), (gap.until_at - NOON).total_seconds()) for gap in found
    ] == gaps


def test_a_stretch_over_midnight_is_found_in_both_days(tmp_path: Path) -> None:
    late = datetime(2026, 11, 25, 23, 59, 50, tzinfo=UTC)
    keep(tmp_path, "a", late, late + timedelta(seconds=30))
    found = segments_between(tmp_path, "a", late + timedelta(seconds=20), late + timedelta(seconds=40))
    assert [str(placed.day) for placed in found] == ["2026-11-25", "2026-11-26"]


def test_a_torn_index_line_hides_only_itself(tmp_path: Path) -> None:
    keep(tmp_path, "a", NOON)
    index = tmp_path / "a" / DAY.isoformat() / "index.jsonl"
    index.write_bytes(index.read_bytes() + b'{"name":"1201')
    assert [s.started_at for s in read_index(index)] == [NOON]
    assert json.loads(index.read_bytes().splitlines()[0])["codec"] == "h264"


class Hands:
    """A clock that is moved by hand: the machine's two."""

    def __init__(self) -> None:
        self.monotonic_s, self.wall_s = 100.0, NOON.timestamp()

    def pass_(self, seconds: float) -> None:
        self.monotonic_s += seconds
        self.wall_s += seconds


def clock_of(hands: Hands) -> WallClock:
    return WallClock(90_000, monotonic=lambda: hands.monotonic_s, wall=lambda: hands.wall_s)


@pytest.mark.parametrize(
    ("set_by_s", "step_s", "begins_after_s"),
    [
        (0.0, 0.0, 30.0),
        (0.4, 0.0, 30.02),
        (-0.4, 0.0, 29.98),
        (3600.0, 3600.0, 3630.0),
        (-7200.0, -7200.0, -7170.0),
    ],
)
def test_a_clock_that_is_set_across_a_segment_is_told_and_a_drift_is_followed(
    set_by_s: float, step_s: float, begins_after_s: float
) -> None:
    hands = Hands()
    clock = clock_of(hands)
    clock.arrived(0)
    first = clock.begin(0)
    for second in range(1, 31):
        hands.pass_(1)
        clock.arrived(second * 90_000)
    hands.wall_s += set_by_s
    second_begin = clock.begin(30 * 90_000)
    assert first.at == NOON
    assert second_begin.step_s == pytest.approx(step_s, abs=0.01)
    assert (second_begin.at - NOON).total_seconds() == pytest.approx(begins_after_s, abs=0.001)


@pytest.mark.parametrize(
    ("late_s", "begins_after_s", "step_s"),
    [(3.0, 30.02, 0.0), (15.0, 45.0, 15.0)],
    ids=["a slow network", "a feed that has fallen far behind"],
)
def test_what_arrives_late_is_not_younger(late_s: float, begins_after_s: float, step_s: float) -> None:
    hands = Hands()
    clock = clock_of(hands)
    clock.arrived(0)
    clock.begin(0)
    clock.begin(0)
    hands.pass_(30 + late_s)
    clock.arrived(30 * 90_000)
    begin = clock.begin(30 * 90_000)
    assert (begin.at - NOON).total_seconds() == pytest.approx(begins_after_s, abs=0.001)
    assert begin.step_s == pytest.approx(step_s, abs=0.001)


def test_what_comes_late_in_one_go_does_not_move_the_moments() -> None:
    hands = Hands()
    clock = clock_of(hands)
    clock.arrived(0)
    clock.begin(0)
    hands.pass_(5)
    for picture in range(1, 120):
        clock.arrived(picture * 3600)
    hands.pass_(0.2)
    assert clock.begin(5 * 90_000).at == NOON + timedelta(seconds=5)


def test_a_second_in_which_things_move_is_told_beside_the_usual_ones() -> None:
    meter = MotionMeter()
    for picture in range(25 * 20):
        second = picture // 25
        meter.see(
            picture / 25,
            is_key=picture % 50 == 0,
            size=90_000 if picture % 50 == 0 else 4000 if second == 7 else 1000,
        )
    densities = meter.end_segment()
    assert densities == (*[20] * 7, 80, *[20] * 12)
    meter.see(0.0, is_key=True, size=5)
    assert meter.end_segment() == (0,)


@pytest.mark.parametrize(
    ("challenge", "line"),
    [
        (
            'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
            'response="670fd8c2df070c60b045671b8b24ff02"',
        ),
        ('Basic realm="camera"', "Basic TXVmYXNhOkNpcmNsZSBPZiBMaWZl"),
    ],
    ids=["digest without qop, RFC 2069's form", "basic"],
)
def test_signing_in_as_the_camera_asks(challenge: str, line: str) -> None:
    sign_in = SignIn(user="Mufasa", password="Circle Of Life")
    assert sign_in.line("GET", "/dir/index.html") == ""
    assert sign_in.asked([challenge])
    assert line in sign_in.line("GET", "/dir/index.html")
    assert "Circle" not in repr(sign_in)


def test_digest_with_qop_counts_its_requests_and_an_unknown_hash_is_passed_over() -> None:
    sign_in = SignIn(user="eye", password="x")
    assert not sign_in.asked(['Digest realm="r", nonce="n", algorithm=WHIRLPOOL'])
    assert sign_in.asked(['Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256, opaque="o"'])
    lines = [sign_in.line("OPTIONS", "rtsp://x/") for _ in range(2)]
    assert [f"nc=0000000{number}" in line for number, line in enumerate(lines, 1)] == [True, True]
    assert all('opaque="o"' in line and "algorithm=SHA-256" in line for line in lines)


@pytest.mark.parametrize(
    ("base", "control", "url"),
    [
        ("rtsp://h/live", "trackID=1", "rtsp://h/live/trackID=1"),
        ("rtsp://h/live/", "trackID=1", "rtsp://h/live/trackID=1"),
        ("rtsp://h/live", "rtsp://h/other/t1", "rtsp://h/other/t1"),
        ("rtsp://h/live", "*", "rtsp://h/live"),
    ],
)
def test_the_videos_address_by_the_cameras_description(base: str, control: str, url: str) -> None:
    sdp = f"v=0\r\nm=audio 0 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:{control}\r\n"
    assert track_of(sdp, base, where="x").control_url == url
