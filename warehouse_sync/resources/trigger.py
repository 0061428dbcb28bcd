"""Triggering a pipeline, and finding its run if the response is lost."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import attrs

from warehouse_sync.errors import OutcomeUnknownError, WarehouseSyncError
from warehouse_sync.models import Run, RunType, TriggeredRun
from warehouse_sync.models.common import require_id
from warehouse_sync.resources.endpoint import is_ambiguous
from warehouse_sync.resources.paths import PIPELINES
from warehouse_sync.resources.runs import run_pager
from warehouse_sync.resources.workspace import RECONCILE_GRACE, Workspace
from warehouse_sync.transport.request import ApiRequest
from warehouse_sync.wire import json_codec, lenient

_log = logging.getLogger("warehouse_sync")

# HTTP dates have whole seconds, and in the reference the dates of a triggered run are seconds before the trigger.
CLOCK_TOLERANCE = timedelta(seconds=2)
LOGICAL_DATE_MARGIN = timedelta(days=1)  # how long before the trigger the logical date of its run can be
RECONCILE_DELAYS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)  # seconds before each search for a lost run


@attrs.define(eq=False)
class ServerClock:
    """The difference between the clocks of the server and this machine.

    It is computed from the `Date` header of responses.

    Attributes:
        wall: Returns the time of this machine, in seconds since 1970.
        ahead: How far the server's clock is ahead; 0 before the first response.
    """

    wall: Callable[[], float]
    ahead: timedelta = timedelta()

    def update(self, headers: Mapping[str, str]) -> None:
        """Update the difference from the headers of a response."""
        try:
            date = parsedate_to_datetime(headers.get("Date", ""))
        except (ValueError, OverflowError):
            return
        server = date if date.tzinfo else date.replace(tzinfo=UTC)
        self.ahead = server - datetime.fromtimestamp(self.wall(), UTC)


async def trigger(workspace: Workspace, pipeline_id: str) -> TriggeredRun:
    """Trigger a pipeline once. If the response is lost, search for the run.

    Raises:
        OutcomeUnknownError: The response was lost, and not exactly one new manual run was found.
    """
    body = json_codec.encode({"pipeline_id": require_id("pipeline_id", pipeline_id)})
    started = datetime.fromtimestamp(workspace.clock.wall(), UTC)

    def decode(response: bytes) -> TriggeredRun:
        document = json_codec.decode(response)
        if isinstance(document, dict):
            document |= {"pipeline_id": pipeline_id, "workspace_id": workspace.id}
        return lenient.structure(document, TriggeredRun)

    path = f"{workspace.path(PIPELINES)}/trigger"
    try:
        triggered = await workspace.sender.send(ApiRequest("POST", path, decode, body=body, idempotent=False))
    except WarehouseSyncError as error:
        if not is_ambiguous(error):
            raise
        cause = error
    else:
        workspace.mark_created(pipeline_id, triggered.run_id)
        return triggered
    candidates = await _find_new_runs(workspace, pipeline_id, started)
    if len(candidates) != 1:
        raise _outcome_unknown(pipeline_id, candidates) from cause
    [run_id] = candidates
    _log.warning(
        "the response to the trigger of %s was lost; run %d is its only new manual run", pipeline_id, run_id
    )
    workspace.mark_created(pipeline_id, run_id)
    return TriggeredRun(pipeline_id=pipeline_id, run_id=run_id, inferred=True, workspace_id=workspace.id)


async def _find_new_runs(workspace: Workspace, pipeline_id: str, started: datetime) -> list[int]:
    """Return the manual runs since `started`, newest first. Search several times, because a run appears with a delay."""
    clock = ServerClock(workspace.clock.wall)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(sum(RECONCILE_DELAYS) + RECONCILE_GRACE):
            for delay in RECONCILE_DELAYS:
                await workspace.clock.sleep(delay)
                candidates = await _manual_runs_since(workspace, pipeline_id, started, clock)
                if candidates:
                    return candidates
    return []


async def _manual_runs_since(
    workspace: Workspace, pipeline_id: str, started: datetime, clock: ServerClock
) -> list[int]:
    found: dict[int, datetime] = {}
    earliest = started - LOGICAL_DATE_MARGIN
    try:
        async for run in run_pager(workspace, pipeline_id, start=earliest, on_headers=clock.update):
            created = _creation_time(run)
            is_known = workspace.was_just_created(pipeline_id, run.id)  # by an earlier trigger of this client
            if run.type == RunType.MANUAL and created is not None and not is_known:
                found[run.id] = created
    except WarehouseSyncError:
        return []  # the caller retries, and reports an unknown outcome in the end
    since = started + clock.ahead - CLOCK_TOLERANCE
    new = (run_id for run_id, created in found.items() if created >= since)
    return sorted(new, key=lambda run_id: found[run_id], reverse=True)


def _creation_time(run: Run) -> datetime | None:
    """Return the best estimate of when a manual run was created: the latest of its dates."""
    return max(
        (date for date in (run.range_end, run.started_on, run.logical_date) if date is not None), default=None
    )


def _outcome_unknown(pipeline_id: str, candidates: list[int]) -> OutcomeUnknownError:
    found = (
        f"each of the new manual runs {candidates} may be its run"
        if candidates
        else "no new manual run was found"
    )
    return OutcomeUnknownError(
        f"the outcome of the trigger of pipeline {pipeline_id!r} is unknown: the response was lost, and {found}. "
        "The trigger was not repeated.",
        operation="trigger pipeline",
        resource_id=pipeline_id,
        candidates=candidates,
    )
