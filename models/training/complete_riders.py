"""Brings motorbike labels that leave the rider out, or cut the head off, to the product's convention: bike with rider.

In: one picture's labels and the peer's proposals (shares). Out: the labels, tops raised where a rider was left out.
The foot of a label, where it touches the road, never moves. Offline only.

What is done, and why: at night lehuynh draws the bike alone (half the height of what the peer sees), tatthang cuts
riders at the shoulder (0.69 of it), by day all draw both. A label that lies at the foot of a sure proposal and
reaches less than SHORT of its height grows to it. In CUT_OFF scenes a label that no proposal explains grows by the
scene's median; in BIKE_ALONE scenes it is masked, with the place of a rider: labels of both kinds stand there.
"""

from models.training.labels import MOTORBIKE, Label
from models.types import Box

SURE = 0.3
SHORT = 0.8
TOP_WITHIN, SIDE_WITHIN = -0.02, 0.1
"""How far whole labels of lehuynh by day lie within the peer's boxes, in shares of the box (medians)."""
CUT_OFF = {"tatthang": 0.71}
BIKE_ALONE = ("J3-night",)


def complete(
    labels: list[Label], peer_rows: list[list[float]], scene: str
) -> tuple[list[Label], list[Box], int]:
    """The labels with riders, the boxes to mask, and how many labels grew."""
    seen = _motorbikes(peer_rows)
    kept: list[Label] = []
    masked: list[Box] = []
    grown = 0
    for label in labels:
        whole = _whole(label.box, seen, scene) if label.number == MOTORBIKE else label.box
        if whole is None:
            masked.append(_with_room_for_a_rider(label.box))
        else:
            grown += whole != label.box
            kept.append(Label(number=label.number, box=whole))
    return kept, masked, grown


def _motorbikes(peer_rows: list[list[float]]) -> list[Box]:
    return [
        Box(left=left, top=top, right=right, bottom=bottom)
        for left, top, right, bottom, car, motorbike in peer_rows
        if motorbike >= SURE and motorbike > car and left < right and top < bottom
    ]


def _whole(label: Box, seen: list[Box], scene: str) -> Box | None:
    explains = max(
        (box for box in seen if _stands_in(label, box)), key=lambda box: box.overlap(label), default=None
    )
    if explains is not None:
        return _grown(label, explains)
    if scene in BIKE_ALONE:
        return None
    if scene in CUT_OFF:
        top = max(label.bottom - label.height / CUT_OFF[scene], 0.0)
        return Box(left=label.left, top=top, right=label.right, bottom=label.bottom)
    return label


def _with_room_for_a_rider(bike: Box) -> Box:
    return Box(left=bike.left, top=max(bike.top - bike.height, 0.0), right=bike.right, bottom=bike.bottom)


def _stands_in(label: Box, box: Box) -> bool:
    """Whether the label is the lower part of the box, or the box itself."""
    shared = min(label.right, box.right) - max(label.left, box.left)
    return (
        shared > 0.6 * min(label.width, box.width)
        and abs(label.bottom - box.bottom) < 0.2 * box.height
        and label.top > box.top - 0.2 * box.height
        and label.height > 0.25 * box.height
    )


def _grown(label: Box, box: Box) -> Box:
    if label.height >= SHORT * box.height:
        return label
    side = SIDE_WITHIN * box.width
    return Box(
        left=min(label.left, box.left + side),
        top=min(label.top, box.top + TOP_WITHIN * box.height),
        right=max(label.right, box.right - side),
        bottom=label.bottom,
    )
