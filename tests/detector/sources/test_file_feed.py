"""Recorded footage as a feed: one timeline, main packets there before the frame that needs them."""

import shutil
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

import av
import pytest

from detector.errors import NoPictures, PictureSizeChanged, SourceUnreadable
from detector.sources.decoding import decode_frames
from detector.sources.feed import FeedState, open_feed
from tests.detector.sources.made_clips import camera_on, make_clip, make_pair, number_in


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pair")
    make_pair(folder)
    return folder


def test_frames_come_in_order_and_their_main_packets_are_there_before(pair: Path) -> None:
    with open_feed(camera_on("main.mp4", "sub.mp4"), base_dir=pair) as feed:
        for place, frame in enumerate(feed):
            assert frame.at_s == place / 12.5
            assert number_in(frame.picture) == place * 2
            span = feed.ring.span()
            assert span is not None
            assert span[1] >= frame.at_s
            assert feed.main_until_s >= frame.at_s
        assert feed.counts.frames == 50
        assert feed.counts.main_packets == 100
        assert feed.gaps == ()
        assert feed.state is FeedState.ENDED


def test_any_moment_in_the_ring_can_be_decoded(pair: Path) -> None:
    with open_feed(camera_on("main.mp4", "sub.mp4"), base_dir=pair) as feed:
        for frame in feed:
            moment_s = max(0.0, frame.at_s - 1.52)
            if frame.number % 7 == 0:
                packets = feed.ring.between(moment_s, frame.at_s)
                shown = next(decode_frames(feed.main_info, packets, from_s=moment_s))
                assert number_in(shown.picture) == round(moment_s * 25) == shown.number


def test_the_ring_stays_short_however_long_the_footage(pair: Path) -> None:
    with open_feed(camera_on("main.mp4", "sub.mp4"), base_dir=pair, ring_s=1.0) as feed:
        for _ in feed:
            span = feed.ring.span()
            assert span is not None
            assert span[1] - span[0] <= 2.0


def test_without_a_sub_stream_the_main_stream_is_watched(tmp_path: Path) -> None:
    make_clip(tmp_path / "main.mp4", frames=50, b_frames=2)
    with open_feed(camera_on("main.mp4"), base_dir=tmp_path) as feed:
        for place, frame in enumerate(feed):
            assert (frame.number, number_in(frame.picture)) == (place, place)
            assert {p.packet.pts for p in feed.ring.between(0, 99)} >= {n * 3600 for n in range(place + 1)}
        assert feed.counts.frames == 50


@pytest.mark.parametrize(("width", "height"), [(638, 362), (176, 480), (1000, 200)])
def test_odd_pictures_are_watched_as_they_are(tmp_path: Path, width: int, height: int) -> None:
    make_clip(tmp_path / "odd.mp4", width=width, height=height, frames=5)
    with open_feed(camera_on("odd.mp4"), base_dir=tmp_path) as feed:
        assert {frame.picture.shape for frame in feed} == {(height, width, 3)}


def test_footage_without_a_clock_has_none(pair: Path) -> None:
    with open_feed(camera_on("main.mp4"), base_dir=pair) as feed:
        assert feed.clock.started_at is None
        assert feed.clock.clock.source == "none"


def test_a_stated_start_is_the_clock(pair: Path) -> None:
    noon = datetime(2026, 5, 4, 12, tzinfo=timezone(timedelta(hours=7)))
    with open_feed(camera_on("main.mp4", started_at=noon.isoformat()), base_dir=pair) as feed:
        assert feed.clock.started_at == datetime(2026, 5, 4, 5, tzinfo=UTC)
        assert feed.clock.clock.source == "stated"


@pytest.mark.parametrize(
    ("says", "source"), [("2026-05-04T05:00:00.000000Z", "container"), ("1970-01-01T00:00:00Z", "none")]
)
def test_the_container_is_believed_unless_its_clock_was_never_set(
    pair: Path, tmp_path: Path, says: str, source: str
) -> None:
    dated = tmp_path / "dated.mkv"
    with av.open(str(pair / "main.mp4")) as given, av.open(str(dated), "w") as target:
        target.metadata["creation_time"] = says
        stream = target.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    with open_feed(camera_on("dated.mkv"), base_dir=tmp_path) as feed:
        assert feed.clock.clock.source == source


def test_a_hole_in_the_footage_is_a_gap(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mp4", frames=100)
    with av.open(str(whole)) as given, av.open(str(tmp_path / "holed.mp4"), "w") as target:
        stream = target.add_stream_from_template(given.streams.video[0])
        for place, packet in enumerate(given.demux(video=0)):
            if packet.dts is not None and not 25 <= place < 75:
                packet.stream = stream
                target.mux(packet)
    with open_feed(camera_on("holed.mp4"), base_dir=tmp_path) as feed:
        assert sum(1 for _ in feed) == 50
        assert feed.gaps == ((0.96, 3.0),)


def test_a_changed_picture_size_ends_the_feed_with_a_clear_error(tmp_path: Path) -> None:
    parts = [
        make_clip(tmp_path / "a.h264", frames=25),
        make_clip(tmp_path / "b.h264", width=320, height=180, frames=25),
    ]
    (tmp_path / "both.h264").write_bytes(b"".join(part.read_bytes() for part in parts))
    with (
        open_feed(camera_on("both.h264"), base_dir=tmp_path) as feed,
        pytest.raises(PictureSizeChanged, match=r"changes from 640×360 to 320×180 at 1\.0 s; split"),
    ):
        list(feed)


def test_a_video_without_one_decodable_picture_is_refused(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mkv", frames=25)
    with av.open(str(path)) as given, av.open(str(tmp_path / "late.mkv"), "w") as target:
        stream = target.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            if packet.dts is not None:
                empty = av.Packet(b"\x00\x00\x00\x02\x09\xf0")
                empty.pts, empty.dts, empty.time_base, empty.stream = (
                    packet.pts,
                    packet.dts,
                    packet.time_base,
                    stream,
                )
                target.mux(empty)
    with (
        open_feed(camera_on("late.mkv"), base_dir=tmp_path) as feed,
        pytest.raises(NoPictures, match="no picture in it can be decoded"),
    ):
        list(feed)


def test_a_sub_stream_at_half_the_rate_of_an_odd_one_stays_in_step(tmp_path: Path) -> None:
    make_clip(tmp_path / "main.mp4", fps=Fraction(25), frames=50)
    make_clip(tmp_path / "sub.mp4", width=320, height=180, fps=Fraction(25, 4), frames=12)
    with open_feed(camera_on("main.mp4", "sub.mp4"), base_dir=tmp_path) as feed:
        assert all(abs(number_in(frame.picture) / 25 - frame.at_s) < 0.02 for frame in feed)


def test_a_missing_sub_file_is_named(pair: Path, tmp_path: Path) -> None:
    shutil.copy(pair / "main.mp4", tmp_path)
    with (
        pytest.raises(SourceUnreadable, match=r"sub\.mp4: there is no such file"),
        open_feed(camera_on("main.mp4", "sub.mp4"), base_dir=tmp_path),
    ):
        pass


def test_a_file_and_a_camera_cannot_be_one_feed(pair: Path) -> None:
    with (
        pytest.raises(SourceUnreadable, match="name two files, or two streams") as refused,
        open_feed(camera_on("main.mp4", "rtsp://u:secret@h/sub"), base_dir=pair),
    ):
        pass
    assert "secret" not in str(refused.value)
    with (
        pytest.raises(SourceUnreadable, match="name two streams, or two files"),
        open_feed(camera_on("rtsp://h/main", "sub.mp4"), base_dir=pair),
    ):
        pass
