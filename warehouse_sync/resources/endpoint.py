"""List, get, create, update and delete of connections, data models and pipelines.

A create is sent once. If its response is lost, the endpoint reads the id to find out whether it was created.
"""

import contextlib
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Generic, Literal, Protocol, TypeVar
from urllib.parse import urlencode

import attrs

from warehouse_sync.base_model import Table
from warehouse_sync.errors import ConflictError, DecodeError, OutcomeUnknownError, WarehouseSyncError
from warehouse_sync.models import ConnectionSpec, DataModelSpec, PipelineSpec
from warehouse_sync.models.references import require_id
from warehouse_sync.resources.reconciliation import find_lost, is_ambiguous
from warehouse_sync.resources.server_clock import ServerClock
from warehouse_sync.resources.specs import to_body
from warehouse_sync.resources.workspace import Workspace
from warehouse_sync.transport.request import ApiRequest, OnHeaders
from warehouse_sync.wire import encode, lenient

SpecT = TypeVar("SpecT", ConnectionSpec, DataModelSpec, PipelineSpec)
SpecT_co = TypeVar("SpecT_co", ConnectionSpec, DataModelSpec, PipelineSpec, covariant=True)

_log = logging.getLogger("warehouse_sync")


class Readable(Protocol[SpecT_co]):
    """A model returned by the API."""

    @property
    def id(self) -> str:
        """The id."""
        ...

    @property
    def created_on(self) -> datetime | None:
        """The time of its creation."""
        ...

    def to_spec(self) -> SpecT_co:
        """Return the spec with the same fields."""
        ...


