"""Pictures on their way to the service: BGR in, a JPEG that fits through its door out."""

import cv2

from detector.contract.assist import MOST_PICTURE_BYTES
from detector.errors import DetectorError
from detector.watching.eyes import Picture

STILL_QUALITY, LIVE_QUALITY = 88, 68
LIVE_WIDTH_PX = 960


def still_jpeg(picture: Picture) -> bytes:
    """The whole picture, in the best quality that fits. Raises DetectorError when none does."""
    for quality in (STILL_QUALITY, 75, 60, 40):
        jpeg = _jpeg(picture, quality)
        if len(jpeg) <= MOST_PICTURE_BYTES:
            return jpeg
    height, width = picture.shape[:2]
    raise DetectorError(f"a picture of {width}×{height} is too big to be shown; use a smaller main stream")


def live_jpeg(picture: Picture) -> bytes:
    """A small picture for a page that watches along."""
    height, width = picture.shape[:2]
    if width > LIVE_WIDTH_PX:
        size = (LIVE_WIDTH_PX, round(height * LIVE_WIDTH_PX / width))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return _jpeg(picture, LIVE_QUALITY)


def _jpeg(picture: Picture, quality: int) -> bytes:
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise DetectorError("a picture could not be made a JPEG; report it")
    return bytes(data.tobytes())
