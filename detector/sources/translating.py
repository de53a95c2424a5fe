"""The one place where FFmpeg's errors become ours: what, where (without credentials), what to do.

FFmpeg's own texts are never passed on whole, because they carry the URL with its password.
"""

import av

from detector.errors import SourceError, SourceUnreadable, redact


def is_live(url: str) -> bool:
    """Whether the address is a camera and not a file."""
    return url.startswith(("rtsp://", "rtsps://"))


def translated(error: av.FFmpegError, url: str) -> SourceError:
    """The error in our words; raise it outside of the except block, so that no foreign text hangs on its chain."""
    return SourceUnreadable(
        f"{redact(url)}: not a readable video, or one that is cut off ({_plain(error)}); "
        "play it to see, and copy it again from where it was recorded"
    )


def _plain(error: av.FFmpegError) -> str:
    return (error.strerror or type(error).__name__).lower()
