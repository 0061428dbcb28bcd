"""`warehouse-sync state`: show and repair which files manage which resources."""

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.errors import CliError
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.planning import files_argument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warehouse_sync.declarative import State, StateFile

Key = tuple[str, str]


class _ResourceName(click.ParamType):  # type: ignore[type-arg]  # click 8.2 has no type argument
    """A kind and an id, such as `pipeline/orders`."""

    name = "resource"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Key:
        """Parse the text."""
        kind, _, resource_id = str(value).partition("/")
        if kind not in ("connection", "data_model", "feed", "pipeline") or not resource_id:
            self.fail(f"{value!r} is not a resource: write KIND/ID such as pipeline/orders", param, ctx)
        return kind, resource_id


_RESOURCE = _ResourceName()


@click.group()
def state() -> None:
    """Show and repair which files manage which resources.

    The workspace itself is never changed.

    Example: warehouse-sync state list infra/
    """


@state.command(name="list")
@files_argument
@output_options
@context_options
def list_resources(*, context: Context, output: Output, files: Path) -> None:
    """List the managed resources of a workspace and their owners.

    Example: warehouse-sync state list infra/
    """
    with errors.exit_on_error():
        current = _state_file(context, files).read()
    _note(output, current)
    output.rows([_row(current, key) for key in sorted(current.ownership)], ("kind", "id", "owner", "others"))


@state.command()
@files_argument
@output_options
@context_options
def show(*, context: Context, output: Output, files: Path) -> None:
    """Show where the state is, its serial number and its owner.

    Example: warehouse-sync state show infra/
    """
    with errors.exit_on_error():
        state_file = _state_file(context, files)
        current = state_file.read()
    _note(output, current)
    output.record(
        {
            "state": str(state_file.store),
            "serial": current.serial,
            "owner": current.owner,
            "managed": len(current.managed),
            "managed_by_others": len(current.ownership) - len(current.managed),
        }
    )


@state.command()
@files_argument
@click.argument("key", type=_RESOURCE, metavar="KIND/ID")
@output_options
@context_options
def adopt(*, context: Context, output: Output, files: Path, key: Key) -> None:
    """Record that these files manage a resource.

    Example: warehouse-sync state adopt infra/ pipeline/orders
    """
    with _changing(context, files) as current:
        current.record_managed([key])
    output.record(_row(current, key))


@state.command()
@files_argument
@click.argument("key", type=_RESOURCE, metavar="KIND/ID")
@output_options
@context_options
def forget(*, context: Context, output: Output, files: Path, key: Key) -> None:
    """Remove a resource from the state without deleting it.

    Example: warehouse-sync state forget infra/ pipeline/orders
    """
    with _changing(context, files) as current:
        row = _row(current, _check_known(current, key))
        current.remove(key)
    output.record(row)


@state.command()
@files_argument
@click.argument("old", type=_RESOURCE, metavar="OLD")
@click.argument("new", type=_RESOURCE, metavar="NEW")
@output_options
@context_options
def mv(*, context: Context, output: Output, files: Path, old: Key, new: Key) -> None:
    """Move the record of a resource to another id.

    OLD and NEW have the form KIND/ID and the same kind. Fingerprints of secrets are not moved: they depend on the id.

    Example: warehouse-sync state mv infra/ pipeline/orders pipeline/sales
    """
    if old[0] != new[0]:
        raise click.UsageError("OLD and NEW must have the same kind.")
    with _changing(context, files) as current:
        found = current.ownership[_check_known(current, old)]
        if new in current.ownership:
            raise CliError(f"the state already has {'/'.join(new)}.", ExitCode.REFUSED)
        current.remove(old)
        current.ownership[new] = found
    output.record(_row(current, new))


@state.command()
@files_argument
@output_options
@context_options
def unlock(*, context: Context, output: Output, files: Path) -> None:
    """Remove the lock of a shared state after its process was killed.

    Example: warehouse-sync state unlock infra/
    """
    with errors.exit_on_error():
        store = _state_file(context, files).store
        store.unlock()
    output.record({"unlocked": str(store)})


def _state_file(context: Context, files: Path) -> "StateFile":
    return declarative.StateFile.of(
        api_url=context.api_url,
        workspace_id=context.workspace_id,
        environ=os.environ,
        files=files,
        environment=context.environment,
    )


@contextmanager
def _changing(context: Context, files: Path) -> "Iterator[State]":
    """Lock, read and save the state."""
    with errors.exit_on_error():
        state_file = _state_file(context, files)
        with state_file.lock():
            current = state_file.read()
            yield current
            state_file.save(current)


def _check_known(current: "State", key: Key) -> Key:
    if key not in current.ownership:
        raise CliError(
            f"the state does not have {'/'.join(key)}.",
            ExitCode.NOT_FOUND,
            "`warehouse-sync state list` shows what it has.",
        )
    return key


def _row(current: "State", key: Key) -> dict[str, object]:
    found = current.ownership[key]
    return {"kind": key[0], "id": key[1], "owner": found.owner, "others": list(found.others)}


def _note(output: Output, current: "State") -> None:
    if current.missing:
        output.note(f"{current.missing[0].upper()}{current.missing[1:]}.")
