"""What can go wrong between a worker and those it talks to about camera jobs; a part of detector.errors' tree."""

from detector.errors import DetectorError


class DoorClosed(DetectorError):
    """The service does not answer, or does not know this worker."""


class DeviceSilent(DetectorError):
    """An ONVIF device that does not answer, or not as one does."""
