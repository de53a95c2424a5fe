"""An environment that holds the metadata of exactly the packages of requirements.lock, copied from .venv: what bill of
materials, licences and advisories are told of. In: the folder of an empty environment. Downloads nothing.
"""

import re
import shutil
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement

LOCK = Path(__file__).parents[1] / "requirements.lock"


def locked(text: str) -> dict[str, str]:
    """Name → version of each pin of a lock that this Python takes."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    pins = [Requirement(line) for line in lines]
    return {
        canonical(pin.name): str(pin.specifier).removeprefix("==")
        for pin in pins
        if pin.marker is None or pin.marker.evaluate()
    }


def canonical(name: str) -> str:
    """One spelling a package."""
    return re.sub(r"[-_.]+", "-", name).lower()


def fill(site_packages: Path, pins: dict[str, str]) -> None:
    """Copy the metadata of the pinned packages. Raises SystemExit where another version is installed."""
    installed = {canonical(one.name): one for one in distributions()}
    for name, version in sorted(pins.items()):
        found = installed.get(name)
        if found is None or found.version != version:
            has = "none" if found is None else found.version
            raise SystemExit(f"{name}: the lock says {version}, .venv holds {has}; run make setup")
        metadata = metadata_of(found)
        shutil.copytree(metadata, site_packages / metadata.name, dirs_exist_ok=True)


def metadata_of(package: Distribution) -> Path:
    """The folder of an installed package's metadata. Raises SystemExit where it has none."""
    inside = [Path(str(file)) for file in package.files or () if ".dist-info" in str(file)]
    if not inside:
        raise SystemExit(f"{package.name}: has no metadata; remove .venv, then run make setup")
    return Path(str(package.locate_file(inside[0].parts[0])))


def main() -> None:
    """Fill the environment that is named."""
    (site_packages,) = Path(sys.argv[1]).glob("lib/python3*/site-packages")
    fill(site_packages, locked(LOCK.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
