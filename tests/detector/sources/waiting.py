"""What tests of live sources wait for and weigh."""

import time
from collections.abc import Callable
from pathlib import Path


def wait_until(what: Callable[[], bool], timeout_s: float = 90.0) -> None:
    until_s = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < until_s, "did not come about in time"
        time.sleep(0.02)


def resident_mb() -> float:
    """Memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20
