"""Pictures for the report, as data URIs: one moment of a clip with boxes drawn on it, plate crops as they are."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from detector.errors import NoPictures
from detector.sources.decoding import Frame, FrameDecoder
from detector.sources.reading import StreamReader, open_container
from models.types import Box

WIDTH_PX = 720
WEBP_QUALITY = 72
SEEN, MEANT = (60, 190, 250), (80, 80, 240)


def moment(clip: Path, at_s: float, *, seen: Sequence[Box], meant: Box | None) -> str | None:
    """The picture at a moment: detections in amber, the vehicle that is meant in red. None past the end."""
    picture = _picture_at(clip, at_s)
    if picture is None:
        return None
    height = round(picture.shape[0] * WIDTH_PX / picture.shape[1])
    small: NDArray[Any] = cv2.resize(picture, (WIDTH_PX, height), interpolation=cv2.INTER_AREA)
    for box in seen:
        _draw(small, box, SEEN, 1)
    if meant is not None:
        _draw(small, meant, MEANT, 3)
    return still_uri(small)


def still_uri(picture: NDArray[Any]) -> str:
    """A picture to look at, as a data URI: WebP, so that a report of a hundred clips opens at once."""
    coded = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])[1].tobytes()
    return "data:image/webp;base64," + b64encode(coded).decode("ascii")


def as_uri(jpeg: bytes) -> str:
    """A JPEG as it is, as a data URI."""
    return "data:image/jpeg;base64," + b64encode(jpeg).decode("ascii")


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstPicture:
    """What the first picture of a clip tells of it; `luma` is its mean, 0…255."""

    luma: float
    height_px: int
    fps: float


def first_picture(clip: Path) -> FirstPicture:
    """Look at a clip's first picture. Raises SourceError for what is no video, or holds none."""
    with StreamReader(str(clip)) as reader:
        decoder = FrameDecoder(reader.info)
        for frame in chain.from_iterable(map(decoder.decode, reader.packets())):
            return _told_by(frame, fps=reader.info.fps)
        for frame in decoder.flush():
            return _told_by(frame, fps=reader.info.fps)
    raise NoPictures(f"{clip}: no picture in it can be decoded; play it to see, and copy it again")


def _told_by(frame: Frame, *, fps: float) -> FirstPicture:
    gray = frame.video.to_ndarray(format="gray")
    return FirstPicture(luma=float(np.mean(gray)), height_px=frame.video.height, fps=fps)


def _draw(picture: NDArray[Any], box: Box, ink: tuple[int, int, int], thick: int) -> None:
    height, width = picture.shape[:2]
    corners = (round(box.left * width), round(box.top * height))
    opposite = (round(box.right * width), round(box.bottom * height))
    cv2.rectangle(picture, corners, opposite, ink, thick)


def _picture_at(clip: Path, at_s: float) -> NDArray[Any] | None:
    with open_container(str(clip)) as container:
        stream = container.streams.video[0]
        start_s = float((stream.start_time or 0) * (stream.time_base or 0))
        container.seek(int((start_s + max(at_s, 0.0)) * av.time_base))
        for frame in container.decode(stream):
            if frame.time is not None and frame.time - start_s >= at_s - 0.001:
                return frame.to_ndarray(format="bgr24")
    return None
