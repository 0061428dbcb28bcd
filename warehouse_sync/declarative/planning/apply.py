"""Apply a plan, so that an interrupted run can be repeated."""

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING

import attrs

from warehouse_sync import FeedSpec, NotFoundError, PipelineSpec, Secret, WarehouseSyncError
from warehouse_sync.declarative.errors import PlanError, StalePlanError
from warehouse_sync.declarative.files.declarations import DeclaredResource, Key, with_secrets
from warehouse_sync.declarative.files.fields import CONNECTION, DATA_MODEL, Spec
from warehouse_sync.declarative.planning.plan import CREATE, DELETE, NO_CHANGE, Change, Plan
from warehouse_sync.declarative.planning.snapshot import endpoint_of
from warehouse_sync.declarative.planning.state import State
from warehouse_sync.declarative.planning.state_file import StateFile

if TYPE_CHECKING:
    from warehouse_sync import AsyncClient

PARALLELISM = 10
_SAVE_EVERY = 5.0  # seconds


@attrs.frozen(kw_only=True)
class AppliedChange:
    """The outcome of a change.

    Attributes:
        change: The change.
        error: Why it failed; `None` if it is applied.
    """

    change: Change
    error: WarehouseSyncError | None = None


def check_plan(plan: Plan, environ: Mapping[str, str]) -> None:
    """Check that a plan can be applied, before the first change.

    Raises:
        PlanError: It cannot; the error lists every reason.
    """
    missing = [
        f"the {change.kind.noun} {change.id} needs {path}, but {problem}"
        for change in plan.steps
        if change.declared is not None
        for path, reference in change.declared.secrets.items()
        if (problem := reference.problem(environ)) is not None
    ]
    if plan.blockers or missing:
        raise PlanError([*plan.blockers, *missing])


