"""What `make check` concludes from a report of pip-audit."""

import json
from typing import Any

import pytest

from tests.support.audit import judge

SAFE = {"name": "safe", "version": "1", "vulns": []}
HOLE = {"name": "hole", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3", "4"]}]}
SKIPPED = {"name": "skipped", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "passes", "text"),
    [
        ([SAFE, SKIPPED], True, "1 packages have no known vulnerability; 1 could not be audited."),
        ([SAFE, HOLE], False, "Packages with known vulnerabilities:\nhole 2: CVE-1, fixed in 3, 4"),
        ([SKIPPED], True, "NOT AUDITED: the service has no advisories about any of the 1 packages"),
        ([], True, "NOT AUDITED: the service has no advisories about any of the 0 packages"),
    ],
)
def test_report_is_judged(packages: list[dict[str, Any]], *, passes: bool, text: str) -> None:
    """A known vulnerability fails, and packages that were not audited do not count as safe."""
    assert judge(json.dumps({"dependencies": packages}), "") == (passes, text)


@pytest.mark.parametrize(
    ("problem", "reason"),
    [("Traceback\nProxyError: no route\n", "ProxyError: no route"), ("", "pip-audit printed no report")],
)
def test_audit_without_a_network_is_loud(problem: str, reason: str) -> None:
    """Nothing was checked, and the output says so."""
    assert judge("", problem) == (
        True,
        f"NOT AUDITED, because the advisories cannot be read: {reason}",
    )
