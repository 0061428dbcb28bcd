"""The documents' JSON examples."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).parents[1] / "vectors"


@pytest.fixture
def body() -> Callable[[str], bytes]:
    """Return the bytes of an example: `body("runs/get.response")`."""
    return lambda name: (VECTORS / f"{name}.json").read_bytes()


@pytest.fixture
def vector(body: Callable[[str], bytes]) -> Callable[[str], Any]:
    """Return an example as plain JSON."""
    return lambda name: json.loads(body(name))
