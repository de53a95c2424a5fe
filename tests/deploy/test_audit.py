"""An audit that asked about nothing must not read as a clean one."""

import json
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest

from tools.advisories import completed
from tools.audited_environment import fill, locked
from tools.audited_packages import verdict

CLEAN = {"name": "httpx", "version": "0.28.1", "vulns": []}
BAD = {"name": "jinja2", "version": "2.4.1", "vulns": [{"id": "PYSEC-2014-8"}]}
UNKNOWN = {"name": "av", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([CLEAN], 0, "No known vulnerabilities in 1 packages"),
        ([CLEAN, BAD], 1, "jinja2 2.4.1"),
        ([CLEAN, UNKNOWN], 3, "NOT checked of 1 of 2 packages (av); none is known in the other 1"),
        ([UNKNOWN], 3, "NOT checked of 1 of 1 packages (av)"),
        ([BAD, UNKNOWN], 1, "jinja2 2.4.1"),
        ([], 3, "NOT checked of 0 of 0 packages;"),
    ],
    ids=["all asked", "one vulnerable", "one not asked", "none asked", "vulnerable and not asked", "empty"],
)
def test_the_audit_says_what_it_asked_about(packages: list[dict[str, object]], code: int, said: str) -> None:
    found_code, line = verdict(json.dumps({"dependencies": packages}))

    assert found_code == code
    assert said in line


def page(version: str, *advisories: dict[str, Any]) -> dict[str, Any]:
    return {"info": {"version": version}, "vulnerabilities": list(advisories)}


def advisory(withdrawn: str | None = None) -> dict[str, Any]:
    return {"id": "PYSEC-1", "fixed_in": ["2.0"], "aliases": ["CVE-1"], "withdrawn": withdrawn}


@pytest.mark.parametrize(
    ("told", "vulns"),
    [
        (page("18.0"), []),
        (page("18.0", advisory()), ["PYSEC-1"]),
        (page("18.0", advisory(withdrawn="2026-01-01")), []),
        (page("18.1"), None),
        (page("18.1", advisory()), None),
        (None, None),
    ],
    ids=[
        "newest, clean",
        "newest, vulnerable",
        "withdrawn",
        "older pin",
        "older pin, newest vulnerable",
        "no page",
    ],
)
def test_a_package_page_speaks_of_its_newest_version_only(
    told: dict[str, Any] | None, vulns: list[str] | None
) -> None:
    row = completed(UNKNOWN, {"av": "18.0"}, lambda name: told if name == "av" else None)

    if vulns is None:
        assert row == UNKNOWN
    else:
        assert (row["version"], [one["id"] for one in row["vulns"]]) == ("18.0", vulns)


def test_what_pip_audit_knew_is_not_asked_again() -> None:
    assert completed(BAD, {"jinja2": "2.4.1"}, lambda _: page("2.4.1")) == BAD


def test_the_audited_environment_holds_exactly_what_the_lock_names(tmp_path: Path) -> None:
    pins = locked(Path("requirements.lock").read_text(encoding="utf-8"))
    fill(tmp_path, pins)
    held = {one.name.lower().replace("_", "-"): one.version for one in distributions(path=[str(tmp_path)])}

    assert len(pins) > 50
    assert {name: held.get(name) for name in ("fastapi", "numpy", "openvino")} == {
        name: pins[name] for name in ("fastapi", "numpy", "openvino")
    }
    assert len(held) == len(pins)
    with pytest.raises(SystemExit, match=r"^httpx: the lock says 0\.1, \.venv holds"):
        fill(tmp_path, {"httpx": "0.1"})
