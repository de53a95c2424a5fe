"""The ring of compressed packets: bounded, whole groups, nothing undecodable."""

import av
import pytest

from detector.sources.packets import StreamPacket
from detector.sources.ring import PacketRing


def packet(frame: int, *, gop: int = 10, size: int = 1000, fps: int = 10) -> StreamPacket:
    at_s = frame / fps
    return StreamPacket(at_s=at_s, decode_s=at_s, is_key=frame % gop == 0, size=size, packet=av.Packet())


def filled(frames: int, *, most_s: float = 3.0, most_bytes: int = 10**6, gop: int = 10) -> PacketRing:
    ring = PacketRing(most_s=most_s, most_bytes=most_bytes)
    for frame in range(frames):
        ring.put(packet(frame, gop=gop))
    return ring


def test_holds_the_last_seconds_and_begins_with_a_key_frame() -> None:
    ring = filled(100)
    assert ring.span() == (7.0, 9.9)
    assert ring.between(0, 100)[0].is_key
    assert ring.dropped_old == 70


def test_holds_no_more_bytes_than_allowed() -> None:
    ring = filled(100, most_s=1000, most_bytes=25_000)
    assert ring.held_bytes <= 25_000
    assert ring.span() == (8.0, 9.9)


def test_a_camera_without_further_key_frames_cannot_fill_the_memory() -> None:
    ring = filled(200, most_s=1000, most_bytes=50_000, gop=1000)
    assert ring.span() is None
    assert ring.dropped_too_big + ring.dropped_before_key == 200


def test_packets_before_the_first_key_frame_are_counted_and_left_out() -> None:
    ring = PacketRing(most_s=3.0)
    for frame in range(7, 15):
        ring.put(packet(frame))
    assert ring.span() == (1.0, 1.4)
    assert ring.dropped_before_key == 3


@pytest.mark.parametrize(
    ("from_s", "to_s", "first_s", "last_s"),
    [
        (1.5, 2.5, 1.0, 2.5),
        (1.0, 1.0, 1.0, 1.0),
        (0.99, 1.2, 0.0, 1.2),
        (-5.0, 0.3, 0.0, 0.3),
        (2.5, 99.0, 2.0, 2.9),
    ],
)
def test_a_stretch_begins_at_the_key_frame_before_it(
    from_s: float, to_s: float, first_s: float, last_s: float
) -> None:
    held = filled(30, most_s=30).between(from_s, to_s)
    assert (held[0].at_s, held[-1].at_s) == (first_s, last_s)


def test_a_stretch_that_left_the_ring_begins_at_the_oldest_held() -> None:
    assert filled(100).between(1.0, 7.5)[0].at_s == 7.0


def test_a_cleared_ring_waits_for_a_key_frame() -> None:
    ring = filled(10)
    ring.clear()
    ring.put(packet(11))
    assert ring.span() is None
    assert ring.held_bytes == 0


def test_the_nearest_moment_is_found_within_its_reach() -> None:
    ring = filled(30, most_s=30)
    assert ring.nearest_at_s(1.04, within_s=0.05) == 1.0
    assert ring.nearest_at_s(9.0, within_s=0.05) == 9.0
