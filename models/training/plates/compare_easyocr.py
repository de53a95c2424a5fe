"""Compares the shipped reader with EasyOCR running the same network: `… compare_easyocr EXPORT/easyocr DRAWN`.

In: the folder that export_reader wrote, drawn plates. Out: on how many both say the same text. Offline only.
"""

import argparse
from pathlib import Path

import easyocr
import numpy as np

from models import weights
from models.plates.reader import HEIGHT_PX, NETWORK, WIDTH_PX, Picture, spell, to_input
from models.session import SessionSettings, open_session
from models.training.plates.plate_pictures import damaged, drawn_samples
from models.types import PlateLayout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path)
    parser.add_argument("drawn", type=Path)
    parser.add_argument("--count", type=int, default=200)
    args = parser.parse_args()
    reference = open_reference(args.network)
    session = open_session(
        weights.load(NETWORK), shape=(1, HEIGHT_PX, WIDTH_PX), settings=SessionSettings(threads=1)
    )
    rng = np.random.default_rng(5)
    same = 0
    for sample in drawn_samples(args.drawn)[: args.count]:
        blob = to_input(damaged(sample, rng), sample.layout)
        (scores,) = session.run(blob[None])
        text = spell(scores[0], PlateLayout.ONE_LINE)
        ours = "".join(c.character for row in text.rows for c in row)
        theirs = read_with(reference, np.asarray((blob[0] + 1) * 127.5, np.uint8))
        same += ours == theirs
        if ours != theirs:
            print(f"{sample.text}: OpenVINO {ours}, EasyOCR {theirs}")
    print(f"{same} of {args.count} the same")


def open_reference(folder: Path) -> easyocr.Reader:
    """EasyOCR with the plate network, nothing downloaded."""
    return easyocr.Reader(
        ["en"],
        gpu=False,
        detector=False,
        recog_network="ngatu_plate",
        user_network_directory=str(folder),
        model_storage_directory=str(folder),
        download_enabled=False,
        quantize=False,
        verbose=False,
    )


def read_with(reference: easyocr.Reader, row: Picture) -> str:
    """The text of a picture that is one row already; no contrast changes, no second try."""
    whole = [[0, row.shape[1], 0, row.shape[0]]]
    said = reference.recognize(row, horizontal_list=whole, free_list=[], detail=0, contrast_ths=0)
    return "".join(said)


if __name__ == "__main__":
    main()
