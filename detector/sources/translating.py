"""The one place where FFmpeg's errors become ours: what, where (without credentials), what to do.

FFmpeg's own texts are never passed on whole, because they carry the URL with its password.
"""

import av

from detector.errors import SourceError, SourceRefused, SourceStalled, SourceUnreadable, redact


def is_live(url: str) -> bool:
    """Whether the address is a camera and not a file."""
    return url.startswith(("rtsp://", "rtsps://"))


def translated(error: av.FFmpegError, url: str, *, waited_out: bool = False) -> SourceError:
    """The error in our words; raise it outside of the except block, so that no credentials hang on its chain.

    `waited_out`: the operation took all the time it had.
    """
    where = redact(url)
    if isinstance(error, av.HTTPUnauthorizedError | av.HTTPForbiddenError):
        return SourceRefused(f"{where}: the camera refuses user or password; correct the camera's sources")
    if isinstance(error, av.HTTPNotFoundError):
        return SourceUnreadable(
            f"{where}: the camera knows no such stream; check the path behind its address"
        )
    if isinstance(error, av.TimeoutError | av.ExitError) or (waited_out and is_live(url)):
        return SourceStalled(f"{where}: nothing came in time; check that the camera is on, and the network")
    if is_live(url):
        return SourceUnreadable(f"{where}: no connection ({_plain(error)}); check address, port and network")
    return SourceUnreadable(
        f"{where}: not a readable video, or one that is cut off ({_plain(error)}); "
        "play it to see, and copy it again from where it was recorded"
    )


def _plain(error: av.FFmpegError) -> str:
    return (error.strerror or type(error).__name__).lower()
