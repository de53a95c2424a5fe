"""Opens a state folder's record for the command line: one that is there, or on wish a new one, which is said.

A record that cannot be used ends in one BadInput, whatever its database raised.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import ArgumentError, DBAPIError

from service.application import open_record
from service.database import says_disk_full
from service.door import Record
from service.errors import BadInput
from service.settings import Settings

SQLITE = "sqlite:///"


@contextmanager
def kept_record(state: Path) -> Iterator[Record]:
    """The record under a state folder, which must be there. Raises BadInput, also for what its database refuses."""
    settings = Settings(state=state)
    if not _is_there(settings):
        where = state if settings.database is None else "NGATU_DATABASE"
        raise BadInput(f"{where}: holds no record (ngatu.db); name the service's folder with --state")
    with told_in_a_line(state):
        yield open_record(settings)


@contextmanager
def begun_record(state: Path, *, say: Callable[[str], None] | None = None) -> Iterator[Record]:
    """The record under a state folder; where there is none it begins, and `say` is told where. Raises BadInput."""
    settings = Settings(state=state)
    is_new = not _is_there(settings)
    with told_in_a_line(state):
        record = open_record(settings)
        if is_new and say is not None:
            say(
                f"Began a new record in {state} (ngatu.db); if the service keeps one elsewhere, name its --state."
            )
        yield record


@contextmanager
def told_in_a_line(state: Path) -> Iterator[None]:
    """Turn what a database refuses (it is away, locked, full, not ours) into BadInput."""
    try:
        yield
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        what_to_do = (
            "make room on its disk"
            if says_disk_full(error)
            else "check --state, its rights, the room on its disk"
        )
        raise BadInput(f"{state}: the record cannot be used ({reason}); {what_to_do}") from None
    except ArgumentError:  # its text may hold a password
        raise BadInput(
            "NGATU_DATABASE: is no database's address; write postgresql+psycopg://user@host/ngatu, or leave it out"
        ) from None


def _is_there(settings: Settings) -> bool:
    """Whether a record may be there: a server's database counts as one, SQLite's is a file."""
    url = settings.database_url
    return not url.startswith(SQLITE) or Path(url.removeprefix(SQLITE)).is_file()
