"""Cameras that send what they should not: lost packets, clocks that jump, stand still or wrap, other pictures."""

import ssl
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from structlog.testing import capture_logs

from detector.sources import rtsp_reading
from detector.sources.feed import FeedState
from detector.sources.live import LiveStream, Patience
from detector.sources.live_feed import LiveFeed
from detector.sources.packets import StreamPacket
from detector.sources.rtsp_reading import RtspReader
from fixtures.rtsp.scripted import FRAME_TICKS, CodedPicture, ScriptedCamera, pictures_of, rtp_of
from fixtures.rtsp.server import RtspServer
from tests.detector.sources.made_clips import camera_on, make_clip
from tests.detector.sources.waiting import resident_mb, wait_until

HASTY = Patience(stall_s=4.0, first_pause_s=0.05, most_pause_s=0.2, refused_pause_s=60.0)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[CodedPicture]:
    return coded(tmp_path_factory.mktemp("nasty") / "clip.h264", frames=100)


def coded(
    path: Path, *, frames: int, width: int = 640, height: int = 360, codec: str = "h264"
) -> list[CodedPicture]:
    library = {"h264": "libx264", "hevc": "libx265"}[codec]
    clip = make_clip(path, frames=frames, width=width, height=height, codec=library)
    return pictures_of(clip.read_bytes(), codec=codec)


def read(camera: ScriptedCamera) -> tuple[list[StreamPacket], RtspReader]:
    with RtspReader(camera.url, timeout_s=5.0, every_s=0.02) as reader:
        return list(reader.packets()), reader


def at(pictures: list[CodedPicture], ticks: list[int]) -> list[CodedPicture]:
    return [CodedPicture(ticks=own, raw=picture.raw) for picture, own in zip(pictures, ticks, strict=True)]


def test_a_scripted_camera_is_read_like_any_other(pictures: list[CodedPicture]) -> None:
    with ScriptedCamera(rtp_of(pictures)) as camera:
        packets, reader = read(camera)
    assert [round(packet.at_s * 25, 6) for packet in packets] == list(range(100))
    assert (reader.info.fps, reader.damaged) == (25.0, 0)


EVEN = [place * FRAME_TICKS for place in range(100)]


@pytest.mark.parametrize(
    ("label", "ticks", "last_s", "backward"),
    [
        ("even", EVEN, 3.96, 0),
        ("wrapping where 32 bits end", [(1 << 32) - 20 * FRAME_TICKS + t for t in EVEN], 3.96, 0),
        (
            "an hour ahead from one picture to the next",
            EVEN[:60] + [t + 3600 * 90_000 for t in EVEN[60:]],
            3603.96,
            0,
        ),
        ("an hour back", [t + 3600 * 90_000 for t in EVEN[:60]] + EVEN[60:], 3.96, 1),
        ("standing still for ten pictures", EVEN[:60] + [EVEN[60]] * 10 + EVEN[70:], 4.32, 9),
    ],
)
def test_times_stay_in_order_whatever_the_cameras_clock_does(
    pictures: list[CodedPicture], label: str, ticks: list[int], last_s: float, backward: int
) -> None:
    with ScriptedCamera(rtp_of(at(pictures, ticks))) as camera:
        packets, reader = read(camera)
    times = [packet.decode_s for packet in packets]
    assert len(times) == 100, label
    assert all(later > earlier for earlier, later in pairwise(times)), label
    assert reader.repair.backward == backward, label
    assert times[-1] == pytest.approx(last_s, abs=0.01), label