T = TypeVar("T")
ModelT = TypeVar("ModelT", bound=Readable[Any])


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ResourceEndpoint(Generic[SpecT, ModelT]):
    """The operations on one kind of resource.

    Attributes:
        workspace: The workspace of the resources.
        template: The path of the collection, one of `paths.py`.
        noun: The kind of resource in error messages.
        model: The class of responses.
        spec: The class of requests.
    """

    workspace: Workspace
    template: str
    noun: str
    model: type[ModelT]
    spec: type[SpecT]

    async def list_all(self, query: Mapping[str, str] | None = None) -> list[ModelT]:
        """List all resources."""
        return await self._send(
            ApiRequest(
                "GET", self.path, self._decode_all, query=urlencode(query or {}), template=self.template
            )
        )

    async def get(self, resource_id: str | ModelT | SpecT, *, on_headers: OnHeaders | None = None) -> ModelT:
        """Read one resource.

        Raises:
            DecodeError: The server returned another one.
        """
        path = self._path_of(resource_id)
        found = await self._send(
            ApiRequest("GET", path, self._decode, on_headers=on_headers, template=self._item_template)
        )
        if found.id != path.rpartition("/")[2]:
            raise DecodeError(f"GET {path}: the server returned the {self.noun} {found.id!r:.80} instead")
        return found

    async def create(self, spec: SpecT) -> ModelT:
        """Create one resource. If the response is lost, read the id to find the resource."""
        request = self._build_request("POST", spec)
        clock = ServerClock(self.workspace.clock.wall)
        started = clock.now()
        try:
            created = await self._send(request)
        except WarehouseSyncError as error:
            if not is_ambiguous(error):
                raise
            cause = error
        else:
            self._mark_created(spec)
            return created
        found = await self._find_created(spec, cause, clock)
        created_on = found.created_on
        if created_on is None:
            reason = f"the response was lost, and the existing {self.noun} does not show when it was created"
            raise self._outcome_unknown("create", spec.id, reason) from cause
        return self._accept_existing(spec, found, is_new=clock.is_since(created_on, started))

    async def update(self, spec: SpecT, *, was_read: bool = False) -> ModelT:
        """Replace one resource.

        Args:
            spec: The fields.
            was_read: Whether the API sent the fields. Of these, only masked secrets are refused.
        """
        request = self._build_request("PUT", spec, was_read=was_read)
        try:
            return await self._send(request)
        except DecodeError as error:
            cause = error
        reason = "it was accepted, but the response cannot be decoded"
        raise self._outcome_unknown("update", spec.id, reason) from cause

    async def delete(self, resource_id: str | ModelT | SpecT) -> None:
        """Delete one resource."""
        with contextlib.suppress(DecodeError):  # it is deleted, whatever the response contains
            await self._send(
                ApiRequest("DELETE", self._path_of(resource_id), _discard, template=self._item_template)
            )

    async def _send(self, request: ApiRequest[T]) -> T:
        return await self.workspace.sender.send(request)

    @property
    def path(self) -> str:
        """The path of the collection."""
        return self.workspace.path(self.template)

    @property
    def _item_template(self) -> str:
        return f"{self.template}/{{{self.noun.replace(' ', '_')}_id}}"

    def _path_of(self, resource: str | ModelT | SpecT) -> str:
        resource_id = resource.id if isinstance(resource, (self.model, self.spec)) else resource
        return f"{self.path}/{require_id('id', resource_id)}"

    def _decode(self, body: bytes) -> ModelT:
        return lenient.decode(body, self.model)

    def _decode_all(self, body: bytes) -> list[ModelT]:
        return Table(lenient.decode_list(body, self.model))

    def _build_request(
        self, method: Literal["POST", "PUT"], spec: SpecT, *, was_read: bool = False
    ) -> ApiRequest[ModelT]:
        """Build the request that sends a spec. Tracebacks of later errors hold no frame with its secrets."""
        body = to_body(spec, self.spec, noun=self.noun, identifier="id", was_read=was_read)
        idempotent = method == "PUT"
        path = self._path_of(spec.id) if idempotent else self.path
        secrets = encode.secrets(spec)
        template = self._item_template if idempotent else self.template
        return ApiRequest(
            method,
            path,
            self._decode,
            body=body,
            secrets=secrets,
            idempotent=idempotent,
            template=template,
        )

    async def _find_created(self, spec: SpecT, cause: WarehouseSyncError, clock: ServerClock) -> ModelT:
        """Return the resource that a lost create may have created, and set the clock.

        Raises:
            OutcomeUnknownError: The resource was not found within `RetryPolicy.reconcile_timeout`.
        """
        found, why = await find_lost(self.workspace, lambda: self._get_created(spec.id, clock))
        if found is not None:
            return found
        reason = f"the response was lost, and the {self.noun} {why}; the request was not repeated"
        raise self._outcome_unknown("create", spec.id, reason) from cause

    async def _get_created(self, resource_id: str, clock: ServerClock) -> ModelT | None:
        return await self.get(resource_id, on_headers=clock.update)

    def _accept_existing(self, spec: SpecT, found: ModelT, *, is_new: bool) -> ModelT:
        """Return the resource if a create with a lost response created it.

        Raises:
            ConflictError: It has other fields, or existed before. Its secrets, which the API masks, may be others.
        """
        different = self._differing_fields(spec, found)
        if is_new and not different:
            _log.warning(
                "the response to the create of %s %s was lost, but it was created", self.noun, spec.id
            )
            self._mark_created(spec)
            self.workspace.report_recovered()
            return found
        message = (
            f"a different {self.noun} with the id {spec.id!r} exists: {', '.join(different)} differ"
            if different
            else f"the {self.noun} {spec.id!r} existed before, since {found.created_on:%Y-%m-%d %H:%M:%S} UTC"
        )
        raise ConflictError(status=409, messages=[message], method="POST", path=self.path)

    def _mark_created(self, spec: SpecT) -> None:
        if isinstance(spec, PipelineSpec):  # its runs may not be visible yet
            self.workspace.mark_created(spec.id)

    @staticmethod
    def _differing_fields(spec: SpecT, found: ModelT) -> list[str]:
        """Return the paths of the fields that differ from the spec, without secrets, which the API masks."""
        sent = encode.without_secrets(encode.spec(spec), spec)
        return sorted(_differences(sent, encode.spec(found.to_spec())))

    def _outcome_unknown(self, verb: str, resource_id: str, reason: str) -> OutcomeUnknownError:
        return OutcomeUnknownError(
            f"the outcome of the {verb} of {self.noun} {resource_id!r} is unknown: {reason}. Read it before you try again.",
            operation=f"{verb} {self.noun}",
            resource_id=resource_id,
        )


def _differences(sent: Mapping[str, Any], found: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the paths of fields that were sent and differ. Fields that the server adds are ignored."""
    for key, value in sent.items():
        other = found.get(key)
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            yield from _differences(value, other, f"{prefix}{key}.")
        elif value != other:
            yield f"{prefix}{key}"


def _discard(_: bytes) -> None:
    return None
