"""Any picture of a clip by its number, as JPEG: packets stay in memory, a group of pictures is decoded at a time.

Numbers count in order of showing, from 0; seconds are those of the detector's clock, 0 = the first picture.
"""

from bisect import bisect_right
from collections import OrderedDict
from pathlib import Path
from threading import Lock

import cv2

from benchmarks.truth import TruthFileError
from detector.errors import NoPictures, SourceError
from detector.sources.decoding import FrameDecoder
from detector.sources.packets import StreamPacket
from detector.sources.reading import StreamReader

MOST_CLIP_BYTES = 1 << 30
GROUPS_KEPT = 4
JPEG_QUALITY = 88


class PictureDamaged(ValueError):
    """One picture of the clip cannot be decoded."""


class ClipFrames:
    """The pictures of one clip; use as a context manager. Several threads may ask at once."""

    def __init__(self, clip: Path) -> None:
        """Raises SourceError for no clip, TruthFileError for one that is too long to mark in one go."""
        if clip.is_file() and clip.stat().st_size > MOST_CLIP_BYTES:
            raise TruthFileError(
                f"{clip}: is larger than {MOST_CLIP_BYTES >> 30} GB; cut it into parts and mark each"
            )
        self._reader = StreamReader(str(clip))
        try:
            self._groups = _groups_of(self._reader)
        except SourceError:
            self._reader.close()
            raise
        self.times_s = tuple(sorted(packet.at_s for group in self._groups for packet in group))
        self._begins_s = [group[0].at_s for group in self._groups]
        self._kept: OrderedDict[int, dict[float, bytes]] = OrderedDict()
        self._lock = Lock()

    def __enter__(self) -> "ClipFrames":
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._reader.info.width, self._reader.info.height

    @property
    def fps(self) -> float:
        """Pictures per second, on average."""
        return self._reader.info.fps

    @property
    def length_s(self) -> float:
        """Up to the end of the last picture."""
        return self.times_s[-1] + 1.0 / self.fps

    def jpeg(self, number: int) -> bytes:
        """One picture. Raises IndexError past the end, PictureDamaged where its bits are."""
        if not 0 <= number < len(self.times_s):
            raise IndexError(number)
        at_s = self.times_s[number]
        group = bisect_right(self._begins_s, at_s) - 1
        with self._lock:
            pictures = self._kept.get(group) or _decoded(self._reader, self._groups[group])
            self._kept[group] = pictures
            self._kept.move_to_end(group)
            while len(self._kept) > GROUPS_KEPT:
                self._kept.popitem(last=False)
        if at_s not in pictures:
            raise PictureDamaged(f"the picture at {at_s:.2f} s is damaged; nothing in it can be marked")
        return pictures[at_s]


def _groups_of(reader: StreamReader) -> list[list[StreamPacket]]:
    """Packets by the key picture that they hang on; those before the first one cannot be shown."""
    groups: list[list[StreamPacket]] = []
    for packet in reader.packets():
        if packet.is_key:
            groups.append([])
        if groups:
            groups[-1].append(packet)
    if not groups:
        raise NoPictures(f"{reader.url}: holds no picture; play it to see, and copy it again")
    return groups


def _decoded(reader: StreamReader, group: list[StreamPacket]) -> dict[float, bytes]:
    decoder = FrameDecoder(reader.info, strict=True)
    frames = [frame for packet in group for frame in decoder.decode(packet)] + decoder.flush()
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    return {frame.at_s: cv2.imencode(".jpg", frame.picture, quality)[1].tobytes() for frame in frames}
