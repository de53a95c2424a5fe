"""RTP packets as cameras send them, in every form that the standards allow; and what is broken in them."""

import struct

import pytest

from detector.sources.access_units import AccessUnitReader

SPS, PPS, KEY, OTHER = bytes([0x67, 1]), bytes([0x68, 2]), bytes([0x65, 3, 4, 5]), bytes([0x41, 6, 7])


def rtp(
    payload: bytes, *, number: int, ticks: int, marker: bool = False, channel: int = 0, first: int = 0x80
) -> bytes:
    packet = (
        struct.pack(">BBHII", first, 96 | (0x80 if marker else 0), number & 0xFFFF, ticks & 0xFFFFFFFF, 7)
        + payload
    )
    return struct.pack(">BBH", 0x24, channel, len(packet)) + packet


def reader(codec: str = "h264") -> AccessUnitReader:
    return AccessUnitReader(codec=codec, channel=0)


def sized(*nals: bytes) -> bytes:
    return b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals)


def fu_a(nal: bytes, cut: int) -> list[bytes]:
    indicator, header = nal[0] & 0xE0 | 28, nal[0] & 0x1F
    return [
        bytes([indicator, header | 0x80]) + nal[1:cut],
        bytes([indicator, header | 0x40]) + nal[cut:],
    ]


def stap_a(*nals: bytes) -> bytes:
    return bytes([24]) + b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)


def test_a_picture_in_one_packet_a_key_picture_in_pieces_and_parameter_sets_together() -> None:
    first, second = fu_a(KEY, 2)
    stream = (
        rtp(stap_a(SPS, PPS), number=1, ticks=900)
        + rtp(first, number=2, ticks=900)
        + rtp(second, number=3, ticks=900, marker=True)
        + rtp(OTHER, number=4, ticks=4500, marker=True)
    )
    key, other = reader().take(stream)
    assert (key.ticks, key.is_key, key.sample, key.parameter_sets) == (900, True, sized(KEY), (SPS, PPS))
    assert (other.ticks, other.is_key, other.sample) == (4500, False, sized(OTHER))


@pytest.mark.parametrize("step", [1, 3, 7, 19])
def test_bytes_may_come_in_any_portions(step: int) -> None:
    stream = b"".join(rtp(OTHER, number=n, ticks=3600 * n, marker=True) for n in range(20))
    taken, here = [], reader()
    for place in range(0, len(stream), step):
        taken += here.take(stream[place : place + step])
    assert [unit.ticks for unit in taken] == [3600 * n for n in range(20)]


def test_a_camera_that_sets_no_marker_ends_its_pictures_by_the_next_ones_time() -> None:
    stream = b"".join(rtp(OTHER, number=n, ticks=3600 * n) for n in range(3))
    assert [unit.ticks for unit in reader().take(stream)] == [0, 3600]


def test_times_go_on_where_thirty_two_bits_end() -> None:
    begin = (1 << 32) - 3600
    stream = b"".join(rtp(OTHER, number=n, ticks=begin + 3600 * n, marker=True) for n in range(4))
    assert [unit.ticks - begin for unit in reader().take(stream)] == [0, 3600, 7200, 10800]


def test_a_lost_packet_is_counted_and_its_picture_left_out_the_next_one_is_whole() -> None:
    first, second = fu_a(KEY, 2)
    here = reader()
    units = here.take(
        rtp(first, number=65535, ticks=0)
        + rtp(second, number=1, ticks=0, marker=True)
        + rtp(OTHER, number=2, ticks=3600, marker=True)
    )
    assert here.lost_packets == 1
    assert [unit.sample for unit in units] == [sized(OTHER)]


def test_answers_of_the_camera_between_its_pictures_are_no_pictures() -> None:
    said = b"RTSP/1.0 200 OK\r\nCSeq: 4\r\nContent-Length: 5\r\n\r\n$abcd"
    stream = rtp(OTHER, number=1, ticks=0, marker=True) + said + rtp(OTHER, number=2, ticks=3600, marker=True)
    here = reader()
    units = here.take(stream[:40]) + here.take(stream[40:70]) + here.take(stream[70:])
    assert [unit.ticks for unit in units] == [0, 3600]


def test_header_extensions_padding_and_other_channels_are_left_out() -> None:
    extension = struct.pack(">HH", 0xBEDE, 1) + b"abcd"
    stream = (
        rtp(b"sound", number=9, ticks=5, channel=2)
        + rtp(extension + OTHER, number=1, ticks=0, marker=True, first=0x90)
        + rtp(OTHER + b"\0\0\3", number=2, ticks=3600, marker=True, first=0xA0)
    )
    assert [unit.sample for unit in reader().take(stream)] == [sized(OTHER), sized(OTHER)]


def test_h265_in_pieces_and_together() -> None:
    vps, key = bytes([0x40, 1, 9]), bytes([0x26, 1, 8, 8, 8])
    together = bytes([0x60, 1]) + len(vps).to_bytes(2, "big") + vps
    pieces = [bytes([0x62, 1, 0x80 | 19]) + key[2:3], bytes([0x62, 1, 0x40 | 19]) + key[3:]]
    stream = rtp(together, number=1, ticks=0)
    stream += rtp(pieces[0], number=2, ticks=0) + rtp(pieces[1], number=3, ticks=0, marker=True)
    (unit,) = reader("hevc").take(stream)
    assert (unit.is_key, unit.sample, unit.parameter_sets) == (True, sized(key), (vps,))


def test_a_sender_report_tells_the_cameras_own_time() -> None:
    here = reader()
    here.take(rtp(OTHER, number=1, ticks=9000, marker=True))
    report = struct.pack(">BBHIIIIII", 0x80, 200, 6, 7, 2_208_988_800 + 1000, 1 << 31, 18000, 1, 1)
    here.take(struct.pack(">BBH", 0x24, 1, len(report)) + report)
    assert here.report is not None
    assert (here.report.camera_s, here.report.ticks) == (1000.5, 18000)


@pytest.mark.parametrize("junk", [b"\xff" * 50, b"$\0\0\0", b"$\0\0\x02ab", b"\0\1\2$\0\0\1x"])
def test_junk_gives_no_picture_and_no_error(junk: bytes) -> None:
    here = reader()
    assert here.take(junk) == []
    assert here.take(junk) == []
