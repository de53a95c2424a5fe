"""Where a tracked vehicle was at any moment: between analysed frames its box is interpolated."""

from bisect import bisect_left
from itertools import pairwise

from detector.types import Track
from models.types import Box

SETS_OFF_SHARE = 0.05
"""A box that moves more than this share of its own size within half a second is under way."""
CUT_OFF = 0.985
"""A box whose lower edge lies below this share of the picture's height may go on outside of it."""
STILL_SHARE = 0.15
"""A box that moves less than this share of its own size stands still: detections tremble."""


def box_at(track: Track, at_s: float, *, most_outside_s: float = 0.2) -> Box | None:
    """The track's box at a moment; None when the track was not seen within `most_outside_s` of it."""
    points = track.points
    after = bisect_left(points, at_s, key=lambda point: point.at_s)
    if after == len(points) or after == 0:
        nearest = points[min(after, len(points) - 1)]
        return nearest.box if abs(nearest.at_s - at_s) <= most_outside_s else None
    before, behind = points[after - 1], points[after]
    share = (at_s - before.at_s) / (behind.at_s - before.at_s)
    return blend(before.box, behind.box, share)


def blend(first: Box, second: Box, share: float) -> Box:
    """The box `share` of the way from the first to the second."""

    def mix(a: float, b: float) -> float:
        return a + (b - a) * share

    return Box(
        left=mix(first.left, second.left),
        top=mix(first.top, second.top),
        right=mix(first.right, second.right),
        bottom=mix(first.bottom, second.bottom),
    )


def grown(box: Box, by_share: float) -> Box:
    """The box widened on every side by a share of its own size, kept inside the picture."""
    across, down = box.width * by_share, box.height * by_share
    return Box(
        left=max(0.0, box.left - across),
        top=max(0.0, box.top - down),
        right=min(1.0, box.right + across),
        bottom=min(1.0, box.bottom + down),
    )


def analysed_fps(track: Track, around_s: float, *, window_s: float = 1.0) -> float:
    """Frames per second in which the track was seen around a moment, by the median gap between them."""
    near = [point.at_s for point in track.points if abs(point.at_s - around_s) <= window_s]
    if len(near) < 2:
        return 0.0
    gaps = sorted(later - earlier for earlier, later in pairwise(near))
    return 1.0 / gaps[len(gaps) // 2]


def stands_still(track: Track, after_s: float, *, for_s: float) -> bool:
    """Whether the vehicle, some time after a moment, stayed where it was for `for_s`.

    Measured at the end of the track; a track that ends sooner than `for_s` after the moment does not tell.
    """
    end = track.points[-1]
    from_s = end.at_s - for_s
    if from_s < after_s or track.points[0].at_s > from_s:
        return False
    lately = [point.box.ground for point in track.points if point.at_s >= from_s]
    across = max(ground.x for ground in lately) - min(ground.x for ground in lately)
    down = max(ground.y for ground in lately) - min(ground.y for ground in lately)
    return across < STILL_SHARE * end.box.width and down < STILL_SHARE * end.box.height


def stood_at_first(track: Track, *, for_s: float = 0.5) -> bool:
    """Whether the vehicle stayed where it was for the first `for_s` in which it was seen.

    One that the picture's lower edge cuts off comes from there: its box cannot move before its end is seen.
    """
    first = track.points[0]
    if first.box.bottom >= CUT_OFF:
        return False
    early = [point.box.ground for point in track.points if point.at_s - first.at_s <= for_s]
    across = max(abs(ground.x - first.box.ground.x) for ground in early)
    down = max(abs(ground.y - first.box.ground.y) for ground in early)
    return across < SETS_OFF_SHARE * first.box.width and down < SETS_OFF_SHARE * first.box.height
