"""Completion of ids in the shell, which are read when Tab is pressed."""

import asyncio
from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

import warehouse_sync
from warehouse_sync.cli import context
from warehouse_sync.cli.warnings import handle_warnings

TIMEOUT = 3.0  # seconds
Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def complete_ids(resource: str) -> Complete:
    """Return the function that completes the ids of a resource.

    It returns nothing if they cannot be read in time: a message would disturb what is being typed.

    Args:
        resource: The client's attribute, such as `data_models`.
    """

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        given = ctx.params.get(param.name or "") if param.nargs == -1 or param.multiple else ()
        try:
            with handle_warnings(lambda _message: None):
                found = asyncio.run(asyncio.wait_for(_read(ctx.params, resource), TIMEOUT))
        except (click.ClickException, warehouse_sync.WarehouseSyncError, OSError, TimeoutError):
            return []
        return [
            CompletionItem(str(each.id), help=each.name)
            for each in found
            if str(each.id).startswith(incomplete) and each.id not in (given or ())
        ]

    return complete


async def _read(params: dict[str, Any], resource: str) -> list[Any]:
    options = {
        "workspace_id": params.get("workspace"),
        **{k: params.get(k) for k in ("api_url", "token_url")},
    }
    found = context.find(
        options,
        profile=params.get("profile"),
        postman_env=params.get("postman_env"),
        timeout=TIMEOUT,
    )
    async with found.client() as client:
        resources: list[Any] = await getattr(client, resource).list()
        return resources
