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
    as_user: tuple[str, ...] = ()

    def run(self, program: str, *arguments: str) -> None:
        """One of PostgreSQL's programs on this server's files."""
        command = [
            *self.as_user,
            str(programs_folder() / program),
            "-D",
            str(self.folder / "data"),
            *arguments,
        ]
        subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        """Start and wait until it answers."""
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off -c max_connections=80"
        self.run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """Stop as a power cut would: nothing is finished, connections break."""
        self.run("pg_ctl", "-w", "-m", "immediate", "stop")

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
    as_user: tuple[str, ...] = ()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_user = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
    server = PostgresServer(folder=folder, as_user=as_user)
    server.run("initdb", "-U", "ngatu", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
