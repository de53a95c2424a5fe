"""Reads the raw output of a YOLO network.

In: one picture's output, a column per anchor. Out: corner boxes, classes, scores. Never suppresses.
"""

import numpy as np
from numpy.typing import NDArray


def candidates(
    raw: NDArray[np.float32], least_score: float
) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.float32]]:
    """Corner boxes in input px, class numbers and scores of the anchors that are sure enough.

    `raw` has the rows centre x, centre y, width, height (input px), then one score per class.
    """
    best = raw[4:].max(axis=0)
    sure = raw[:, best >= least_score]
    centre, half = sure[:2], sure[2:4] / 2
    corners = np.concatenate([centre - half, centre + half]).T
    return corners, sure[4:].argmax(axis=0), sure[4:].max(axis=0, initial=0.0)
