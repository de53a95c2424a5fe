"""An audit that asked about nothing must not read as a clean one."""

import json

import pytest

from tools.audited_packages import verdict

CLEAN = {"name": "httpx", "version": "0.28.1", "vulns": []}
BAD = {"name": "jinja2", "version": "2.4.1", "vulns": [{"id": "PYSEC-2014-8"}]}
UNKNOWN = {"name": "av", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([CLEAN], 0, "No known vulnerabilities in 1 packages"),
        ([CLEAN, BAD], 1, "jinja2 2.4.1"),
        ([CLEAN, UNKNOWN], 3, "NOT checked: the service knew 1 of 2"),
        ([UNKNOWN], 3, "NOT checked: the service knew 0 of 1"),
        ([BAD, UNKNOWN], 1, "jinja2 2.4.1"),
        ([], 3, "NOT checked"),
    ],
    ids=["all asked", "one vulnerable", "one not asked", "none asked", "vulnerable and not asked", "empty"],
)
def test_the_audit_says_what_it_asked_about(packages: list[dict[str, object]], code: int, said: str) -> None:
    found_code, line = verdict(json.dumps({"dependencies": packages}))

    assert found_code == code
    assert said in line
