"""Another YOLO's vehicles beside the shipped ones, on the same pictures and by the same rule.

`python -m benchmarks.peers.vehicles IMAGES LABELS NETWORK.onnx --size 1024 1024 --classes car motorbike`.
The network has the output of ultralytics (centre, size, scores by class). Prints one JSON line: AP50 by class.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.vehicles import (
    LEAST_SCORE,
    Choice,
    LabelledPicture,
    ap50,
    look_at,
    read_labelled,
    shipped,
)
from models.letterbox import Picture, to_input, to_shares
from models.session import Hint, NetworkSession, Precision, SessionSettings, open_session
from models.suppression import suppress
from models.types import Box, VehicleClass, VehicleDetection
from models.vehicles import SMALL_SIZE, WATCH_SIZE
from models.weights import Weights
from models.yolo import candidates

MOST_OVERLAP = 0.6


class PeerDetector:
    """Any YOLO by its own input size and class order, with plain suppression within each class."""

    def __init__(
        self, session: NetworkSession, *, size: tuple[int, int], classes: tuple[VehicleClass, ...]
    ) -> None:
        self._session, self._size, self._classes = session, size, classes

    def detect(self, picture: Picture) -> list[VehicleDetection]:
        """The vehicles of one picture."""
        blob, place = to_input(picture, width_px=self._size[0], height_px=self._size[1])
        (output,) = self._session.run(blob)
        corners, numbers, scores = candidates(output[0], LEAST_SCORE)
        height, width = picture.shape[:2]
        found = []
        for number, vehicle_class in enumerate(self._classes):
            of_class = (numbers == number).nonzero()[0]
            best = of_class[suppress(corners[of_class], scores[of_class], most_overlap=MOST_OVERLAP)]
            shares = to_shares(corners[best], place, picture_width_px=width, picture_height_px=height)
            found += [
                VehicleDetection(box=_box(row), vehicle_class=vehicle_class, score=score)
                for row, score in zip(shares.tolist(), scores[best].tolist(), strict=True)
                if row[0] < row[2] and row[1] < row[3]
            ]
        return sorted(found, key=lambda one: -one.score)


def main() -> None:
    """Ours at three sizes and the other network, one row each."""
    told = _arguments()
    pictures = read_labelled(told.images, told.labels)
    size = (told.size[0], told.size[1])
    rows: dict[str, Choice] = {"shipped still": shipped(None)}
    rows |= {f"shipped {w}x{h}": shipped((w, h)) for w, h in (WATCH_SIZE, SMALL_SIZE)}
    rows[f"{told.network.name} {size[0]}x{size[1]}"] = _peer(told.network, size, told.classes)
    figures = {name: _figures(pictures, choose) for name, choose in rows.items()}
    sys.stdout.write(json.dumps({"n": len(pictures), "rows": figures}) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("network", type=Path)
    parser.add_argument("--size", nargs=2, type=int, required=True)
    parser.add_argument("--classes", nargs="+", type=VehicleClass, required=True)
    return parser.parse_args()


def _peer(path: Path, size: tuple[int, int], classes: list[VehicleClass]) -> Choice:
    network = path.read_bytes()
    weights = Weights(
        name=path.stem,
        path=path,
        sha256=hashlib.sha256(network).hexdigest(),
        input_width_px=size[0],
        input_height_px=size[1],
        classes=tuple(classes),
        recipe="",
        card="",
        network=network,
    )
    settings = SessionSettings(precision=Precision.BF16, hint=Hint.THROUGHPUT)
    session = open_session(weights, shape=(3, size[1], size[0]), settings=settings)
    detector = PeerDetector(session, size=size, classes=tuple(classes))
    return lambda _: detector


def _figures(pictures: list[LabelledPicture], choose: Choice) -> dict[str, Any]:
    looked, ms = look_at(pictures, choose)
    return {"ap50": ap50(looked), "ms": round(ms, 1)}


def _box(row: list[float]) -> Box:
    left, top, right, bottom = row
    return Box(left=left, top=top, right=right, bottom=bottom)


if __name__ == "__main__":
    main()
