"""Arguments that identify a resource or a run: an id, or an object that has it."""

import re
from collections.abc import Iterator
from typing import TypeAlias

from warehouse_sync.errors import ValidationError
from warehouse_sync.models.common import SLUG, FieldProblem, check_id, check_whole_number
from warehouse_sync.models.feeds import Feed
from warehouse_sync.models.pipelines import Pipeline, PipelineReport, PipelineSpec
from warehouse_sync.models.runs import Run, RunHandle, TriggeredRun
from warehouse_sync.numeric import shorten

PipelineRef: TypeAlias = str | Pipeline | PipelineSpec | PipelineReport | Run | TriggeredRun
RunRef: TypeAlias = str | TriggeredRun | RunHandle | Run | tuple[PipelineRef, int]
FeedRef: TypeAlias = int | str | Feed

_RUN_ID_LIMIT = 10**100  # Python does not convert integers of thousands of digits to or from strings
_FEED_ID = re.compile(r"[0-9]{1,18}", re.ASCII)
_FEED_ID_LIMIT = 10**18
_HINT = "must be an id, or a pipeline, report or run that has it, not"


def require_id(field: str, value: object) -> str:
    """Return an id that is safe in a URL.

    Raises:
        ValidationError: The value is not a slug.
    """
    if type(value) is str and SLUG.fullmatch(value):
        return value
    problems = tuple(check_id(field, value))
    if problems or not isinstance(value, str):
        raise ValidationError("the request", problems)
    return str.__str__(value)  # the validated text: a subclass of `str` may format itself differently


def require_run_id(value: object) -> int:
    """Return the id of a run.

    Raises:
        ValidationError: The value is not a whole number from 0 on, or has more than 100 digits.
    """
    if type(value) is not int or not 0 <= value < _RUN_ID_LIMIT:
        message = f"must be a whole number from 0 on, not {shorten(value)}"
        raise ValidationError("the request", [("run_id", message)])
    return value


def to_pipeline_id(value: object, field: str = "pipeline_id") -> str:
    """Return the id of a pipeline, of an object that has it.

    Raises:
        ValidationError: The value is neither an id nor such an object.
    """
    match value:
        case str():
            return require_id(field, value)
        case Pipeline() | PipelineSpec():
            return require_id(field, value.id)
        case PipelineReport() | Run() | TriggeredRun():
            return require_id(field, value.pipeline_id)
        case _:
            raise ValidationError("the request", [(field, f"{_HINT} {type(value).__name__}")])


def to_feed_id(value: object) -> int:
    """Return the number of a feed, given it, its digits or the feed.

    Raises:
        ValidationError: The value identifies no feed.
    """
    number = value.id if isinstance(value, Feed) else value
    if isinstance(number, str) and _FEED_ID.fullmatch(number):
        number = int(number)
    if type(number) is int and 0 <= number < _FEED_ID_LIMIT:
        return number
    message = f"must be the number of a feed, or the feed itself, not {shorten(number)}"
    raise ValidationError("the request", [("feed_id", message)])


def pipeline_text(value: object) -> str:
    """Return the id of a pipeline without checking its characters.

    Raises:
        ValidationError: The value is neither a string nor an object that has an id.
    """
    return value if isinstance(value, str) else to_pipeline_id(value)


def check_references(field: str, values: object) -> Iterator[FieldProblem]:
    """Yield the items of a list or tuple that identify no pipeline."""
    if isinstance(values, list | tuple):
        for index, value in enumerate(values):
            if not isinstance(value, PipelineRef):
                yield f"{field}[{index}]", f"{_HINT} {type(value).__name__}"


def to_run(value: object, run_id: object = None, *, field: str = "run") -> RunHandle:
    """Return the run that the arguments of a wait identify.

    Its workspace is 0 if the arguments do not name one.

    Args:
        value: A run, a handle, a pair, or what identifies the pipeline of `run_id`.
        run_id: The number of the run, or `None`.
        field: The name of the argument in errors.

    Raises:
        ValidationError: The arguments identify no run.
    """
    if run_id is not None:
        return _handle(0, to_pipeline_id(value), run_id)
    match value:
        case TriggeredRun() | RunHandle():
            return _handle(value.workspace_id, value.pipeline_id, value.run_id)
        case Run():
            return _handle(0, value.pipeline_id, value.id)
        case (pipeline, number):
            return _handle(0, to_pipeline_id(pipeline), number)
        case str() if value.startswith("wsr"):
            return RunHandle.parse(value)
        case str() if field == "run":
            return _handle(0, value, run_id)  # the id of a pipeline alone
        case _:
            message = "must be a run, a handle, or a pair of a pipeline id and a run number"
            raise ValidationError("the request to wait", [(field, f"{message}, not {type(value).__name__}")])


def _handle(workspace_id: int, pipeline_id: object, run_id: object) -> RunHandle:
    problems = list(check_whole_number("workspace_id", workspace_id))
    if problems:
        raise ValidationError("the request to wait", problems)
    return RunHandle(
        workspace_id=workspace_id,
        pipeline_id=require_id("pipeline_id", pipeline_id),
        run_id=require_run_id(run_id),
    )
