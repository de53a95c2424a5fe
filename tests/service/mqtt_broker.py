"""A mosquitto of the tests' own on a free port, with a password."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

USER, PASSWORD = "ngatu", "p@ss"
INSTALLED = ("/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_broker(folder: Path, port: int) -> Iterator[str]:
    """The broker's address with user and password."""
    program = next((path for path in INSTALLED if Path(path).exists()), None)
    if program is None:
        raise RuntimeError("mosquitto is not installed; run tools/install_system.sh, then the tests again")
    passwords, config = folder / "passwords", folder / "mosquitto.conf"
    subprocess.run(
        ["mosquitto_passwd", "-b", "-c", str(passwords), USER, PASSWORD], check=True, capture_output=True
    )
    passwords.chmod(0o644)
    folder.chmod(0o755)
    config.write_text(f"listener {port} 127.0.0.1\npassword_file {passwords}\nuser root\npersistence false\n")
    process = subprocess.Popen(
        [program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        yield f"mqtt://{USER}:p%40ss@127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    until = monotonic() + 30
    while monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            sleep(0.05)
    raise RuntimeError("mosquitto does not listen")
