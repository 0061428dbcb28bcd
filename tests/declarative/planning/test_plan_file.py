"""Tests of reading saved plans."""

import json
from pathlib import Path
from typing import Any

import pytest

from warehouse_sync.declarative import InvalidFilesError, find_plan

PLAN: dict[str, Any] = {
    "warehouse_sync_plan": 2,
    "folder": "infra",
    "environment": None,
    "workspace_id": 1,
    "api_url": "http://localhost",
    "files": "a",
    "remote": "b",
    "options": {"prune": False, "rotate": ["a"], "max_deletes": 5, "adopt": [], "targets": []},
    "changes": [],
}


def test_plan_is_read(tmp_path: Path) -> None:
    """A saved plan is recognized and read with its options."""
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(PLAN))
    saved = find_plan(file)
    assert saved is not None
    options = saved.options
    assert (options.prune, options.rotate, options.max_deletes) == (False, frozenset({"a"}), 5)


@pytest.mark.parametrize(
    "changed",
    [
        {"warehouse_sync_plan": 1},
        {"folder": 1},
        {"environment": 1},
        {"changes": None},
        {"options": None},
        *(
            {"options": {**PLAN["options"], **option}}
            for option in ({"max_deletes": "5"}, {"max_deletes": True}, {"prune": 1}, {"rotate": "a"})
        ),
    ],
)
def test_tampered_plan_is_an_error(changed: dict[str, Any], tmp_path: Path) -> None:
    """A plan with a value of another type is an error that says how to create one."""
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({**PLAN, **changed}))
    with pytest.raises(InvalidFilesError, match="is not a plan of this release: create one with"):
        find_plan(file)


@pytest.mark.parametrize(
    "text", ["{", "[]", '["warehouse_sync_plan"]', '"warehouse_sync_plan"', "{}", "[" * 100_000]
)
def test_other_file_is_no_plan(text: str, tmp_path: Path) -> None:
    """Files of another kind are not plans, so that they are read as declarations; neither are folders."""
    file = tmp_path / "plan.json"
    file.write_text(text)
    assert find_plan(file) is None
    assert find_plan(tmp_path) is None
    assert find_plan(tmp_path / "none.json") is None
