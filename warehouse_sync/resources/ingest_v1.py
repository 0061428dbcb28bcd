"""The v1 draft of the API, as JSON documents.

The draft is an outline of November 2022: it has routes but no fields, and there is no sign that it was ever released. The v1
that mParticle published lay at `/platform/v1/workspaces/{id}/inputs/warehouse`; its pipelines were migrated to v2 on
2023-10-31. `warehouse-sync convert` reads its documents.

The draft shows PUT and DELETE of a model below `/connections/`, and DELETE of a pipeline at `/{slug}`. The client uses the
consistent paths instead.
"""

import builtins
import contextlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from warehouse_sync.errors import DecodeError, OutcomeUnknownError, ValidationError, WarehouseSyncError
from warehouse_sync.models.references import require_id, require_run_id
from warehouse_sync.resources.paths import INGEST_V1
from warehouse_sync.resources.reconciliation import is_ambiguous
from warehouse_sync.resources.workspace import Workspace
from warehouse_sync.transport.request import ApiRequest, Method
from warehouse_sync.wire import json_codec
from warehouse_sync.wire.json_codec import JSONObject

T = TypeVar("T")


class IngestResource:
    """One kind of resource of the v1 draft, as JSON objects."""

    def __init__(self, workspace: Workspace, name: str) -> None:
        self._workspace = workspace
        self._name = name
        self._path = f"{workspace.path(INGEST_V1)}/{name}"

    async def list(self) -> builtins.list[JSONObject]:
        """List all resources.

        Returns:
            The JSON objects of the response, in its order.

        Raises:
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: v1 draft, `GET /{resource}`.
        """
        return await self._send("GET", "", json_codec.decode_list)

    async def get(self, slug: str) -> JSONObject:
        """Get one resource.

        Args:
            slug: The id of the resource.

        Returns:
            The JSON object of the response.

        Raises:
            ValidationError: The id is not valid; nothing was sent.
            NotFoundError: The resource does not exist.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: v1 draft, `GET /{resource}/{slug}`.
        """
        return await self._send("GET", "/{slug}", json_codec.decode_object, slug=require_id("slug", slug))

    async def create(self, document: Mapping[str, Any]) -> JSONObject:
        """Create one resource.

        The request is not repeated once it may have reached the API.

        Args:
            document: The JSON object to send.

        Returns:
            The JSON object of the response.

        Raises:
            ValidationError: The document is not a JSON object; nothing was sent.
            OutcomeUnknownError: The response was lost or cannot be decoded.
            APIError: The API returned another error.
            TransportError: The request could not be sent, also after retries; nothing was created.

        Source: v1 draft, `POST /{resource}`.
        """
        body = self._encode(document)
        try:
            return await self._send("POST", "", json_codec.decode_object, body)
        except WarehouseSyncError as error:
            if not is_ambiguous(error):
                raise
            cause = error
        raise self._unknown("create", str(document.get("slug", document.get("id", "")))) from cause

    async def update(self, slug: str, document: Mapping[str, Any]) -> JSONObject:
        """Replace one resource.

        Args:
            slug: The id of the resource.
            document: The JSON object to send.

        Returns:
            The JSON object of the response.

        Raises:
            ValidationError: The id or the document is not valid; nothing was sent.
            OutcomeUnknownError: The API accepted the request, but its response cannot be decoded.
            NotFoundError: The resource does not exist.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: v1 draft, `PUT /{resource}/{slug}`.
        """
        slug, body = require_id("slug", slug), self._encode(document)
        try:
            return await self._send("PUT", "/{slug}", json_codec.decode_object, body, slug=slug)
        except DecodeError as error:
            cause = error
        raise self._unknown("update", slug) from cause

    async def delete(self, slug: str) -> None:
        """Delete one resource.

        Args:
            slug: The id of the resource.

        Raises:
            ValidationError: The id is not valid; nothing was sent.
            NotFoundError: The resource does not exist. After an attempt with a lost response this counts as success instead.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: v1 draft, `DELETE /{resource}/{slug}`.
        """
        with contextlib.suppress(DecodeError):  # it is deleted, whatever the response contains
            await self._send("DELETE", "/{slug}", _discard, slug=require_id("slug", slug))

    async def _send(
        self,
        method: Method,
        template: str,
        decode: Callable[[bytes], T],
        body: bytes | None = None,
        **ids: str | int,
    ) -> T:
        """Send a request. `template` is the path below the collection, `ids` its ids."""
        request = ApiRequest(
            method,
            self._path + template.format(**ids),
            decode,
            body=body,
            idempotent=method != "POST",
            template=f"{INGEST_V1}/{self._name}{template}",
        )
        return await self._workspace.sender.send(request)

    def _encode(self, document: object) -> bytes:
        problem = "must be a mapping of JSON values"
        if isinstance(document, Mapping):
            try:
                return json_codec.encode(document)
            except (TypeError, ValueError, RecursionError) as error:
                problem = f"contains a value that is not JSON ({type(error).__name__})"
        raise ValidationError(f"the {self._name} document", [("document", problem)])

    def _unknown(self, verb: str, slug: str) -> OutcomeUnknownError:
        return OutcomeUnknownError(
            f"the outcome of the {verb} of {slug!r:.80} in /{self._name} is unknown: the response was lost or cannot be decoded. "
            "Read it before you try again.",
            operation=f"{verb} {self._name}",
            resource_id=slug,
        )


