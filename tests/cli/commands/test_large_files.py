"""Files with very many keys are checked in linear time."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

DOCUMENT = {"kind": "data_model", "id": "a", "name": "A", "sql_query": "SELECT 1"}


def seconds_for(keys: int, file: Path, offline: "Cli") -> float:
    """Return the CPU time of `plan` for a resource with a number of unknown keys."""
    text = json.dumps({**DOCUMENT, **{f"k{number}": 1 for number in range(keys)}}, indent=0)
    file.write_text(text if file.suffix == ".json" else text[1:-1].replace(",\n", "\n"))
    start = time.process_time()
    done = offline("plan", file)
    seconds = time.process_time() - start
    assert done.exit_code == 10
    assert done.stderr.count("is not a known field") == keys
    return seconds


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_many_keys_are_checked_in_linear_time(name: str, offline: "Cli", tmp_path: Path) -> None:
    """Six times as many keys take less than twelve times as long."""
    few, many = (seconds_for(keys, tmp_path / name, offline) for keys in (10_000, 60_000))
    assert many / few < 12


def test_duplicate_among_many_keys_is_reported(offline: "Cli", tmp_path: Path) -> None:
    """A duplicate key is reported at its line with the line of the first."""
    keys = "".join(f"k{number}: 1\n" for number in range(1000))
    (tmp_path / "a.yaml").write_text(f"kind: data_model\n{keys}k7: 2\n")
    done = offline("plan", tmp_path)
    assert f"{tmp_path / 'a.yaml'}:1002:1: duplicate key 'k7', first used on line 9: remove one of them" in (
        done.stderr
    )
