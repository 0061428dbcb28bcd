"""Read all resources of a workspace."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from warehouse_sync import Connection, DataModel, Pipeline
from warehouse_sync.declarative.files.declarations import Key
from warehouse_sync.declarative.files.documents import to_document
from warehouse_sync.declarative.files.fields import CONNECTION, DATA_MODEL, PIPELINE, Kind

if TYPE_CHECKING:
    from warehouse_sync import AsyncClient


Model = Connection | DataModel | Pipeline


@attrs.frozen(kw_only=True)
class Snapshot:
    """The resources of a workspace when they were read.

    Attributes:
        models: The resources by kind and id.
    """

    models: Mapping[Key, Model]

    def digest(self) -> str:
        """Return a hash of every resource without its status."""
        lines = [
            json.dumps(
                [key, to_document(model.to_spec()), model.extra, _dates(model)], sort_keys=True, default=repr
            )
            for key, model in sorted(self.models.items())
        ]
        return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


async def read_snapshot(client: "AsyncClient") -> Snapshot:
    """Read all resources of a workspace concurrently."""
    lists = await asyncio.gather(
        *(endpoint_of(client, kind).list() for kind in (CONNECTION, DATA_MODEL, PIPELINE))
    )
    kinds = (CONNECTION, DATA_MODEL, PIPELINE)
    return Snapshot(
        models={
            (kind.name, model.id): model for kind, found in zip(kinds, lists, strict=True) for model in found
        }
    )


def endpoint_of(client: "AsyncClient", kind: Kind) -> Any:  # noqa: ANN401 - one of three endpoints with the same methods
    """Return the client's endpoint for a kind."""
    return {CONNECTION: client.connections, DATA_MODEL: client.data_models, PIPELINE: client.pipelines}[kind]


def _dates(model: Model) -> list[str]:
    return [str(model.created_on), str(model.last_modified_on)]
