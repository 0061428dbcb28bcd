"""Check the installed packages for known vulnerabilities: `make check` runs it.

Without a network nothing can be checked, which is said loudly and fails nothing.
"""

import json
import subprocess
import sys
from typing import Any

COMMAND = ("pip_audit", "--skip-editable", "--format=json", "--progress-spinner=off", "--timeout=15")


def judge(report: str, problem: str) -> tuple[bool, str]:
    """Return whether the packages pass, and what to print.

    Args:
        report: The JSON of pip-audit; empty if it failed.
        problem: What pip-audit wrote to the standard error.
    """
    try:
        packages: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except ValueError:
        lines = problem.strip().splitlines() or ["pip-audit printed no report"]
        return True, f"NOT AUDITED, because the advisories cannot be read: {lines[-1]:.200}"
    audited = [package for package in packages if "vulns" in package]
    if not audited:
        return True, f"NOT AUDITED: the service has no advisories about any of the {len(packages)} packages"
    holes = [
        f"{package['name']} {package['version']}: {vulnerability['id']}, fixed in {', '.join(vulnerability['fix_versions']) or '?'}"
        for package in audited
        for vulnerability in package["vulns"]
    ]
    if holes:
        return False, "\n".join(["Packages with known vulnerabilities:", *holes])
    unknown = len(packages) - len(audited)
    return True, f"{len(audited)} packages have no known vulnerability; {unknown} could not be audited."


def main() -> int:
    """Run pip-audit, print the result, and return the exit code."""
    done = subprocess.run([sys.executable, "-m", *COMMAND], capture_output=True, text=True, check=False)  # noqa: S603 - a constant
    passes, text = judge(done.stdout, done.stderr)
    print(text)  # noqa: T201 - a command
    return 0 if passes else 1


if __name__ == "__main__":
    sys.exit(main())
