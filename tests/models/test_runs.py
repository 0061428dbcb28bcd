"""Runs, pages, triggers and the handles of waits."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync.errors import ValidationError
from warehouse_sync.models import Page, Run, RunHandle, RunStatus, TriggeredRun

slugs = st.from_regex(r"[A-Za-z0-9_-]+", fullmatch=True)


def test_trigger_gives_a_handle() -> None:
    """A triggered run's handle names the run in full, and nothing else."""
    triggered = TriggeredRun(pipeline_id="p-1", run_id=13325, workspace_id=5328)
    assert triggered.handle() == "wsr1:5328:p-1:13325"
    assert (triggered.status, triggered.inferred) == ("attempt_requested", False)


@given(workspace=st.integers(0), pipeline=slugs, run=st.integers(0))
def test_handle_survives_being_written_down(workspace: int, pipeline: str, run: int) -> None:
    """A handle read back is the same run of the same pipeline of the same workspace."""
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
def test_what_is_no_handle_is_refused(handle: Any) -> None:
    """Only what `handle()` made is read back."""
    with pytest.raises(ValidationError, match="is not a run handle"):
        RunHandle.parse(handle)


def test_run_and_page_need_little() -> None:
    """A run is its id, pipeline and status, a page whether another follows; the rest may be absent."""
    run = Run(id=1, pipeline_id="p", status=RunStatus.QUEUED)
    page = Page(has_next_page=True, items=(run,))
    assert (run.successful_records, run.logical_date, page.total_items) == (None, None, None)
    assert (run.errors, page.has_previous_page) == ((), False)
    assert hash(page) == hash(
        Page(has_next_page=True, items=(Run(id=1, pipeline_id="p", status=RunStatus.QUEUED),))
    )
