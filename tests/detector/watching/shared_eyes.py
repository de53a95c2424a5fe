"""Networks that several cameras' threads use at once: opened once, each used by one thread at a time.

An opened network keeps its inputs and outputs in one place, so two threads in it would mix up their pictures.
"""

from collections.abc import Sequence
from threading import Lock

from detector.watching.eyes import Eyes, Picture
from models.types import LampRead, PlateBox, PlateRead, VehicleDetection


class _InTurn:
    """All networks of one pair of eyes, each behind a lock of its own."""

    def __init__(self, eyes: Eyes) -> None:
        self._eyes = eyes
        self._vehicles, self._finder, self._reader, self._lamps = Lock(), Lock(), Lock(), Lock()

    def detect(self, picture: Picture) -> list[VehicleDetection]:
        with self._vehicles:
            return self._eyes.vehicles.detect(picture)

    def detect_many(self, pictures: Sequence[Picture]) -> list[list[VehicleDetection]]:
        with self._vehicles:
            return self._eyes.vehicles.detect_many(pictures)

    def find(self, picture: Picture) -> list[PlateBox]:
        with self._finder:
            return self._eyes.plate_finder.find(picture)

    def read(self, plate: Picture, closer: Picture | None = None) -> PlateRead | None:
        with self._reader:
            return self._eyes.plate_reader.read(plate, closer)

    def read_head(self, head: Picture) -> LampRead:
        with self._lamps:
            return self._eyes.lamps.read_head(head)

    def read_lamps(self, *, red: Picture | None, yellow: Picture | None, green: Picture | None) -> LampRead:
        with self._lamps:
            return self._eyes.lamps.read_lamps(red=red, yellow=yellow, green=green)


def shared(eyes: Eyes) -> Eyes:
    """The same eyes, safe to use from several threads."""
    in_turn = _InTurn(eyes)
    return Eyes(
        vehicles=in_turn,
        plate_finder=in_turn,
        plate_reader=in_turn,
        lamps=in_turn,
        checksums=eyes.checksums,
    )
