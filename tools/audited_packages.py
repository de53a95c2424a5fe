"""How many packages pip-audit really asked about: it calls a package that its service does not know "no known
vulnerabilities" all the same. In: vulnerabilities.json. Exit 0 all were asked about and none is vulnerable, 1 some are,
3 not all could be asked about.
"""

import json
import sys
from pathlib import Path

VULNERABLE, NOT_ASKED = 1, 3
MOST_NAMED = 8


def verdict(report: str) -> tuple[int, str]:
    """Exit code and one line for people."""
    packages = json.loads(report)["dependencies"]
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    vulnerable = sorted(f"{one['name']} {one['version']}" for one in packages if one.get("vulns"))
    if vulnerable:
        return VULNERABLE, f"Known vulnerabilities in: {', '.join(vulnerable)}"
    if skipped or not packages:
        asked = len(packages) - len(skipped)
        named = ", ".join(skipped[:MOST_NAMED]) + (", …" if len(skipped) > MOST_NAMED else "")
        return NOT_ASKED, (
            f"Vulnerabilities were NOT checked of {len(skipped)} of {len(packages)} packages"
            f"{f' ({named})' if named else ''}; none is known in the other {asked}."
        )
    return 0, f"No known vulnerabilities in {len(packages)} packages."


def main() -> int:
    """Judge the report that is named."""
    code, line = verdict(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.stdout.write(line + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
