"""Evidence stills: the camera's picture untouched, with a data bar below it that says what it shows.

    ┌──────────────────────────────┐
    │   picture, pixel for pixel   │   the bar is beside the picture, never over it
    ├──────────────────────────────┤
    │ site · lane · time · frame   │
    │ red for 3.42 s · id          │
    └──────────────────────────────┘

Equal input gives equal bytes. Vietnamese text is drawn with a font that comes with the package.
"""

import io
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Picture = NDArray[np.uint8]

QUALITY = 92
PAPER, INK, FAINT, RULE = (17, 22, 29), (236, 240, 245), (150, 163, 178), (60, 72, 86)
LAMP_INKS = {"red": (229, 57, 53), "yellow": (253, 190, 45), "green": (56, 176, 93)}
UNLIT_INK = (90, 98, 108)


@dataclass(frozen=True, kw_only=True, slots=True)
class Caption:
    """One field of the data bar."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DataBar:
    """What stands below a still: a title, the lamp as it was read, and fields from left to right."""

    title: str
    lamp: str
    captions: tuple[Caption, ...]


def encode_still(picture: Picture, bar: DataBar) -> bytes:
    """A JPEG of the picture (BGR) with its data bar below. The upper part is the picture, pixel for pixel."""
    height, width = picture.shape[:2]
    unit = max(10, width // 106)
    strip = _bar(bar, width, unit)
    sheet = Image.new("RGB", (width, height + strip.height), PAPER)
    sheet.paste(Image.fromarray(np.ascontiguousarray(picture[:, :, ::-1])), (0, 0))
    sheet.paste(strip, (0, height))
    return _jpeg(sheet)


def encode_picture(picture: Picture) -> bytes:
    """A JPEG of a picture (BGR) as it is."""
    return _jpeg(Image.fromarray(np.ascontiguousarray(picture[:, :, ::-1])))


def _jpeg(image: Image.Image) -> bytes:
    sink = io.BytesIO()
    image.save(sink, "JPEG", quality=QUALITY, subsampling=0)
    return sink.getvalue()


def _bar(bar: DataBar, width: int, unit: int) -> Image.Image:
    """The strip: a lamp chip and the title above, labelled fields below, wrapped to the width."""
    small, large = _font("Regular", unit), _font("Medium", round(unit * 1.35))
    rows = _rows(bar.captions, width - 2 * unit, unit, small, large)
    top, row_height = round(unit * 3.1), round(unit * 3.2)
    strip = Image.new("RGB", (width, top + row_height * len(rows) + unit // 2), PAPER)
    draw = ImageDraw.Draw(strip)
    draw.line([(0, 0), (width, 0)], fill=RULE, width=max(1, unit // 8))
    chip = LAMP_INKS.get(bar.lamp, UNLIT_INK)
    draw.ellipse([unit, unit, unit * 2.4, unit * 2.4], fill=chip)
    draw.text((unit * 3.2, unit * 0.8), bar.title, font=large, fill=INK)
    for number, row in enumerate(rows):
        for left, caption in row:
            y = top + number * row_height
            draw.text((left, y), caption.label, font=small, fill=FAINT)
            draw.text((left, y + unit * 1.2), caption.value, font=large, fill=INK)
    return strip


def _rows(
    captions: tuple[Caption, ...], width: int, unit: int, small: "_Font", large: "_Font"
) -> list[list[tuple[float, Caption]]]:
    rows: list[list[tuple[float, Caption]]] = [[]]
    left = float(unit)
    for caption in captions:
        needed = max(small.getlength(caption.label), large.getlength(caption.value)) + 2 * unit
        if rows[-1] and left + needed > width:
            rows.append([])
            left = float(unit)
        rows[-1].append((left, caption))
        left += needed
    return rows


_Font = ImageFont.FreeTypeFont


@lru_cache
def _font(weight: str, size_px: int) -> "_Font":
    data = files("font_roboto").joinpath(f"files/Roboto-{weight}.ttf").read_bytes()
    return ImageFont.truetype(io.BytesIO(data), size_px, layout_engine=ImageFont.Layout.BASIC)
