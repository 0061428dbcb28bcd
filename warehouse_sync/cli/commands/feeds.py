"""`warehouse-sync feeds`: read and change feeds."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

import warehouse_sync
from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.context import Context, context_options
from warehouse_sync.cli.id_completion import complete_ids
from warehouse_sync.cli.output import Output, output_options
from warehouse_sync.cli.planning import confirm

if TYPE_CHECKING:
    from warehouse_sync import AsyncClient, Feed, FeedSetting

_COLUMNS = ("id", "name", "created_on")


@click.group()
def feeds() -> None:
    """List, show and change feeds.

    A pipeline sends its data to the feed whose id is its partner_feed_id. Feeds need the number of the account:
    WAREHOUSE_SYNC_ACCOUNT_ID, or account_id in a profile. The API does not return the server-to-server key of a feed.

    Example: warehouse-sync feeds list
    """


class _SettingOption(click.ParamType):  # type: ignore[type-arg]  # click 8.2 has no type argument
    """A setting of a feed with a reference to its value, such as `apiKey=env:API_KEY`."""

    name = "setting"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, "declarative.SecretReference"]:
        """Parse the text."""
        name, _, text = str(value).partition("=")
        reference = declarative.parse_secret_reference(text, Path.cwd())
        if not name or reference is None:
            hint = "write NAME=env:VARIABLE or NAME=file:PATH, so that the value is not in the arguments"
            self.fail(f"{name or value!r} is not a setting with a reference: {hint}", param, ctx)
        return name, reference


_settings_option = click.option(
    "--setting",
    "settings",
    type=_SettingOption(),
    multiple=True,
    metavar="NAME=REF",
    help="Set a setting to the value of env:VARIABLE or file:PATH; repeatable.",
)
_id_argument = click.argument("feed_id", metavar="ID", shell_complete=complete_ids("feeds"))


@feeds.command(name="list")
@output_options
@context_options
def list_feeds(*, context: Context, output: Output) -> None:
    """List the feeds of a workspace.

    Example: warehouse-sync feeds list
    """
    found = context.call(lambda client: client.feeds.list())
    rows = ({name: row.get(name) for name in _COLUMNS} for row in declarative.to_documents(found))
    output.rows(rows, _COLUMNS)


@feeds.command()
@_id_argument
@output_options
@context_options
def get(*, context: Context, output: Output, feed_id: str) -> None:
    """Show a feed with the values of its settings masked.

    Example: warehouse-sync feeds get 4302
    """
    output.record(declarative.to_document(context.call(lambda client: client.feeds.get(feed_id))))


@feeds.command()
@click.argument("name", metavar="NAME")
@click.option("--module-name", required=True, metavar="MODULE", help="Kind of feed, such as MailChimp.")
@click.option(
    "--os", "platform", default="Unknown", show_default=True, metavar="OS", help="Platform that it acts as."
)
@click.option("--debug", is_flag=True, help="Let the feed receive development data.")
@_settings_option
@output_options
@context_options
def create(  # noqa: PLR0913 - one argument per option
    *,
    context: Context,
    output: Output,
    name: str,
    module_name: str,
    platform: str,
    debug: bool,
    settings: tuple[tuple[str, "declarative.SecretReference"], ...],
) -> None:
    """Create a feed. The API assigns its id.

    Example: warehouse-sync feeds create Warehouse --module-name "Custom Feed"
    """
    spec = warehouse_sync.FeedSpec(
        module_name=module_name, name=name, os=platform, is_debug=debug, settings=_settings(settings)
    )
    output.record(declarative.to_document(context.call(lambda client: client.feeds.create(spec))))


@feeds.command()
@_id_argument
@click.option("--name", metavar="NAME", help="New display name.")
@click.option("--os", metavar="OS", help="New platform that it acts as.")
@click.option("--debug/--no-debug", "is_debug", default=None, help="Whether it receives development data.")
@_settings_option
@output_options
@context_options
def update(
    *,
    context: Context,
    output: Output,
    feed_id: str,
    settings: tuple[tuple[str, "declarative.SecretReference"], ...],
    **fields: Any,  # noqa: ANN401 - one argument per field
) -> None:
    """Change fields of a feed.

    The other fields stay. Settings that the API does not return are secrets: pass each with --setting.

    Example: warehouse-sync feeds update 4302 --name Warehouse
    """
    given = {name: value for name, value in fields.items() if value is not None}
    if not given and not settings:
        raise click.UsageError("nothing to change: pass --name, --os, --debug, --no-debug or --setting.")
    new = {setting.name: setting for setting in _settings(settings)}

    async def change(client: "AsyncClient") -> "Feed":
        spec = (await client.feeds.get(feed_id)).to_spec()
        kept = {setting.name: setting for setting in spec.settings}
        changed = attrs.evolve(spec, settings=[*(kept | new).values()], **given)
        return await client.feeds.update(feed_id, changed)

    output.record(declarative.to_document(context.call(change)))


@feeds.command()
@_id_argument
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@output_options
@context_options
def delete(*, context: Context, output: Output, feed_id: str, yes: bool) -> None:
    """Delete a feed.

    Example: warehouse-sync feeds delete 4302 --yes
    """
    if not yes:
        confirm(f"Delete feed {feed_id} of workspace {context.workspace_id}?")
    context.call(lambda client: client.feeds.delete(feed_id))
    output.record({"id": feed_id, "deleted": True})


def _settings(given: Iterable[tuple[str, "declarative.SecretReference"]]) -> "list[FeedSetting]":
    with errors.exit_on_error():
        resolved = [(name, reference.resolve(os.environ)) for name, reference in given]
    return [warehouse_sync.FeedSetting(name=name, value=value) for name, value in resolved]
