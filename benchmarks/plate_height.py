"""How tall a plate must be to be read: held-back real plates made smaller and smaller, read each time.

`python -m benchmarks.plate_height IMAGES TRUTH.csv`: rows of a plates.csv with a box (x, y, w, h in pixels). Prints a
Markdown table; `ngatu check` takes its limits from it. Shrinking keeps a camera's sharpness: real far plates are worse.
"""

import csv
import sys
from pathlib import Path

import cv2

from models.letterbox import Picture
from models.plates.reader import PlateReader, open_plate_reader

HEIGHTS_PX = (12, 16, 20, 24, 28, 32, 40, 56)
MARGIN = 0.06
JPEG_QUALITY = 70
SURE = 0.95


def main() -> None:
    images, truth = Path(sys.argv[1]), Path(sys.argv[2])
    with truth.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["text"] and float(row["h"] or 0) > 0]
    plates = [(row["text"], row["lines"], _cut(images / row["image"], row)) for row in rows]
    reader = open_plate_reader()
    sys.stdout.write(
        "| lines | height | n | exact | said sure | sure and wrong |\n|---|---|---|---|---|---|\n"
    )
    for lines in sorted({lines for _, lines, _ in plates}):
        of_kind = [(text, plate) for text, kind, plate in plates if kind == lines]
        for height_px in HEIGHTS_PX:
            sys.stdout.write(_row(lines, height_px, of_kind, reader) + "\n")


def _cut(path: Path, row: dict[str, str]) -> Picture:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SystemExit(f"{path}: cannot be read as a picture")
    x, y, w, h = (float(row[name]) for name in "xywh")
    left, top = max(0, int(x - MARGIN * w)), max(0, int(y - MARGIN * h))
    return picture[top : int(y + h * (1 + MARGIN)), left : int(x + w * (1 + MARGIN))]  # type: ignore[no-any-return]


def _row(lines: str, height_px: int, plates: list[tuple[str, Picture]], reader: PlateReader) -> str:
    fit = [(text, plate) for text, plate in plates if plate.shape[0] >= height_px]
    reads = [(text, reader.read(_shrunk(plate, height_px))) for text, plate in fit]
    exact = sum(read is not None and read.text == text for text, read in reads)
    sure = [(text, read) for text, read in reads if read is not None and read.confidence >= SURE]
    wrong = sum(read.text != text for text, read in sure)
    return (
        f"| {lines} | {height_px} px | {len(fit)} | {exact / max(1, len(fit)):.2f} | {len(sure)} | {wrong} |"
    )


def _shrunk(plate: Picture, height_px: int) -> Picture:
    share = height_px / plate.shape[0]
    small = cv2.resize(plate, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return cv2.imdecode(jpeg, cv2.IMREAD_COLOR)  # type: ignore[return-value]


if __name__ == "__main__":
    main()