async def apply_plan(  # noqa: PLR0913 - each is a choice of the caller
    client: "AsyncClient",
    plan: Plan,
    state_file: StateFile,
    environ: Mapping[str, str],
    *,
    parallelism: int = PARALLELISM,
    keep_going: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncGenerator[AppliedChange, None]:
    """Apply the changes of a plan; a change waits for those that it depends on.

    Args:
        client: A client of the workspace.
        plan: The plan.
        state_file: The state to update. Its lock is held until the end.
        environ: The environment variables for `env:` references.
        parallelism: The maximum number of changes at the same time.
        keep_going: Whether to continue after a failure, without the changes that depend on the failed one.
        clock: Returns seconds, for the time between two saves of the state.

    Yields:
        The outcome of each change that was tried. A new run continues from there.

    Raises:
        PlanError: The plan cannot be applied; nothing was changed.
        StateError: The state cannot be saved; the yielded changes are applied.
    """
    check_plan(plan, environ)
    with state_file.lock():
        state = state_file.read()
        if state.serial != plan.serial:
            raise StalePlanError(["the state changed since the plan was made", "make a new plan"])
        run = _Run(client=client, state=state, environ=environ)
        saver = _Saver(state_file=state_file, state=state, clock=clock)
        run.record_intents(plan)
        saver.save()
        try:
            for _, stage in itertools.groupby(
                plan.steps, key=lambda each: (each.action == DELETE, each.kind.name)
            ):
                async with aclosing(_in_parallel(run, stage, parallelism, keep_going=keep_going)) as outcomes:
                    async for outcome in outcomes:
                        saver.save_if_due()
                        yield outcome
                if run.failed and not keep_going:
                    break
            else:
                run.record_unchanged(plan)
        finally:
            saver.save()


@attrs.define(kw_only=True)
class _Saver:
    """Saves the state when it changed, at most every few seconds."""

    state_file: StateFile
    state: State
    clock: Callable[[], float]
    _saved: object = attrs.field(init=False)
    _next: float = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._saved = self._unsaved()
        self._next = self.clock()

    def save_if_due(self) -> None:
        if self.clock() >= self._next:
            self.save()

    def save(self) -> None:
        if self._unsaved() != self._saved:
            self.state_file.save(self.state)
            self._saved = self._unsaved()
        self._next = self.clock() + _SAVE_EVERY

    def _unsaved(self) -> object:
        return self.state.ownership.copy(), self.state.fingerprints.copy()


async def _in_parallel(
    run: "_Run", changes: Iterator[Change], parallelism: int, *, keep_going: bool
) -> AsyncGenerator[AppliedChange, None]:
    """Apply changes that do not depend on each other; after a failure, start no other one unless `keep_going`."""
    active: set[asyncio.Task[AppliedChange]] = set()
    try:
        while True:
            room = parallelism - len(active) if keep_going or not run.failed else 0
            active |= {asyncio.ensure_future(run.apply(each)) for each in itertools.islice(changes, room)}
            if not active:
                return
            done, active = await asyncio.wait(active, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield task.result()
    finally:
        for task in active:
            task.cancel()
        await asyncio.gather(*active, return_exceptions=True)


@attrs.define(kw_only=True)
class _Run:
    """Applies changes and records them.

    Attributes:
        failed: The changes that failed.
    """

    client: "AsyncClient"
    state: State
    environ: Mapping[str, str]
    failed: set[Key] = attrs.field(factory=set)

    def record_intents(self, plan: Plan) -> None:
        """Record every create before it is sent.

        If the process ends early, the create either happened or is repeated with this secret.
        """
        for change in plan.steps:
            if change.action == CREATE and change.declared is not None:
                self.state.record_secrets(change.key, _secrets(change.declared, self.environ))
                self.state.record_created(change.key)

    def record_unchanged(self, plan: Plan) -> None:
        """Record the resources that match the files, and those no longer declared."""
        self.state.record_managed(change.key for change in plan.changes if change.action == NO_CHANGE)
        self.state.record_undeclared(plan.declared)

    async def apply(self, change: Change) -> AppliedChange:
        """Apply a change."""
        try:
            self._check_dependencies(change)
            if change.action == DELETE:
                with suppress(NotFoundError):  # already deleted
                    await _delete(self.client, change)
                self.state.remove(change.key)
            else:
                await self._write(change)
        except WarehouseSyncError as error:
            self.failed.add(change.key)
            return AppliedChange(change=change, error=error)
        return AppliedChange(change=change)

    async def _write(self, change: Change) -> None:
        if change.spec is None or change.declared is None:
            raise PlanError([f"the plan has no spec for the {change.kind.noun} {change.id}"])
        values = _secrets(change.declared, self.environ)
        spec = with_secrets(change.spec, values)
        if change.action == CREATE:
            await _create(self.client, change, spec)
        else:
            # Recorded after the update: until then, the old fingerprint makes a new run send the secret again.
            await _update(self.client, change, spec)
            self.state.record_secrets(change.key, values)
            self.state.record_managed([change.key])
            if change.renamed_from is not None:
                self.state.remove((change.kind.name, change.renamed_from))

    def _check_dependencies(self, change: Change) -> None:
        if change.action == DELETE and self.failed:
            # What failed may still use it, such as a pipeline whose update would have replaced it.
            raise WarehouseSyncError("not deleted, because another change failed")
        if isinstance(change.spec, PipelineSpec):
            needed = ((CONNECTION, change.spec.connection_id), (DATA_MODEL, change.spec.data_model_id))
            for kind, resource_id in needed:
                if (kind.name, resource_id) in self.failed:
                    raise WarehouseSyncError(f"its {kind.noun} {resource_id} failed")


async def _create(client: "AsyncClient", change: Change, spec: Spec) -> None:
    if isinstance(spec, FeedSpec):
        await client.feeds.create(spec)
    else:
        await endpoint_of(client, change.kind).create(spec)


async def _update(client: "AsyncClient", change: Change, spec: Spec) -> None:
    if isinstance(spec, FeedSpec) and change.number is not None:
        await client.feeds.update(change.number, spec)
    else:
        await endpoint_of(client, change.kind).update(spec)


async def _delete(client: "AsyncClient", change: Change) -> None:
    if change.number is not None:
        await client.feeds.delete(change.number)
    else:
        await endpoint_of(client, change.kind).delete(change.id)


def _secrets(declared: DeclaredResource, environ: Mapping[str, str]) -> dict[str, Secret]:
    return {path: reference.resolve(environ) for path, reference in declared.secrets.items()}
