"""The v1 draft of the API, whose documents name routes and no fields: JSON in, JSON out.

Where the draft shows a model's PUT and DELETE below `/connections/` and a pipeline's DELETE at `/{slug}`, the consistent
paths are used.
"""

import builtins
import contextlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from warehouse_sync.errors import DecodeError, OutcomeUnknownError, ValidationError, WarehouseSyncError
from warehouse_sync.models.common import require_id, require_run_id
from warehouse_sync.resources.endpoint import is_ambiguous
from warehouse_sync.resources.workspace import Workspace
from warehouse_sync.transport.request import ApiRequest, Method
from warehouse_sync.wire import json_codec

JSONObject = dict[str, Any]
T = TypeVar("T")


class IngestResource:
    """One kind of resource of the v1 draft, as plain JSON objects."""

    def __init__(self, workspace: Workspace, name: str) -> None:
        self._workspace = workspace
        self._name = name
        self._path = f"/platform/v1/workspaces/{workspace.id}/ingest/{name}"

    async def list(self) -> builtins.list[JSONObject]:
        """List them.

        Returns:
            What the API answers, in its order.

        Raises:
            APIError: The API refused.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: v1 draft, `GET /{resource}`.
        """
        return await self._send("GET", "", _list)

    async def get(self, slug: str) -> JSONObject:
        """Read one.

        Args:
            slug: Its id.

        Returns:
            What the API answers.

        Raises:
            ValidationError: The id is not a slug; nothing was sent.
            NotFoundError: There is none with this id.
            APIError: The API refused.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: v1 draft, `GET /{resource}/{slug}`.
        """
        return await self._send("GET", f"/{require_id('slug', slug)}", _object)

    async def create(self, document: Mapping[str, Any]) -> JSONObject:
        """Create one. The request is never sent twice.

        Args:
            document: What to send, as it is.

        Returns:
            What the API answers.

        Raises:
            ValidationError: The document is not JSON; nothing was sent.
            OutcomeUnknownError: The answer was lost or cannot be read.
            APIError: The API refused.
            TransportError: The request did not get through; it was not acted on.

        Source: v1 draft, `POST /{resource}`.
        """
        body = self._dump(document)
        try:
            return await self._send("POST", "", _object, body)
        except WarehouseSyncError as error:
            if not is_ambiguous(error):
                raise
            cause = error
        raise self._unknown("create", str(document.get("slug", document.get("id", "")))) from cause

    async def update(self, slug: str, document: Mapping[str, Any]) -> JSONObject:
        """Replace one.

        Args:
            slug: Its id.
            document: What to send, as it is.

        Returns:
            What the API answers.

        Raises:
            ValidationError: The id is not a slug, or the document is not JSON; nothing was sent.
            OutcomeUnknownError: The API accepted it, and its answer cannot be read.
            NotFoundError: There is none with this id.
            APIError: The API refused.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: v1 draft, `PUT /{resource}/{slug}`.
        """
        path, body = f"/{require_id('slug', slug)}", self._dump(document)
        try:
            return await self._send("PUT", path, _object, body)
        except DecodeError as error:
            cause = error
        raise self._unknown("update", slug) from cause

    async def delete(self, slug: str) -> None:
        """Delete one.

        Args:
            slug: Its id.

        Raises:
            ValidationError: The id is not a slug; nothing was sent.
            NotFoundError: There is none with this id. When an earlier attempt's answer was lost, that is success instead.
            APIError: The API refused.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: v1 draft, `DELETE /{resource}/{slug}`.
        """
        with contextlib.suppress(DecodeError):  # it is deleted; what else the answer says does not matter
            await self._send("DELETE", f"/{require_id('slug', slug)}", _nothing)

    async def _send(
        self, method: Method, path: str, read: Callable[[bytes], T], body: bytes | None = None
    ) -> T:
        call = ApiRequest(method, self._path + path, read, body=body, idempotent=method != "POST")
        return await self._workspace.sender.send(call)

    def _dump(self, document: object) -> bytes:
        problem = "must be an object"
        if isinstance(document, Mapping):
            try:
                return json_codec.encode(document)
            except (TypeError, ValueError, RecursionError) as error:
                problem = f"cannot be sent as JSON ({type(error).__name__})"
        raise ValidationError(f"the {self._name} document", [("document", problem)])

    def _unknown(self, verb: str, slug: str) -> OutcomeUnknownError:
        return OutcomeUnknownError(
            f"whether the {verb} of {slug!r:.80} below /{self._name} happened is unknown: its answer was lost or cannot be read",
            operation=f"{verb} {self._name}",
            resource_id=slug,
        )


class IngestPipelines(IngestResource):
    """The pipelines of the v1 draft, and how their runs stand."""

    async def status(self, slug: str) -> JSONObject:
        """Read how a pipeline stands.

        Args:
            slug: The pipeline's id.

        Returns:
            What the API answers.

        Raises:
            ValidationError: The id is not a slug; nothing was sent.
            NotFoundError: There is no such pipeline.
            APIError: The API refused.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: v1 draft, `GET /pipelines/{pipelineSlug}/status`.
        """
        return await self._send("GET", f"/{require_id('slug', slug)}/status", _object)

    async def run_statuses(self, slug: str) -> Any:  # noqa: ANN401 - the draft does not say whether it is a list or a page
        """Read how a pipeline's runs stand.

        Args:
            slug: The pipeline's id.

        Returns:
            What the API answers, as it is.

        Raises:
            ValidationError: The id is not a slug; nothing was sent.
            NotFoundError: There is no such pipeline.
            APIError: The API refused.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: v1 draft, `GET /pipelines/{pipelineSlug}/status/runs`.
        """
        return await self._send("GET", f"/{require_id('slug', slug)}/status/runs", json_codec.decode)

    async def run_status(self, slug: str, run_id: int) -> JSONObject:
        """Read how one run stands.

        Args:
            slug: The pipeline's id.
            run_id: The run's number.

        Returns:
            What the API answers.

        Raises:
            ValidationError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such run.
            APIError: The API refused.
            TransportError: The request or its answer did not get through. The call is retried.

        Source: v1 draft, `GET /pipelines/{pipelineSlug}/status/runs/{runId}`.
        """
        return await self._send(
            "GET", f"/{require_id('slug', slug)}/status/runs/{require_run_id(run_id)}", _object
        )


class IngestV1:
    """The v1 draft of the API.

    Attributes:
        connections: `/connections`.
        models: `/models`.
        mappings: `/mappings`.
        pipelines: `/pipelines`, with their runs' statuses.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.connections: IngestResource = IngestResource(workspace, "connections")
        self.models: IngestResource = IngestResource(workspace, "models")
        self.mappings: IngestResource = IngestResource(workspace, "mappings")
        self.pipelines: IngestPipelines = IngestPipelines(workspace, "pipelines")


def _object(body: bytes) -> JSONObject:
    document = json_codec.decode(body)
    if not isinstance(document, dict):
        raise DecodeError("the answer is not the object the API documents")
    return document


def _list(body: bytes) -> list[JSONObject]:
    document = json_codec.decode(body)
    if not isinstance(document, list):
        raise DecodeError("the answer is not the list the API documents")
    return document


def _nothing(_: bytes) -> None:
    return None
