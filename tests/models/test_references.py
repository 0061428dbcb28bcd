"""Arguments that identify a pipeline or a run."""

from typing import Any

import pytest

from warehouse_sync.errors import ValidationError
from warehouse_sync.models import Run, RunHandle, RunStatus, TriggeredRun
from warehouse_sync.models.references import to_pipeline_id, to_run

TRIGGERED = TriggeredRun(pipeline_id="p", run_id=7, workspace_id=3)
RUN = Run(id=7, pipeline_id="p", status=RunStatus.RUNNING)


@pytest.mark.parametrize("value", ["p", TRIGGERED, RUN])
def test_pipeline_is_identified_by_what_has_its_id(value: Any) -> None:
    """An id and objects that have it are accepted."""
    assert to_pipeline_id(value) == "p"


@pytest.mark.parametrize("value", ["a/b", "", object(), 7, None])
def test_other_values_identify_no_pipeline(value: Any) -> None:
    """The error names the argument."""
    with pytest.raises(ValidationError) as caught:
        to_pipeline_id(value)
    assert caught.value.fields == ("pipeline_id",)


@pytest.mark.parametrize(
    ("arguments", "workspace_id"),
    [
        ((TRIGGERED,), 3),
        ((TRIGGERED.handle(),), 3),
        ((RunHandle.parse(TRIGGERED.handle()),), 3),
        ((RUN,), 0),
        ((("p", 7),), 0),
        ((["p", 7],), 0),
        (((TRIGGERED, 7),), 0),
        (("p", 7), 0),
        ((RUN, 7), 0),
    ],
)
def test_run_is_identified_by_an_object_or_a_pair(arguments: tuple[Any, ...], workspace_id: int) -> None:
    """The workspace is 0 unless the argument has it."""
    assert to_run(*arguments) == RunHandle(workspace_id=workspace_id, pipeline_id="p", run_id=7)


@pytest.mark.parametrize(
    "value", ["p", 7, None, ("p",), ("p", 7, 8), ("p", "7"), ("a/b", 7), "wsr1:x", {"p": 7}]
)
def test_other_values_identify_no_run(value: Any) -> None:
    """They are rejected, whatever part is wrong."""
    with pytest.raises(ValidationError):
        to_run(value)
