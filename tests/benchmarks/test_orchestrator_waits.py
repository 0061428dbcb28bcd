"""The comparison of an orchestrator's waits, in small."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "orchestrator_waits.py"


def test_every_subject_waits_and_is_counted() -> None:
    """Each subject waits for its runs; the shared client opens no more connections than the peers."""
    ran = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(SCRIPT), "--waits", "3", "--seconds", "0.5"],
        env={**os.environ, "POLL_INTERVAL": "0.2", "PYTHONPATH": str(SCRIPT.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in ran.stdout.splitlines()
        if "| 3 |" in line
    ]
    found = {row[1]: (float(row[2]), int(row[3]), int(row[5])) for row in rows}
    assert set(found) == {"asyncio.sleep", "shared client", "session per trigger", "session per poll"}
    assert all(seconds >= 0.4 for seconds, _, _ in found.values())
    assert found["asyncio.sleep"][1:] == (0, 0)
    assert 3 <= found["shared client"][2] <= found["session per poll"][2]
