"""The background colour of a plate, from its pixels: white, yellow, blue or red (Law 36/2024 art. 36.2)."""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.types import PlateColour

LEAST_SATURATION = 85
LEAST_SHARE = 0.35
DARK_LEVEL = 60
HUES = {PlateColour.YELLOW: (15, 38), PlateColour.BLUE: (98, 130), PlateColour.RED: (168, 10)}
"""OpenCV hue ranges 0…179; red runs over the end."""


def colour_of(plate: NDArray[np.uint8]) -> PlateColour:
    """The colour of most of the plate's inner part; UNKNOWN when it is too dark or mixed to tell."""
    height, width = plate.shape[:2]
    inner = plate[height // 8 : max(height // 8 + 1, height - height // 8), width // 10 : width - width // 10]
    hue, saturation, value = cv2.split(cv2.cvtColor(inner, cv2.COLOR_BGR2HSV))
    if float(np.median(value)) < DARK_LEVEL:
        return PlateColour.UNKNOWN
    vivid = (saturation >= LEAST_SATURATION) & (value >= DARK_LEVEL)
    shares = {colour: float((vivid & _in_range(hue, span)).mean()) for colour, span in HUES.items()}
    best = max(shares, key=lambda colour: shares[colour])
    if shares[best] >= LEAST_SHARE:
        return best
    return PlateColour.WHITE if float(vivid.mean()) < LEAST_SHARE else PlateColour.UNKNOWN


def _in_range(hue: NDArray[np.uint8], span: tuple[int, int]) -> NDArray[np.bool_]:
    low, high = span
    return (hue >= low) & (hue <= high) if low <= high else (hue >= low) | (hue <= high)
