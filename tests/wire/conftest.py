"""The JSON examples of the documents."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).parents[1] / "vectors"


@pytest.fixture
def body() -> Callable[[str], bytes]:
    """Return the bytes of an example, such as `body("runs/get.response")`."""
    return lambda name: (VECTORS / f"{name}.json").read_bytes()


@pytest.fixture
def vector(body: Callable[[str], bytes]) -> Callable[[str], Any]:
    """Return an example as a JSON document."""
    return lambda name: json.loads(body(name))
