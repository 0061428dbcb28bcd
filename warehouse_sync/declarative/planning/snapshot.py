"""Read all resources of a workspace."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from warehouse_sync import Connection, DataModel, Feed, Pipeline
from warehouse_sync.declarative.files.declarations import Declarations, Key
from warehouse_sync.declarative.files.documents import to_document
from warehouse_sync.declarative.files.fields import CONNECTION, DATA_MODEL, FEED, PIPELINE, Kind
from warehouse_sync.declarative.planning.state import State

if TYPE_CHECKING:
    from warehouse_sync import AsyncClient


Model = Connection | DataModel | Pipeline | Feed


@attrs.frozen(kw_only=True)
class Snapshot:
    """The resources of a workspace when they were read.

    Attributes:
        models: The resources by kind and id; feeds by name.
        ambiguous: The ids of feeds that have the same name as another one.
    """

    models: Mapping[Key, Model]
    ambiguous: Mapping[Key, tuple[int, ...]] = attrs.field(factory=dict)

    def digest(self) -> str:
        """Return a hash of every resource without its status."""
        lines = [
            json.dumps(
                [key, to_document(model.to_spec()), model.extra, _dates(model)], sort_keys=True, default=repr
            )
            for key, model in sorted(self.models.items())
        ]
        return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


async def read_snapshot(client: "AsyncClient", *, feeds: bool = False) -> Snapshot:
    """Read all resources of a workspace concurrently.

    Args:
        client: A client of the workspace.
        feeds: Whether to read the feeds too, for which the client needs an `account_id`.
    """
    kinds = (CONNECTION, DATA_MODEL, PIPELINE)
    lists = await asyncio.gather(*(endpoint_of(client, kind).list() for kind in kinds))
    models: dict[Key, Model] = {
        (kind.name, model.id): model for kind, found in zip(kinds, lists, strict=True) for model in found
    }
    if not feeds:
        return Snapshot(models=models)
    by_key: dict[Key, list[Feed]] = {}
    for feed in await _read_feeds(client):
        by_key.setdefault((FEED.name, feed.name), []).append(feed)
    return Snapshot(
        models={**models, **{key: found[0] for key, found in by_key.items()}},
        ambiguous={key: tuple(feed.id for feed in found) for key, found in by_key.items() if len(found) > 1},
    )


def needs_feeds(declarations: Declarations, state: State) -> bool:
    """Return whether a plan has to read the feeds: the files declare or manage some."""
    keys = (*declarations.by_key(), *declarations.elsewhere, *state.managed)
    return any(kind == FEED.name for kind, _ in keys)


async def _read_feeds(client: "AsyncClient") -> list[Feed]:
    """Return the feeds with their fields, which a list does not have."""
    listed = await client.feeds.list()
    return await asyncio.gather(*(client.feeds.get(feed) for feed in listed))


def endpoint_of(client: "AsyncClient", kind: Kind) -> Any:  # noqa: ANN401 - one of three endpoints with the same methods
    """Return the client's endpoint for a kind other than feeds."""
    return {CONNECTION: client.connections, DATA_MODEL: client.data_models, PIPELINE: client.pipelines}[kind]


def _dates(model: Model) -> list[str]:
    return [str(model.created_on), str(getattr(model, "last_modified_on", None))]
