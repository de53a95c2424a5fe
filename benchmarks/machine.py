"""The machine on which a figure was measured, in words."""

import os
import platform
from pathlib import Path


def machine() -> str:
    """Processor and cores."""
    return f"{_processor()}, {os.cpu_count()} cores"


def _processor() -> str:
    told = Path("/proc/cpuinfo")  # where the system tells it
    for line in told.read_text(encoding="utf-8").splitlines() if told.is_file() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
