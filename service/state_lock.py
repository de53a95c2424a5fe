"""The lock on a state folder: services share it, who makes the folder anew or erases it must be alone."""

import fcntl
from pathlib import Path
from typing import IO

from service.errors import Conflict

LOCK_FILE = "in-use.lock"


def hold_state(state: Path, *, shared: bool) -> IO[bytes]:
    """Hold the state folder as long as the file stays open: services share it, who makes it anew must be alone.

    Raises Conflict when somebody else holds it.
    """
    file = (state / LOCK_FILE).open("ab")
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise Conflict(
            f"{state}: is in use by a running ngatu; stop it first, or name another --state"
        ) from None
    return file
