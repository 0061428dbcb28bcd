"""Files with very many keys are checked in linear time."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

KEYS = 60_000
MAX_SECONDS = 30  # of CPU time; a quadratic check needs minutes


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_many_keys_are_checked_in_linear_time(name: str, offline: "Cli", tmp_path: Path) -> None:
    """A mapping with 60,000 keys ends in one problem per unknown key within seconds."""
    document = {"kind": "data_model", "id": "a", "name": "A", "sql_query": "SELECT 1"}
    keys = dict.fromkeys((f"k{number}" for number in range(KEYS)), 1)
    text = json.dumps({**document, **keys}, indent=0)
    (tmp_path / name).write_text(text if name == "a.json" else text[1:-1].replace(",\n", "\n"))
    start = time.process_time()
    done = offline("plan", tmp_path)
    assert time.process_time() - start < MAX_SECONDS
    assert done.exit_code == 10
    assert done.stderr.count("is not a known field") == KEYS


def test_duplicate_among_many_keys_is_reported(offline: "Cli", tmp_path: Path) -> None:
    """A duplicate key is reported at its line with the line of the first."""
    keys = "".join(f"k{number}: 1\n" for number in range(1000))
    (tmp_path / "a.yaml").write_text(f"kind: data_model\n{keys}k7: 2\n")
    done = offline("plan", tmp_path)
    assert f"{tmp_path / 'a.yaml'}:1002:1: duplicate key 'k7', first used on line 9: remove one of them" in (
        done.stderr
    )
