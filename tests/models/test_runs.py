"""Runs, pages, triggered runs and run handles."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync.errors import ValidationError
from warehouse_sync.models import Page, Run, RunHandle, RunStatus, TriggeredRun

slugs = st.from_regex(r"[A-Za-z0-9_-]+", fullmatch=True)


def test_triggered_run_has_a_handle() -> None:
    """The handle of a triggered run identifies the run and nothing else."""
    triggered = TriggeredRun(pipeline_id="p-1", run_id=13325, workspace_id=5328)
    assert triggered.handle() == "wsr1:5328:p-1:13325"
    assert (triggered.status, triggered.inferred) == ("attempt_requested", False)


@given(workspace=st.integers(0), pipeline=slugs, run=st.integers(0))
def test_handle_survives_a_round_trip(workspace: int, pipeline: str, run: int) -> None:
    """A parsed handle is equal to the original."""
    handle = RunHandle(workspace_id=workspace, pipeline_id=pipeline, run_id=run)
    assert RunHandle.parse(str(handle)) == handle


@pytest.mark.parametrize(
    "handle",
    [
        "",
        "13325",
        "wsr1:1:p",
        "wsr1:1:p:2:3",
        "wsr1:1:../p:2",
        "wsr1:1::2",
        "wsr1:-1:p:2",
        "wsr1:\u0661:p:2",
        "wsr2:1:p:2",
        " wsr1:1:p:2",
        "wsr1:1:p:2\n",
        None,
        5,
        b"wsr1:1:p:2",
    ],
)
def test_string_that_is_not_a_handle_is_invalid(handle: Any) -> None:
    """Only strings returned by `handle()` are parsed."""
    with pytest.raises(ValidationError, match="is not a run handle"):
        RunHandle.parse(handle)


def test_optional_fields_of_runs_and_pages_have_defaults() -> None:
    """A run requires its id, pipeline and status; a page requires `has_next_page`."""
    run = Run(id=1, pipeline_id="p", status=RunStatus.QUEUED)
    page = Page(has_next_page=True, items=(run,))
    assert (run.successful_records, run.logical_date, page.total_items) == (None, None, None)
    assert (run.errors, page.has_previous_page) == ((), False)
    assert hash(page) == hash(
        Page(has_next_page=True, items=(Run(id=1, pipeline_id="p", status=RunStatus.QUEUED),))
    )
