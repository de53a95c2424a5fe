"""The console's scripts and styles at an address that changes with their content.

Browsers keep them for good, ask for none of them again, and never run a script of one version with another's page.
"""

from hashlib import sha256
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parents[1] / "static"
FOR_GOOD = "public, max-age=31536000, immutable"
VERSION_LENGTH = 12


def content_version(folder: Path) -> str:
    """A name for the content of all files of a folder."""
    digest = sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode() + b"\0" + sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:VERSION_LENGTH]


ASSETS = f"/static/{content_version(STATIC)}"
"""Without a slash at its end; pages join a file's name to it."""


class Assets(StaticFiles):
    """Files that are told how long they may be kept."""

    def __init__(self, cache_control: str) -> None:
        super().__init__(directory=STATIC)
        self._cache_control = cache_control

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or that there is none. Raises HTTPException."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = self._cache_control
        return response
