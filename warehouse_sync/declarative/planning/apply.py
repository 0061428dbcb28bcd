"""Apply a plan one change at a time, so that an interrupted run can be repeated."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from warehouse_sync import NotFoundError, Secret
from warehouse_sync.declarative.errors import PlanError
from warehouse_sync.declarative.files.declarations import DeclaredResource, with_secrets
from warehouse_sync.declarative.planning.ledger import Ledger
from warehouse_sync.declarative.planning.plan import CREATE, DELETE, NO_CHANGE, Change, Plan
from warehouse_sync.declarative.planning.snapshot import endpoint_of

if TYPE_CHECKING:
    from warehouse_sync import AsyncClient


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


async def apply_plan(
    client: "AsyncClient", plan: Plan, ledger: Ledger, environ: Mapping[str, str]
) -> AsyncIterator[Change]:
    """Apply the changes of a plan in order.

    Args:
        client: A client of the workspace.
        plan: The plan.
        ledger: The ledger to update.
        environ: The environment variables for `env:` references.

    Yields:
        Each change after it is applied.

    Raises:
        PlanError: The plan cannot be applied; nothing was changed.
        WarehouseSyncError: A change failed. The yielded changes are applied; a new run continues from there.
    """
    check_plan(plan, environ)
    for change in plan.steps:
        if change.action == DELETE:
            await _delete(client, change, ledger)
        else:
            await _write(client, change, ledger, environ)
        yield change
    ledger.record_managed(frozenset(change.key for change in plan.changes if change.action == NO_CHANGE))


async def _write(client: "AsyncClient", change: Change, ledger: Ledger, environ: Mapping[str, str]) -> None:
    if change.spec is None or change.declared is None:
        raise PlanError([f"the plan has no spec for the {change.kind.noun} {change.id}"])
    values = _secrets(change.declared, environ)
    spec = with_secrets(change.spec, values)
    resource = endpoint_of(client, change.kind)
    if change.action == CREATE:
        # Recorded first: if the process ends in between, the create either happened or is repeated with this secret.
        ledger.record_secrets(change.key, values)
        await resource.create(spec)
    else:
        # Recorded last: until then, the old fingerprint makes a new run send the secret again.
        await resource.update(spec)
        ledger.record_secrets(change.key, values)
    ledger.record_managed(frozenset({change.key}))


def _secrets(declared: DeclaredResource, environ: Mapping[str, str]) -> dict[str, Secret]:
    return {path: reference.resolve(environ) for path, reference in declared.secrets.items()}


async def _delete(client: "AsyncClient", change: Change, ledger: Ledger) -> None:
    with suppress(NotFoundError):  # already deleted
        await endpoint_of(client, change.kind).delete(change.id)
    ledger.remove(change.key)
