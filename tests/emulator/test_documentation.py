"""The documentation page of the emulator: it is complete, and its examples work."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import attrs

from warehouse_sync.emulator import Emulator, Fault, Limits

PAGE = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text("utf-8")
NAMED = set(re.findall(r"`([^`\s]+)`", PAGE))


def test_every_field_of_a_fault_is_documented() -> None:
    """The page names each field of a fault."""
    assert {each.name for each in attrs.fields(Fault)} - {"route"} <= NAMED


def test_every_limit_is_documented() -> None:
    """The page names each limit."""
    assert {each.name for each in attrs.fields(Limits)} <= NAMED


def test_every_control_route_is_documented() -> None:
    """The page has each control route with its methods, and no other."""
    rows = re.findall(r"^\| ((?:`[A-Z]+` )*)`([A-Z]+) (/_emulator/[\w-]+)` \|", PAGE, flags=re.MULTILINE)
    documented = {
        (method, path) for others, last, path in rows for method in [*re.findall("[A-Z]+", others), last]
    }
    served = {(route.method, route.path) for route in Emulator()._middleware()._router.routes()}
    assert documented == {pair for pair in served if "/_emulator/" in pair[1] and "/page." not in pair[1]}


def test_example_test_passes(tmp_path: Path) -> None:
    """The complete example is a test that passes unchanged."""
    [example] = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    path = tmp_path / "test_example.py"
    path.write_text(example, encoding="utf-8")
    plain = ("-q", "-W", "error", "-p", "no:asyncio", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", *plain, str(path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
