"""A PostgreSQL server of the tests' own: a temporary folder, a Unix socket, never as root."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, text

INSTALLED = Path("/usr/lib/postgresql")


@dataclass(frozen=True, kw_only=True, slots=True)
class PostgresServer:
    """A running server; every database on it is thrown away with it."""

    folder: Path

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://ngatu@/{name}?host={self.folder}"

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"t{uuid4().hex}"
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self.url(name)


def programs_folder() -> Path:
    """Where Debian and Ubuntu keep initdb and pg_ctl, else where the PATH has them."""
    found = sorted(INSTALLED.glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("pg_ctl")
    if not found and on_path is None:
        raise RuntimeError("PostgreSQL is not installed; run tools/install_system.sh, then the tests again")
    return found[-1].parent if found else Path(str(on_path)).resolve().parent


@contextmanager
def temporary_server() -> Iterator[PostgresServer]:
    """Start a server in a new folder and stop it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="ngatu-pg-", dir="/tmp"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    programs, data = programs_folder(), folder / "data"

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(programs / program), "-D", str(data), *arguments]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    run("initdb", "-U", "ngatu", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
    options = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=80"
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield PostgresServer(folder=folder)
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)
