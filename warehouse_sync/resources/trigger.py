"""Triggering a pipeline, and finding the run of a trigger whose answer was lost."""

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
from warehouse_sync.resources.runs import run_pager
from warehouse_sync.resources.workspace import RECONCILE_GRACE, Workspace
from warehouse_sync.transport.request import ApiRequest
from warehouse_sync.wire import json_codec, lenient

_log = logging.getLogger("warehouse_sync")

CLOCK_TOLERANCE = timedelta(
    seconds=2
)  # HTTP dates are whole seconds, and the reference shows trigger times seconds apart
LOGICAL_DATE_MARGIN = timedelta(days=1)  # how far before its trigger a run's logical date may lie
RECONCILE_DELAYS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)  # seconds to wait before each look for a lost run


@attrs.define(eq=False)
class ServerClock:
    """The server's time, from the `Date` of its answers; this machine's until one has come.

    Attributes:
        wall: This machine's time, in seconds since 1970.
        ahead: How far the server's clock is ahead of this machine's.
    """

    wall: Callable[[], float]
    ahead: timedelta = timedelta()

    def update(self, headers: Mapping[str, str]) -> None:
        """Take the time from an answer's headers."""
        try:
            date = parsedate_to_datetime(headers.get("Date", ""))
        except (ValueError, OverflowError):
            return
        self.ahead = (date if date.tzinfo else date.replace(tzinfo=UTC)) - datetime.fromtimestamp(
            self.wall(), UTC
        )


async def trigger(workspace: Workspace, pipeline_id: str) -> TriggeredRun:
    """Trigger a pipeline, exactly once."""
    body = json_codec.encode({"pipeline_id": require_id("pipeline_id", pipeline_id)})
    began = _now(workspace)
    try:
        return await workspace.sender.send(
            ApiRequest(
                "POST",
                f"{workspace.path}/inputs/data-pipelines/trigger",
                lambda answer: _read(answer, workspace, pipeline_id),
                body=body,
                idempotent=False,
            )
        )
    except WarehouseSyncError as error:
        if not is_ambiguous(error):
            raise
        cause = error
    candidates = await _find_manual_runs(workspace, pipeline_id, began)
    if len(candidates) == 1:
        _log.warning(
            "the answer to the trigger of %s was lost; run %d is taken for its own",
            pipeline_id,
            candidates[0],
        )
        return _mark_created(
            workspace,
            TriggeredRun(
                pipeline_id=pipeline_id, run_id=candidates[0], inferred=True, workspace_id=workspace.id
            ),
        )
    raise _outcome_unknown(pipeline_id, candidates) from cause


def _read(body: bytes, workspace: Workspace, pipeline_id: str) -> TriggeredRun:
    document = json_codec.decode(body)
    if isinstance(document, dict):
        document |= {"pipeline_id": pipeline_id, "workspace_id": workspace.id}
    return _mark_created(workspace, lenient.structure(document, TriggeredRun))


def _mark_created(workspace: Workspace, triggered: TriggeredRun) -> TriggeredRun:
    workspace.expect(f"{triggered.pipeline_id}/{triggered.run_id}")
    return triggered


async def _find_manual_runs(workspace: Workspace, pipeline_id: str, began: datetime) -> list[int]:
    """Return the manual runs that began since, newest first; look a few times, since a run may take a moment to appear."""
    clock = ServerClock(workspace.clock.wall)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(sum(RECONCILE_DELAYS) + RECONCILE_GRACE):
            for pause in RECONCILE_DELAYS:
                await workspace.clock.sleep(pause)
                candidates = await _manual_runs_since(workspace, pipeline_id, began, clock)
                if candidates:
                    return candidates
    return []


async def _manual_runs_since(
    workspace: Workspace, pipeline_id: str, began: datetime, clock: ServerClock
) -> list[int]:
    found: dict[int, datetime] = {}
    try:
        async for run in run_pager(
            workspace, pipeline_id, start=began - LOGICAL_DATE_MARGIN, on_headers=clock.update
        ):
            moment = _run_moment(run)
            is_ours = workspace.expects(f"{pipeline_id}/{run.id}")  # of an earlier trigger, whose answer came
            if run.type == RunType.MANUAL and moment is not None and not is_ours:
                found[run.id] = moment
    except WarehouseSyncError:
        return []  # not to be told now; the caller looks again, and reports the outcome as unknown in the end
    since = began + clock.ahead - CLOCK_TOLERANCE
    return sorted(
        (run_id for run_id, moment in found.items() if moment >= since),
        key=lambda run_id: found[run_id],
        reverse=True,
    )


def _now(workspace: Workspace) -> datetime:
    return datetime.fromtimestamp(workspace.clock.wall(), UTC)


def _run_moment(run: Run) -> datetime | None:
    """Return when a manual run came about, as nearly as its fields tell."""
    return max(
        (date for date in (run.range_end, run.started_on, run.logical_date) if date is not None), default=None
    )


def _outcome_unknown(pipeline_id: str, candidates: list[int]) -> OutcomeUnknownError:
    found = f"any of the runs {candidates} may be its own" if candidates else "no new manual run was found"
    return OutcomeUnknownError(
        f"whether pipeline {pipeline_id!r} was triggered is unknown: the answer was lost, and {found}. It was not triggered again.",
        operation="trigger pipeline",
        resource_id=pipeline_id,
        candidates=candidates,
    )
