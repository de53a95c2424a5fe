"""`ngatu bench growth`: what a camera costs from the first to the forty-eighth, as figures and as a picture."""

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from jinja2 import Environment, FileSystemLoader

from benchmarks.city.footage import city_footage
from benchmarks.city.running import CityRun, watch_city
from benchmarks.machine import machine

Say = Callable[[str], None]

COUNTS = (1, 6, 12, 24, 48)
FLAT_SHARE = 0.15
"""A camera's cost is called flat within this share of the median of all counts."""
TEMPLATES = Path(__file__).parent


def run(*, counts: Sequence[int], seconds: float, folder: Path, picture: Path, say: Say) -> dict[str, Any]:
    """Watch so many cameras in turn and draw the curve. Raises EvidenceError, RtspServerError, OSError."""
    footage = city_footage(folder, say=say)
    log = folder / "watch.log"
    runs = [watch_city(footage, count, seconds, log=log, say=say) for count in counts]
    measured = figures(runs)
    picture.write_text(drawn(measured), encoding="utf-8")
    return measured


def figures(runs: Sequence[CityRun]) -> dict[str, Any]:
    """The last line of `ngatu bench growth --json`."""
    points = [
        {
            "cameras": one.cameras,
            "cores": round(one.cores, 3),
            "cores_per_camera": round(one.cores / one.cameras, 4),
            "lag_p99_s": round(one.lag_p99_s, 2),
            "planted": one.match.planted,
            "found": one.match.found,
            "false": len(one.match.false),
        }
        for one in runs
    ]
    middle = median(point["cores_per_camera"] for point in points)
    off = [point["cameras"] for point in points if abs(point["cores_per_camera"] / middle - 1.0) > FLAT_SHARE]
    return {
        "seconds": runs[0].seconds,
        "points": points,
        "median_cores_per_camera": round(middle, 4),
        "not_flat_at": off,
        "machine": machine(),
    }


def drawn(measured: dict[str, Any]) -> str:
    """The curve as SVG: a dot a count, the band in which the cost counts as flat."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True)
    return environment.get_template("growth.svg.j2").render(**measured, flat_share=FLAT_SHARE)
