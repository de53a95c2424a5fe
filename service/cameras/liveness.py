"""Whether a smart camera is sending, by the packets that came of it."""

from datetime import datetime, timedelta

from service.tables import CameraRow

QUIET_AFTER = timedelta(hours=24)


def liveness_of(camera: CameraRow, at: datetime) -> str:
    """waiting for its first packet, sending, or quiet for a day."""
    if camera.last_packet_at is None:
        return "waiting"
    return "quiet" if at - camera.last_packet_at > QUIET_AFTER else "sending"
