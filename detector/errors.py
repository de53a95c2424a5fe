"""What can go wrong while watching. Each message says what was wrong, where, and what to do.

DetectorError
├── SourceError              a feed that cannot be watched
│   ├── SourceUnreadable     no such file, not a video, broken or cut off, no route to the camera
│   ├── NoPictures           opened, but not one picture in it can be decoded
│   ├── CodecUnknown         a codec that is not watched
│   ├── SubOfAnotherClip     main and sub stream are not of one camera at one time
│   ├── PictureSizeChanged   another picture size in mid-stream: the calibration no longer fits
│   ├── SourceRefused        wrong user or password: trying again fast would lock the camera
│   └── SourceStalled        connected, but nothing comes
├── GapInFootage             frames lack where a case would need them
└── EvidenceError            a packet that cannot be written, sealed or checked
    ├── PacketNotWritten     disk full, folder not writable
    └── KeyUnusable          a signing key that is missing, broken or readable by others
"""

import re

_CREDENTIALS = re.compile(r"(?<=://)\S*@|(?<=:/)[^/\s]\S*@")
_PASSWORD = re.compile(r"(?i)(?<=pass=|word=|sswd=|_pwd=|&pwd=|\?pwd=|oken=)[^&\s]+")


class DetectorError(Exception):
    """Root of this package's errors."""


class SourceError(DetectorError):
    """A feed that cannot be watched."""


class SourceUnreadable(SourceError):
    """No such file, not a video, a broken or cut off one, or no route to the camera."""


class NoPictures(SourceError):
    """The stream opens, but not one picture in it can be decoded."""


class CodecUnknown(SourceError):
    """The stream's codec is not one that is watched."""


class PictureSizeChanged(SourceError):
    """The picture size changed in mid-stream."""


class SubOfAnotherClip(SourceError):
    """The sub stream named for a clip is another clip's: it would be watched, and the clip prove something else."""


class SourceRefused(SourceError):
    """The camera refuses user or password."""


class SourceStalled(SourceError):
    """The camera is connected and sends nothing."""


class GapInFootage(DetectorError):
    """Frames lack where a case would need them."""


class EvidenceError(DetectorError):
    """A packet that cannot be written, sealed or checked."""


class PacketNotWritten(EvidenceError):
    """The outbox cannot take a packet: disk full or folder not writable."""


class KeyUnusable(EvidenceError):
    """The signing key is missing, broken or readable by others."""


def printable(text: str) -> str:
    r"""The text on one line: what would move the cursor, colour or hide is written out, as `\n`.

    Names of files and what stands in them come from strangers: none may write a line of its own, as a verdict.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def redact(text: str) -> str:
    """The text without the user and password of any URL in it; some cameras take them in the path or query."""
    return _PASSWORD.sub("…", _CREDENTIALS.sub("…@", text))
