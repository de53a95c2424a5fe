"""Reads a signal's lamps again only when their pixels changed: most of the time they shine as they shone.

Compared is the picture that was read last, not the one before, so that slow changes add up.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.contract.camera import Signal
from detector.sources.decoding import Frame
from detector.watching.eyes import ReadsLamps, read_signal
from models.types import LampColour

SAME_LEVELS = 20
"""Of 255, of brightness and colour: what coding noise does to single pixels of a steady lamp; flicker and a change of
colour do far more."""
SAME_MEAN_LEVELS = 2.5


class LampMemory:
    """One signal's reader with a memory of one picture. Only what changed is converted to BGR."""

    def __init__(self, signal: Signal, lamps: ReadsLamps) -> None:
        self._signal, self._lamps = signal, lamps
        self._area = _area_of(signal)
        self._read: list[NDArray[np.uint8]] = []
        self._colour = LampColour.UNKNOWN

    def colour(self, frame: Frame) -> LampColour:
        """The colour that the signal shows in the frame."""
        seen = frame.planes_in(self._area)
        if len(seen) != len(self._read) or not all(map(_same, seen, self._read)):
            self._colour = read_signal(self._lamps, frame.picture, self._signal.lamps)
            self._read = [plane.copy() for plane in seen]
        return self._colour


def _same(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    if one.shape != other.shape:
        return False
    difference = cv2.absdiff(one, other)
    return int(difference.max()) <= SAME_LEVELS and float(difference.mean()) <= SAME_MEAN_LEVELS


def _area_of(signal: Signal) -> tuple[float, float, float, float]:
    """The box around all that is read of the signal."""
    lamps = signal.lamps
    boxes = [box for box in (lamps.head, lamps.red, lamps.yellow, lamps.green) if box is not None]
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
