"""Asks PyPI's package pages about packages that pip-audit's service does not know. A page tells the advisories of a
package's newest version only: a pin that is older stays "not asked about". In and out: vulnerabilities.json.
"""

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tools.audited_environment import LOCK, locked

PAGE = "https://pypi.org/pypi/{name}/json"
PATIENCE_S = 10.0
MOST_UNREACHED, AT_ONCE = 3, 4
Ask = Callable[[str], dict[str, Any] | None]


class PackageIndex:
    """The package pages; asks no more once the index was out of reach a few times."""

    def __init__(self) -> None:
        self._unreached = 0

    def page_of(self, name: str) -> dict[str, Any] | None:
        """What the index tells of a package; None where it tells nothing."""
        if self._unreached >= MOST_UNREACHED:
            return None
        try:
            with urllib.request.urlopen(PAGE.format(name=name), timeout=PATIENCE_S) as answer:
                told: dict[str, Any] = json.load(answer)
                return told
        except (urllib.error.HTTPError, ValueError):
            return None
        except OSError:
            self._unreached += 1
            return None


def completed(package: dict[str, Any], pins: dict[str, str], ask: Ask) -> dict[str, Any]:
    """One row of the report, with advisories where its package's page tells of the pinned version."""
    if "skip_reason" not in package:
        return package
    version = pins.get(package["name"])
    page = ask(package["name"])
    if page is None or version is None or page["info"]["version"] != version:
        return package
    advisories = [one for one in page["vulnerabilities"] if not one["withdrawn"]]
    vulns = [
        {"id": one["id"], "fix_versions": one["fixed_in"], "aliases": one["aliases"]} for one in advisories
    ]
    return {"name": package["name"], "version": version, "vulns": vulns}


def main() -> None:
    """Complete the report that is named."""
    report, index = Path(sys.argv[1]), PackageIndex()
    pins = locked(LOCK.read_text(encoding="utf-8"))
    told = json.loads(report.read_bytes())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        told["dependencies"] = list(
            pool.map(lambda one: completed(one, pins, index.page_of), told["dependencies"])
        )
    report.write_text(json.dumps(told, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
