"""Opens what a group of cameras needs in its own process: networks for each detector setting, the writer, the log."""

import os
import signal

import cv2

from detector.evidence.packet_writer import PacketWriter
from detector.log_lines import log_to_stderr
from detector.watching.camera_group import CameraGroup
from detector.watching.describing import RunStamp
from detector.watching.group_handle import VIEWS, GroupSettings
from detector.watching.opening import open_eyes_by_detector, open_signer


def ignore_terminal() -> None:
    """Ctrl-C is heard by the fleet, which tells its groups; logs go to standard error as everywhere."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    log_to_stderr(os.environ.get("NGATU_LOG", "info").lower())


def open_group(group_id: str, settings: GroupSettings, run: RunStamp) -> CameraGroup:
    """A group without cameras. Raises WeightsMissing, WeightsAltered, KeyUnusable."""
    cv2.setNumThreads(settings.threads)
    eyes = open_eyes_by_detector()
    return CameraGroup(
        group_id,
        eyes=eyes,
        writer=PacketWriter(settings.outbox, open_signer(settings.state)),
        run=run,
        views=settings.state / VIEWS,
    )
