"""Small clips made in the test: each picture carries its own number in black and white blocks."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from detector.contract.camera import Camera, parse_camera

BITS = 12
FOOTAGE_FPS = 25


def numbered_picture(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """A grey picture with `number` in a row of blocks across its upper quarter."""
    picture = np.full((height, width, 3), 90, np.uint8)
    picture[height // 2 :, (number * 5) % (width - 30) :][:, :30] = (40, 160, 220)
    block = width // BITS
    for bit in range(BITS):
        picture[: height // 4, bit * block : (bit + 1) * block] = 235 if number >> bit & 1 else 16
    return picture


def number_in(picture: NDArray[np.uint8]) -> int:
    """The number that a decoded picture carries."""
    height, width = picture.shape[:2]
    block = width // BITS
    row = picture[height // 8, block // 2 : BITS * block : block].mean(axis=1)
    return sum(1 << bit for bit, light in enumerate(row) if light > 128)


def make_clip(
    path: Path,
    *,
    width: int = 640,
    height: int = 360,
    fps: Fraction | int = FOOTAGE_FPS,
    frames: int = 100,
    gop: int = 25,
    b_frames: int = 0,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
) -> Path:
    """A clip whose pictures are numbered in 1/25 s, whatever its own rate is."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(fps))
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.codec_context.gop_size = gop
        stream.codec_context.max_b_frames = b_frames
        stream.codec_context.thread_count = 1
        if codec == "libx264":
            stream.codec_context.options = {"preset": "ultrafast", "sc_threshold": "0"}
        for index in range(frames):
            number = round(index * FOOTAGE_FPS / fps)
            picture = numbered_picture(number, width, height)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return path


def make_pair(folder: Path, *, seconds: int = 4, b_frames: int = 0) -> tuple[Path, Path]:
    """Main and sub of one camera: 640×360 at 25/s and 320×180 at 12.5/s."""
    main = make_clip(folder / "main.mp4", frames=seconds * 25, b_frames=b_frames)
    sub = make_clip(
        folder / "sub.mp4",
        width=320,
        height=180,
        fps=Fraction(25, 2),
        frames=seconds * 25 // 2,
        b_frames=b_frames,
    )
    return main, sub


def camera_on(main: str | Path, sub: str | Path | None = None, **more: object) -> Camera:
    """A plain camera that looks at these sources."""
    data = {
        "schema": 1,
        "camera_id": "cam-1",
        "name": "made in a test",
        "kind": "plain",
        "sources": {"main": str(main), "sub": str(sub) if sub else None},
    }
    return parse_camera(data | more, "test")
