"""MP4 boxes (ISO/IEC 14496-12), as far as recorded segments need them. Bytes in, bytes out; copies no picture.

ftyp  moov(mehd)  sidx+free   moof mdat   moof mdat  …
                  ▲ room is kept for it, and filled when the segment is finished
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CLOCK_HZ = 90_000
MOST_REFERENCES = 160
SIDX_ROOM = 8 + 24 + 12 * MOST_REFERENCES + 8
KEY_FLAGS, OTHER_FLAGS = 0x02000000, 0x01010000
MOVIE_HZ = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One coded picture in a fragment; times in 1/90000 s of the segment's own clock."""

    shown_ticks: int
    is_key: bool
    sample: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Fragment:
    """What is known of a written fragment."""

    size: int
    begins_ticks: int
    length_ticks: int
    begins_with_key: bool
    shown_ticks: tuple[int, ...]
    sizes: tuple[int, ...]
    keys: tuple[bool, ...]


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box around its parts."""
    return struct.pack(">I4s", 8 + sum(map(len, parts)), kind) + b"".join(parts)


def walk(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """The whole boxes in a stretch: kind, place of the content, end."""
    stop = len(data) if end is None else end
    while stop - start >= 8:
        size, kind = struct.unpack_from(">I4s", data, start)
        if size < 8 or start + size > stop:
            return
        yield kind, start + 8, start + size
        start += size


def fragment_bytes(samples: Sequence[Sample], *, number: int, following_ticks: int) -> tuple[bytes, Fragment]:
    """A fragment (moof and mdat) of the samples, which are in decoding order, and what it holds.

    Decoding times are the showing times in order: pictures that are shown later than decoded get an offset.
    """
    decoded = sorted(sample.shown_ticks for sample in samples)
    ends = [*decoded[1:], max(following_ticks, decoded[-1] + 1)]
    rows: list[int] = []
    for sample, decoded_ticks, end in zip(samples, decoded, ends, strict=True):
        flags = KEY_FLAGS if sample.is_key else OTHER_FLAGS
        offset = (sample.shown_ticks - decoded_ticks) & 0xFFFFFFFF
        rows += (end - decoded_ticks, len(sample.sample), flags, offset)
    trun_size = 20 + 4 * len(rows)
    moof_size = 8 + 16 + 8 + 16 + 20 + trun_size
    moof = box(
        b"moof",
        box(b"mfhd", struct.pack(">II", 0, number)),
        box(
            b"traf",
            box(b"tfhd", struct.pack(">II", 0x020000, 1)),
            box(b"tfdt", struct.pack(">IQ", 0x01000000, decoded[0])),
            box(
                b"trun",
                struct.pack(">III", 0x01000F01, len(samples), moof_size + 8),
                struct.pack(f">{len(rows)}I", *rows),
            ),
        ),
    )
    data = b"".join([moof, box(b"mdat", *(sample.sample for sample in samples))])
    return data, Fragment(
        size=len(data),
        begins_ticks=decoded[0],
        length_ticks=ends[-1] - decoded[0],
        begins_with_key=samples[0].is_key,
        shown_ticks=tuple(sample.shown_ticks for sample in samples),
        sizes=tuple(len(sample.sample) for sample in samples),
        keys=tuple(sample.is_key for sample in samples),
    )


def read_fragment(moof: bytes, mdat_size: int) -> Fragment:
    """What a fragment holds that `fragment_bytes` wrote; raises struct.error where it is cut off."""
    (begins,) = struct.unpack_from(">Q", moof, 8 + 16 + 8 + 16 + 12)
    trun = 8 + 16 + 8 + 16 + 20
    (count,) = struct.unpack_from(">I", moof, trun + 12)
    rows = struct.unpack_from(f">{4 * count}I", moof, trun + 20)
    durations, sizes, flags, offsets = rows[0::4], rows[1::4], rows[2::4], rows[3::4]
    shown, decoded = [], begins
    for duration, offset in zip(durations, offsets, strict=True):
        shown.append(decoded + (offset - (1 << 32) if offset >> 31 else offset))
        decoded += duration
    keys = tuple(flag == KEY_FLAGS for flag in flags)
    return Fragment(
        size=len(moof) + mdat_size,
        begins_ticks=begins,
        length_ticks=sum(durations),
        begins_with_key=keys[0],
        shown_ticks=tuple(shown),
        sizes=sizes,
        keys=keys,
    )


def with_room(ftyp: bytes, moov: bytes) -> tuple[bytes, int]:
    """The head of a segment: ftyp, moov with a place for its length, room for the index; and where that length is."""
    mvex = moov.index(b"mvex") - 4
    (mvex_size,) = struct.unpack_from(">I", moov, mvex)
    mehd = box(b"mehd", struct.pack(">II", 0, 0))
    grown = moov[:mvex] + struct.pack(">I4s", mvex_size + len(mehd), b"mvex") + mehd + moov[mvex + 8 :]
    grown = struct.pack(">I", len(grown)) + grown[4:]
    length_at = len(ftyp) + mvex + 8 + 12
    return ftyp + grown + box(b"free", bytes(SIDX_ROOM - 8)), length_at


def sidx_in_room(fragments: Sequence[Fragment]) -> bytes:
    """The index of a finished segment, filled up to the room that was kept for it."""
    told = list(fragments)[:MOST_REFERENCES]
    size = 32 + 12 * len(told)
    room = SIDX_ROOM - size
    rows = b"".join(
        struct.pack(
            ">III", fragment.size, fragment.length_ticks, 0x90000000 if fragment.begins_with_key else 0
        )
        for fragment in told
    )
    head = struct.pack(">IIIIIHH", 0, 1, CLOCK_HZ, told[0].begins_ticks, room, 0, len(told))
    return box(b"sidx", head, rows) + box(b"free", bytes(room - 8))
