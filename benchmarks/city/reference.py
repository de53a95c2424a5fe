"""The pipelines that a user would write, measured on the bench's own footage in the same run.

They need ultralytics and easyocr, which the product does not: an environment with the extra [train], named by
NGATU_PEER_PYTHON or found as .venv-train beside the checkout. Without one nothing is stated for them.
"""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.city.footage import CityFootage
from fixtures.scenes.city import REDS

ROOT = Path(__file__).parents[2]
USUAL_PYTHON = ROOT / ".venv-train" / "bin" / "python"
LIMIT_S = 600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """What one camera costs in a reference pipeline."""

    name: str
    network: str
    cores_per_camera: float


def measured_references(footage: CityFootage, *, say: Callable[[str], None]) -> tuple[Reference, ...]:
    """The naive pipeline and the tuned one; each with the faster of its networks."""
    python = Path(os.environ.get("NGATU_PEER_PYTHON", USUAL_PYTHON))
    if not python.is_file():
        say(
            f"No reference is measured: {python} is missing; pip install '.[train]' into an environment of its own."
        )
        return ()
    found = []
    for kind in ("naive", "tuned"):
        say(f"Measuring the {kind} reference …")
        rows = [row for network in _networks(kind) if (row := _measure(python, kind, footage, network, say))]
        if rows:
            found.append(min(rows, key=lambda row: row.cores_per_camera))
    return tuple(found)


def _networks(kind: str) -> list[Path]:
    """The shipped network as ONNX, or what NGATU_PEER_NETWORKS names: .pt files, folders of OpenVINO."""
    more = [Path(name) for name in os.environ.get("NGATU_PEER_NETWORKS", "").split(os.pathsep) if name]
    fitting = [path for path in more if (kind == "tuned") == path.name.endswith("_openvino_model")]
    return fitting or [ROOT / "models" / "weights" / "vehicles.onnx"]


def _measure(
    python: Path, kind: str, footage: CityFootage, network: Path, say: Callable[[str], None]
) -> Reference | None:
    command = [str(python), "-m", "benchmarks.peers.city_reference", kind]
    command += [str(footage.main), str(footage.sub), str(network), "--from-s", str(REDS[0][0])]
    done = subprocess.run(  # noqa: S603 - our own script in an environment that the user named
        command, capture_output=True, text=True, cwd=ROOT, timeout=LIMIT_S, check=False
    )
    if done.returncode != 0:
        say(f"  {network.name}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")
        return None
    cores = float(json.loads(done.stdout.strip().splitlines()[-1])["cores_per_camera"])
    return Reference(name=kind, network=network.name, cores_per_camera=round(cores, 3))
