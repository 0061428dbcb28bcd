"""Carrying out a plan, one change after the other; after each of them a re-run finds its way."""

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
    """Make sure that nothing stands in the way before the first change.

    Raises:
        PlanError: Something does; the error lists all of it.
    """
    missing = [
        f"the {change.kind.noun} {change.id} needs its {path}, and {reference} has no value"
        for change in plan.steps
        if change.declared is not None
        for path, reference in change.declared.secrets.items()
        if reference.resolve(environ) is None
    ]
    if plan.blockers or missing:
        raise PlanError([*plan.blockers, *missing])


async def apply_plan(
    client: "AsyncClient", plan: Plan, ledger: Ledger, environ: Mapping[str, str]
) -> AsyncIterator[Change]:
    """Make the changes of a plan, in its order.

    Args:
        client: The workspace.
        plan: What to do.
        ledger: Where to note what was done.
        environ: Where `env:` secrets are.

    Yields:
        Each change once it is made.

    Raises:
        PlanError: Something stands in the way; nothing was changed.
        WarehouseSyncError: A change failed; those that were yielded are made, and a re-run goes on from there.
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
        raise PlanError([f"the plan does not say what the {change.kind.noun} {change.id} should become"])
    values = _secrets(change.declared, environ)
    spec = with_secrets(change.spec, values)
    resource = endpoint_of(client, change.kind)
    if change.action == CREATE:
        # Noted first: when the process dies in between, either the create did not happen, and will, or the note is right.
        ledger.record_secrets(change.key, values)
        await resource.create(spec)
    else:
        # Noted after: until then the old fingerprint makes a re-run send the new secret again.
        await resource.update(spec)
        ledger.record_secrets(change.key, values)
    ledger.record_managed(frozenset({change.key}))


def _secrets(declared: DeclaredResource, environ: Mapping[str, str]) -> dict[str, Secret]:
    found = ((path, reference.resolve(environ)) for path, reference in declared.secrets.items())
    return {path: value for path, value in found if value is not None}


async def _delete(client: "AsyncClient", change: Change, ledger: Ledger) -> None:
    with suppress(NotFoundError):  # gone already, which is what was wanted
        await endpoint_of(client, change.kind).delete(change.id)
    ledger.forget(change.key)