class IngestPipelines(IngestResource):
    """The pipelines of the v1 draft and the statuses of their runs."""

    async def status(self, slug: str) -> JSONObject:
        """Get the status of a pipeline.

        Args:
            slug: The id of the pipeline.

        Returns:
            The JSON object of the response.

        Raises:
            ValidationError: The id is not valid; nothing was sent.
            NotFoundError: The pipeline does not exist.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: v1 draft, `GET /pipelines/{pipelineSlug}/status`.
        """
        return await self._send(
            "GET", "/{slug}/status", json_codec.decode_object, slug=require_id("slug", slug)
        )

    async def run_statuses(self, slug: str) -> Any:  # noqa: ANN401 - the draft does not say whether it is an array or an object
        """Get the statuses of the runs of a pipeline.

        Args:
            slug: The id of the pipeline.

        Returns:
            The JSON document of the response.

        Raises:
            ValidationError: The id is not valid; nothing was sent.
            NotFoundError: The pipeline does not exist.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: v1 draft, `GET /pipelines/{pipelineSlug}/status/runs`.
        """
        return await self._send(
            "GET", "/{slug}/status/runs", json_codec.decode, slug=require_id("slug", slug)
        )

    async def run_status(self, slug: str, run_id: int) -> JSONObject:
        """Get the status of one run.

        Args:
            slug: The id of the pipeline.
            run_id: The number of the run.

        Returns:
            The JSON object of the response.

        Raises:
            ValidationError: An argument is invalid; nothing was sent.
            NotFoundError: The run does not exist.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: v1 draft, `GET /pipelines/{pipelineSlug}/status/runs/{runId}`.
        """
        return await self._send(
            "GET",
            "/{slug}/status/runs/{run_id}",
            json_codec.decode_object,
            slug=require_id("slug", slug),
            run_id=require_run_id(run_id),
        )


class IngestV1:
    """The v1 draft of the API.

    An outline of 2022 with routes but no fields, of which no release is known. It is not the v1 that mParticle published at
    `/platform/v1/workspaces/{id}/inputs/warehouse`, whose pipelines were migrated to v2 on 2023-10-31;
    `warehouse-sync convert` reads definitions of that one.

    Attributes:
        connections: The resources at `/connections`.
        models: The resources at `/models`.
        mappings: The resources at `/mappings`.
        pipelines: The resources at `/pipelines`, with the statuses of their runs.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.connections: IngestResource = IngestResource(workspace, "connections")
        self.models: IngestResource = IngestResource(workspace, "models")
        self.mappings: IngestResource = IngestResource(workspace, "mappings")
        self.pipelines: IngestPipelines = IngestPipelines(workspace, "pipelines")


def _discard(_: bytes) -> None:
    return None
