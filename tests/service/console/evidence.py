"""Packets with real pictures for the browser: frames and clip of a committed rendered junction, sealed by a test key.

The text of a plate comes from the clip's truth; its confidences are the test's own.
"""

import gzip
import io
import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detector.evidence.stills import Caption, DataBar, encode_still
from tests.service.packets import packet_of, sealed, zip_of

CLIPS = Path(__file__).parents[3] / "fixtures" / "clips"
NAME = "day_runners"
FPS = 25
PICTURE_TITLES = ("Trước vạch dừng", "Tại vạch dừng", "Trong nút giao")


@dataclass(frozen=True, kw_only=True, slots=True)
class Runner:
    """A vehicle that runs the red in the clip."""

    track: str
    vehicle_class: str
    plate: str
    cross_s: float
    enter_s: float
    box: list[float]


@lru_cache
def _truth() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CLIPS / f"{NAME}.truth.json").read_text(encoding="utf-8"))
    return found


@lru_cache
def _frames() -> dict[str, Any]:
    with gzip.open(CLIPS / f"{NAME}.frames.json.gz", "rt", encoding="utf-8") as file:
        found: dict[str, Any] = json.load(file)
        return found


def _boxes() -> list[list[list[Any]]]:
    return [frame["boxes"] for frame in _frames()["frames"]]


def runners() -> list[Runner]:
    """Those who run the red, in order."""
    return [
        Runner(
            track=str(row["track"]),
            vehicle_class=row["class"],
            plate=row["plate"],
            cross_s=row["cross_s"],
            enter_s=row["enter_s"],
            box=row["box"],
        )
        for row in _truth()["crossings"]
        if row["verdict"] == "red_light"
    ]


@lru_cache
def _frame(number: int) -> NDArray[np.uint8]:
    with av.open(str(CLIPS / f"{NAME}.mp4")) as container:
        stream = container.streams.video[0]
        container.seek(int((number - 0.5) / FPS / stream.time_base), stream=stream)
        for frame in container.decode(stream):
            if round(float(frame.pts * stream.time_base) * FPS) >= number:
                return frame.to_ndarray(format="bgr24")
    raise ValueError(f"{NAME}.mp4 has no frame {number}")


@lru_cache
def _pictures(which: int) -> dict[str, bytes]:
    runner = runners()[which]
    numbers = [round(at_s * FPS) for at_s in (runner.cross_s - 0.8, runner.cross_s, runner.enter_s + 0.3)]
    names = ("scene_before.jpg", "scene_crossing.jpg", "scene_junction.jpg")
    stills = {
        name: encode_still(_frame(number), _bar(title, runner, number))
        for name, title, number in zip(names, PICTURE_TITLES, numbers, strict=True)
    }
    clip = (CLIPS / f"{NAME}.sub.mp4").read_bytes()
    return {**stills, "plate.jpg": _plate_picture(runner, numbers[1]), "clip.mp4": clip}


def _bar(title: str, runner: Runner, number: int) -> DataBar:
    red_s = number / FPS - _red_from_s()
    captions = (
        Caption(label="Địa điểm", value="Giao lộ dựng – hướng Bắc"),
        Caption(label="Làn", value="L1"),
        Caption(label="Khung hình", value=str(number)),
        Caption(label="Đèn đỏ đã", value=f"{red_s:.2f} s"),
    )
    return DataBar(title=title, lamp="red", captions=captions)


def _plate_picture(runner: Runner, number: int) -> bytes:
    corners = next(box[6] for box in _boxes()[number] if str(box[0]) == runner.track)
    picture = _frame(number)
    height, width = picture.shape[:2]
    xs, ys = [x * width for x in corners[::2]], [y * height for y in corners[1::2]]
    cut = picture[int(min(ys)) - 4 : int(max(ys)) + 5, int(min(xs)) - 4 : int(max(xs)) + 5, ::-1]
    image = Image.fromarray(np.ascontiguousarray(cut))
    sink = io.BytesIO()
    image.resize((image.width * 8, image.height * 8), Image.Resampling.LANCZOS).save(sink, "JPEG", quality=90)
    return sink.getvalue()


def _red_from_s() -> float:
    return float(next(span["from_s"] for span in _truth()["signal"] if span["colour"] == "red"))


def _track(runner: Runner) -> list[dict[str, Any]]:
    return [
        {"at_s": number / FPS, "box": box[1:5]}
        for number, boxes in enumerate(_boxes())
        for box in boxes
        if str(box[0]) == runner.track and number % 2 == 0
    ]


def plate(
    text: str, *, doubtful: dict[int, float] | None = None, two_line: bool = False, colour: str = "white"
) -> dict[str, Any]:
    """The plate part of a packet; `doubtful` gives places in the text their own confidence."""
    doubts = doubtful or {}
    characters = [
        {"character": character, "confidence": doubts.get(place, 0.97 + (place % 3) / 100)}
        for place, character in enumerate(text)
    ]
    rows = [characters[:4], characters[4:]] if two_line else [characters]
    box = [0.55, 0.41, 0.02, 0.03]
    return {
        "text": text,
        "confidence": 0.58 if doubts else 0.96,
        "verdict": "doubtful" if doubts else "sure",
        "reason": "unclear_character" if doubts else "agreed",
        "layout": "two_line" if two_line else "one_line",
        "colour": colour,
        "rows": rows,
        "reads": [
            {"at_s": 7.9 + number / 8, "box": box, "text": text, "confidence": 0.71 + number / 40}
            for number in range(6)
        ],
    }


def packet_zip(which: int, number: int, *, committed_at: datetime, **changes: Any) -> bytes:
    """A packet of one of the runners as a worker sends it; `number` tells one violation from another."""
    packet = packet_content(which, number, **{"committed_at": committed_at.isoformat(), **changes})
    pictures = dict(_pictures(which))
    if packet["plate"]["text"] is None:
        del pictures["plate.jpg"]
    return zip_of(sealed(packet, pictures=pictures))


def packet_content(which: int, number: int = 1, **changes: Any) -> dict[str, Any]:
    """The packet.json of one of the runners."""
    runner = runners()[which]
    colour = _frames()["vehicles"][runner.track]["plate_colour"]
    parts: dict[str, Any] = {
        "footage": "rendered",
        "camera": {"camera_id": "le-loi", "name": "Camera le-loi", "calibration_sha256": "a" * 64},
        "cross_s": runner.cross_s,
        "frame_number": round(runner.cross_s * FPS),
        "clip_from_s": 0.0,
        "entered_junction_s": runner.enter_s,
        "vehicle": {
            "vehicle_class": runner.vehicle_class,
            "class_confidence": 0.93,
            "track_id": int(runner.track),
            "box": runner.box,
        },
        "signal": {
            "signal_id": "S1",
            "colour_at_crossing": "red",
            "red_elapsed_s": round(runner.cross_s - _red_from_s(), 3),
            "yellow_length_s": 3.0,
            "timeline": [
                {"colour": span["colour"], "from_s": span["from_s"], "to_s": span["to_s"]}
                for span in _truth()["signal"]
            ],
        },
        "track": _track(runner),
        "plate": plate(runner.plate, two_line=runner.vehicle_class == "motorbike", colour=colour),
    }
    return packet_of(number, **{**parts, **changes})
