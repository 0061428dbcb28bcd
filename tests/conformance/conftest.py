"""Programs of others, which `make conformance` installs into `.tools`."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / ".tools"
PLACES = (TOOLS / "node_modules" / ".bin", TOOLS / "venv" / "bin")


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """Return the path of a program; without it the test is skipped."""

    def find(name: str) -> str:
        found = shutil.which(name, path=os.pathsep.join(map(str, PLACES)))
        if found is None:
            pytest.skip(f"{name} is not installed: run make conformance")
        return found

    return find
