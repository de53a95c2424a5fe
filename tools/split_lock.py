"""Sorts pins into two locks: requirements.lock holds what running needs, requirements-dev.lock what development adds.

Reads pyproject.toml and the installed packages' own requirements. `--check` changes nothing and exits 1 when a pin
lies in the wrong file.
"""

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
RUNTIME, DEV = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
RUNNING_EXTRAS = ("postgres", "s3")


def canonical(name: str) -> str:
    """One spelling a package."""
    return re.sub(r"[-_.]+", "-", name).lower()


def project_requirements(pyproject: Path = ROOT / "pyproject.toml") -> list[Requirement]:
    """What the project asks for where it runs."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    for extra in RUNNING_EXTRAS:
        lines += project["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


def runtime_packages() -> set[str]:
    """The names of all packages that a running system loads, directly or through others."""
    return _loaded_by(project_requirements())


def asked_through(name: str) -> set[str]:
    """A package and all that it loads, directly or through others."""
    return _loaded_by([Requirement(name)])


def _loaded_by(open_ones: list[Requirement]) -> set[str]:
    seen: set[tuple[str, frozenset[str]]] = set()
    while open_ones:
        wanted = open_ones.pop()
        key = (canonical(wanted.name), frozenset(wanted.extras))
        if key in seen:
            continue
        seen.add(key)
        open_ones += _asked_by(wanted)
    return {name for name, _ in seen}


def _asked_by(wanted: Requirement) -> list[Requirement]:
    try:
        lines = requires(wanted.name) or []
    except PackageNotFoundError:
        return []  # for another platform or Python only
    asked = [Requirement(line) for line in lines]
    extras = {"", *wanted.extras}
    return [
        one
        for one in asked
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras)
    ]


def pins(path: Path) -> list[str]:
    """The lines of one lock; none when there is no such file."""
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def pinned_name(pin: str) -> str:
    """`av==18.1.0 ; python_full_version < '3.12'` → `av`."""
    return canonical(re.split(r"[=\s\[;]", pin, maxsplit=1)[0])


def misplaced() -> list[str]:
    """One line for each pin that lies in the wrong lock, and each running package without a pin."""
    needed = runtime_packages()
    running, adding = pins(RUNTIME), pins(DEV)
    found = [
        f"{RUNTIME.name}: {pin} is not needed to run" for pin in running if pinned_name(pin) not in needed
    ]
    found += [f"{DEV.name}: {pin} is needed to run" for pin in adding if pinned_name(pin) in needed]
    absent = needed - {pinned_name(pin) for pin in running + adding}
    return found + [f"{RUNTIME.name}: {name} has no pin" for name in sorted(absent)]


def split() -> None:
    """Rewrite both locks, sorted."""
    needed = runtime_packages()
    everything = sorted({*pins(RUNTIME), *pins(DEV)})
    for path, in_runtime in ((RUNTIME, True), (DEV, False)):
        chosen = [pin for pin in everything if pin and (pinned_name(pin) in needed) is in_runtime]
        path.write_text("".join(f"{pin}\n" for pin in chosen), encoding="utf-8")


def main() -> int:
    """Split, or with --check tell what is misplaced."""
    if "--check" not in sys.argv[1:]:
        split()
        return 0
    found = misplaced()
    sys.stdout.writelines(f"{line}; run tools/split_lock.py\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