def test_pictures_that_lost_a_packet_are_left_out_and_counted(pictures: list[CodedPicture]) -> None:
    whole = rtp_of(pictures)
    owner = [int.from_bytes(packet[8:12], "big") // FRAME_TICKS for packet in whole]
    lost = {owner.index(30), owner.index(50)}
    kept = [packet for place, packet in enumerate(whole) if place not in lost]
    with ScriptedCamera(kept) as camera:
        packets, reader = read(camera)
    seen = {round(packet.at_s * 25) for packet in packets}
    assert seen.isdisjoint({30, 50})
    assert len(seen) >= 94, "a hole costs the pictures beside it at most"
    assert reader.damaged >= 2


def test_a_picture_of_another_size_ends_the_session(tmp_path: Path) -> None:
    small = coded(tmp_path / "small.h264", frames=50, width=320, height=180)
    large = coded(tmp_path / "large.h264", frames=50)
    both = at(large + small, EVEN)
    with ScriptedCamera(rtp_of(both), rtp_of(small)) as camera, capture_logs() as logs:
        feed = LiveFeed(camera_on(camera.url), ring_s=10.0, reconnect=False, patience=HASTY)
        feed.start()
        shapes = {frame.picture.shape for frame in feed}
        feed.stop()
    assert shapes == {(360, 640, 3)}
    assert {entry["event"] for entry in logs} >= {"picture_size_changed"}


def test_a_camera_that_comes_back_with_another_codec_is_watched_on(tmp_path: Path) -> None:
    old = make_clip(tmp_path / "cam.mp4", frames=50)
    new = make_clip(tmp_path / "new.mp4", frames=50, width=320, height=180, codec="libx265")
    seen = set()
    with RtspServer({"cam/main": old}, loop=True) as server, capture_logs():
        feed = LiveFeed(camera_on(server.url("cam/main")), ring_s=10.0, reconnect=True, patience=HASTY)
        feed.start()
        for frame in feed:
            seen.add((feed.watch_info.codec, *frame.picture.shape[:2]))
            if len(seen) == 1 and new.exists():
                server.stop()
                new.replace(old)
                server.start()
            if ("hevc", 180, 320) in seen:
                break
        feed.stop()
    assert seen >= {("h264", 360, 640), ("hevc", 180, 320)}


def test_what_a_slow_watcher_misses_is_counted(tmp_path: Path) -> None:
    with ScriptedCamera(rtp_of(coded(tmp_path / "fast.h264", frames=150))) as camera:
        feed = LiveFeed(camera_on(camera.url), ring_s=2.0, reconnect=False, patience=HASTY)
        feed.start()
        wait_until(lambda: feed.state is FeedState.ENDED)
        frames = [frame.number for frame in feed]
        feed.stop()
    assert frames == list(range(frames[0], 150))
    assert 25 <= len(frames) <= 51
    assert feed.counts.dropped == 150 - len(frames)
    span = feed.ring.span()
    assert span is not None
    assert span[1] - span[0] <= 3.0


def test_a_thousand_sessions_do_not_grow_the_memory(tmp_path: Path) -> None:
    short = coded(tmp_path / "short.h264", width=96, height=64, frames=30)
    with ScriptedCamera(rtp_of(short)) as camera:
        reconnect(camera.url, times=50)
        before_mb = resident_mb()
        reconnect(camera.url, times=1000)
        assert resident_mb() <= before_mb * 1.05


def reconnect(address: str, *, times: int) -> None:
    """Open, take a packet and hang up, again and again, by the reader thread's own loop."""
    patience = Patience(stall_s=5.0, first_pause_s=0.0, most_pause_s=0.0)
    stream: LiveStream
    stream = LiveStream(
        address,
        patience=patience,
        reconnect=True,
        every_s=0.01,
        on_arrival=lambda _arrival: stream.reopen(),
        on_end=lambda: None,
    )
    with capture_logs():
        stream.start()
        try:
            wait_until(lambda: stream.sessions >= times, timeout_s=300)
        finally:
            stream.stop()
    assert stream.failure is None


def test_an_encrypted_camera_is_read_as_much_at_a_time(
    pictures: list[CodedPicture], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS hands out 16 KB a call: read seldom, a main stream would come later and later."""
    monkeypatch.setattr(rtsp_reading, "YOUNG_S", 0.0)
    filler = b"\0\0\0\1\x06" + b"\x55" * 30_000  # a message of the encoder's, as long as a picture
    heavy = [CodedPicture(ticks=picture.ticks, raw=filler + picture.raw) for picture in pictures]
    with ScriptedCamera(rtp_of(heavy), tls=self_signed(tmp_path)) as camera:
        began_s = time.monotonic()
        with RtspReader(camera.url, timeout_s=5.0, every_s=0.2) as reader:
            packets = list(reader.packets())
        took_s = time.monotonic() - began_s
    assert len(packets) == 100
    assert took_s < 8.0, "3 MB are 190 records, 38 s of them one at a time"


def self_signed(folder: Path) -> ssl.SSLContext:
    """A certificate as cameras have it, signed by nobody."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "camera.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
