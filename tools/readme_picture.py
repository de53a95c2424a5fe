"""The README's picture: the three stills of the first case in the rendered clip day_runners, as the packet holds them.

`python -m tools.readme_picture` replays the clip and writes docs/pictures/case.jpg. The golden replays compare it with
what the code makes now, so that it is never older than the code.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
CLIP = ROOT / "fixtures/clips/day_runners.mp4"
PICTURE = ROOT / "docs/pictures/case.jpg"
WIDTH_PX, QUALITY = 1440, 82


def picture_of(packet: Path) -> NDArray[Any]:
    """The crossing large, before and after it small at its right."""
    before, crossing, junction = (
        _read(packet / f"scene_{name}.jpg") for name in ("before", "crossing", "junction")
    )
    large = _scaled(
        crossing, WIDTH_PX * 2 // 3, 2 * round(crossing.shape[0] * WIDTH_PX / crossing.shape[1] / 3)
    )
    small = [_scaled(still, WIDTH_PX // 3, large.shape[0] // 2) for still in (before, junction)]
    return np.hstack([large, np.vstack(small)])


def jpeg_of(packet: Path) -> bytes:
    """The picture as a file."""
    return cv2.imencode(".jpg", picture_of(packet), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


def difference(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Mean difference of two pictures in steps of brightness; that of black and white where their sizes differ."""
    return float(cv2.absdiff(one, other).mean()) if one.shape == other.shape else 255.0


def main() -> None:
    """Replay the clip and write the picture."""
    from detector.watching.opening import replay_clip  # noqa: PLC0415 - loads networks

    with TemporaryDirectory() as folder:
        place = Path(folder)
        camera_file = CLIP.with_name("day_runners.camera.json")
        result = replay_clip(CLIP, camera_file=camera_file, out=place / "out", state=place / "state")
        jpeg = jpeg_of(result.cases[0].folder)
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_bytes(jpeg)
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)}: {len(jpeg) / 1000:.0f} kB\n")


def _read(path: Path) -> NDArray[Any]:
    picture = cv2.imread(str(path))
    if picture is None:
        raise SystemExit(f"{path}: is no picture; replay the clip again")
    return picture


def _scaled(picture: NDArray[Any], width_px: int, height_px: int) -> NDArray[Any]:
    return cv2.resize(picture, (width_px, height_px), interpolation=cv2.INTER_AREA)


if __name__ == "__main__":
    main()
