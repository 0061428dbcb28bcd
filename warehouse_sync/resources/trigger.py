"""Triggering a pipeline, and finding its run if the response is lost."""

import asyncio
import contextlib
import logging
from datetime import datetime, timedelta

from warehouse_sync.errors import ConfigurationError, OutcomeUnknownError, WarehouseSyncError
from warehouse_sync.models import Run, RunType, TriggeredRun
from warehouse_sync.resources.pager import RunPager
from warehouse_sync.resources.paths import TRIGGER
from warehouse_sync.resources.reconciliation import is_ambiguous
from warehouse_sync.resources.run_query import RunQuery, list_runs
from warehouse_sync.resources.server_clock import ServerClock
from warehouse_sync.resources.workspace import RECONCILE_GRACE, Workspace
from warehouse_sync.transport.request import ApiRequest
from warehouse_sync.wire import json_codec, lenient

_log = logging.getLogger("warehouse_sync")

LOGICAL_DATE_MARGIN = timedelta(days=1)  # how long before the trigger the logical date of its run can be
RECONCILE_DELAYS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)  # seconds before each search for a lost run


async def trigger(workspace: Workspace, pipeline_id: str, *, baseline: bool) -> TriggeredRun:
    """Trigger a pipeline once. If the response is lost, search for the run.

    Raises:
        OutcomeUnknownError: The response was lost, and not exactly one new manual run was found.
    """
    body = json_codec.encode({"pipeline_id": pipeline_id})
    search = RunSearch(workspace, pipeline_id)
    if baseline:
        await search.read_baseline()

    def decode(response: bytes) -> TriggeredRun:
        document = json_codec.decode(response)
        if isinstance(document, dict):
            document |= {"pipeline_id": pipeline_id, "workspace_id": workspace.id}
        return lenient.structure(document, TriggeredRun)

    path = workspace.path(TRIGGER)
    try:
        triggered = await workspace.sender.send(
            ApiRequest("POST", path, decode, body=body, idempotent=False, template=TRIGGER)
        )
    except WarehouseSyncError as error:
        if not is_ambiguous(error):
            raise
        cause = error
    else:
        workspace.mark_created(pipeline_id, triggered.run_id)
        return triggered
    candidates = await search.find()
    if len(candidates) != 1:
        raise _outcome_unknown(pipeline_id, candidates) from cause
    [run_id] = candidates
    _log.warning(
        "the response to the trigger of %s was lost; run %d is its only new manual run", pipeline_id, run_id
    )
    workspace.mark_created(pipeline_id, run_id)
    workspace.report_recovered()
    return TriggeredRun(pipeline_id=pipeline_id, run_id=run_id, inferred=True, workspace_id=workspace.id)


class RunSearch:
    """The search for the run of a trigger that is sent after its construction."""

    def __init__(self, workspace: Workspace, pipeline_id: str) -> None:
        self._workspace = workspace
        self._pipeline_id = pipeline_id
        self._clock = ServerClock(workspace.clock.wall)
        self._started = self._clock.now()
        self._baseline: set[int] = set()

    async def read_baseline(self) -> None:
        """Read which runs exist before the trigger, which are then not candidates."""
        self._baseline = {run.id async for run in self._runs()}
        self._started = self._clock.now()

    async def find(self) -> list[int]:
        """Return the new manual runs, newest first.

        Search several times, because a run appears with a delay.
        """
        with contextlib.suppress(TimeoutError, ConfigurationError):  # no more time, or a closed client
            async with asyncio.timeout(sum(RECONCILE_DELAYS) + RECONCILE_GRACE):
                for delay in RECONCILE_DELAYS:
                    await self._workspace.clock.sleep(delay)
                    candidates = await self._find_once()
                    if candidates:
                        return candidates
        return []

    async def _find_once(self) -> list[int]:
        found: dict[int, datetime] = {}
        try:
            async for run in self._runs():
                created = creation_time(run)
                if run.type == RunType.MANUAL and created is not None and not self._is_known(run.id):
                    found[run.id] = created
        except ConfigurationError:
            raise
        except WarehouseSyncError:
            return []  # the caller retries, and reports an unknown outcome in the end
        # Compared after all pages, because they set the server's clock.
        new = [run_id for run_id, created in found.items() if self._clock.is_since(created, self._started)]
        return sorted(new, key=found.__getitem__, reverse=True)

    def _runs(self) -> RunPager:
        query = RunQuery(start=self._started - LOGICAL_DATE_MARGIN)
        return list_runs(self._workspace, self._pipeline_id, query, on_headers=self._clock.update)

    def _is_known(self, run_id: int) -> bool:
        """Return whether a run is in the baseline, or of an earlier trigger."""
        return run_id in self._baseline or self._workspace.has_created(self._pipeline_id, run_id)


def creation_time(run: Run) -> datetime | None:
    """Return when a manual run was created, as far as its dates show it.

    Its range ends at its creation. It may start much later, if it is queued.
    """
    return run.range_end or run.logical_date or run.started_on


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
