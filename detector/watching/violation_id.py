"""Names a violation after the footage itself, so that the same footage always gives the same name.

The name hangs on the decoded main-stream frame at the crossing (decoding is exact to the bit), not on file
names, clocks or counters: a file, its copy, and the same bits over RTSP agree.
"""

from hashlib import sha256

from detector.types import Crossing

PLACE_CELLS = 64
"""The crossing place enters in cells of 1/64 of the picture: two riders in one frame differ."""


def name_violation(*, camera_id: str, kind: str, frame_sha256: str, crossing: Crossing) -> str:
    """32 hex digits that stay the same for the same camera, rule, lane, frame and place."""
    cell = f"{int(crossing.place.x * PLACE_CELLS)},{int(crossing.place.y * PLACE_CELLS)}"
    parts = (camera_id, kind, crossing.lane_id, frame_sha256, cell)
    return sha256("\n".join(parts).encode()).hexdigest()[:32]
