"""What connections, data models and pipelines have in common: list, get, create, update, delete.

A create whose answer was lost is looked for, never repeated.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Mapping
from typing import Any, Generic, Literal, Protocol, TypeVar
from urllib.parse import urlencode

import attrs

from warehouse_sync.errors import (
    APIError,
    ConflictError,
    DecodeError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitedError,
    ServerError,
    TransportError,
    ValidationError,
    WarehouseLoginError,
    WarehouseSyncError,
)
from warehouse_sync.models import ConnectionSpec, DataModelSpec, PipelineSpec
from warehouse_sync.models.common import require_id
from warehouse_sync.resources.workspace import RECONCILE_GRACE, Workspace
from warehouse_sync.transport.request import ApiRequest
from warehouse_sync.wire import encode, json_codec, lenient

SpecT = TypeVar("SpecT", ConnectionSpec, DataModelSpec, PipelineSpec)
SpecT_co = TypeVar("SpecT_co", ConnectionSpec, DataModelSpec, PipelineSpec, covariant=True)

_log = logging.getLogger("warehouse_sync")

FIRST_DELAY = 0.5  # seconds before a lost create is looked for again, doubling
MAX_DELAY = 10.0


class Readable(Protocol[SpecT_co]):
    """A model that was read, and can be sent back."""

    def to_spec(self) -> SpecT_co:
        """Return what to send."""
        ...


T = TypeVar("T")
ModelT = TypeVar("ModelT", bound=Readable[Any])


@attrs.frozen(kw_only=True)
class ResourceEndpoint(Generic[SpecT, ModelT]):
    """The five operations on one kind of resource.

    Attributes:
        workspace: Where the resources are.
        path: Their path below the workspace, such as `/connections`.
        noun: What one is called in messages.
        model: What is read.
        spec: What is sent.
    """

    workspace: Workspace
    path: str
    noun: str
    model: type[ModelT]
    spec: type[SpecT]

    async def list_all(self, query: Mapping[str, str] | None = None) -> list[ModelT]:
        """Read all of them."""
        return await self._send(
            ApiRequest("GET", self._path(), self._decode_all, query=urlencode(query or {}))
        )

    async def get(self, resource_id: str) -> ModelT:
        """Read one."""
        return await self._send(ApiRequest("GET", self._path(require_id("id", resource_id)), self._decode))

    async def create(self, spec: SpecT) -> ModelT:
        """Create one; look for it when the answer is lost."""
        call = self._build_request("POST", self._path(), spec)
        try:
            created = await self._send(call)
        except WarehouseSyncError as error:
            if not is_ambiguous(error):
                raise
            cause = error
        else:
            self._mark_created(spec)
            return created
        return await self._reconcile_create(spec, cause)

    async def update(self, spec: SpecT) -> ModelT:
        """Replace one."""
        call = self._build_request("PUT", self._path(str.__str__(spec.id)), spec)
        try:
            return await self._send(call)
        except DecodeError as error:
            cause = error
        raise self._outcome_unknown(
            "update", spec.id, "it was accepted, and the answer cannot be read"
        ) from cause

    async def delete(self, resource_id: str) -> None:
        """Delete one."""
        path = self._path(require_id("id", resource_id))
        with contextlib.suppress(DecodeError):  # it is deleted; what else the answer says does not matter
            await self._send(ApiRequest("DELETE", path, _discard))

    async def _send(self, call: ApiRequest[T]) -> T:
        return await self.workspace.sender.send(call)

    def _path(self, resource_id: str = "") -> str:
        return (
            f"{self.workspace.path}{self.path}/{resource_id}"
            if resource_id
            else f"{self.workspace.path}{self.path}"
        )

    def _decode(self, body: bytes) -> ModelT:
        return lenient.decode(body, self.model)

    def _decode_all(self, body: bytes) -> list[ModelT]:
        return lenient.decode_list(body, self.model)

    def _validate(self, spec: SpecT) -> None:
        if not isinstance(spec, self.spec):
            mend = "; send its .to_spec()" if hasattr(spec, "to_spec") else ""
            raise ValidationError(
                f"the {self.noun}",
                [("spec", f"must be a {self.spec.__name__}, not {type(spec).__name__}{mend}")],
            )
        try:
            problems = list(spec.problems())
        except RecursionError:
            problems = [("extra", "is nested too deeply to be sent as JSON")]
        if problems:
            raise ValidationError(f"{self.noun} {spec.id!r:.80}", problems)

    def _build_request(self, method: Literal["POST", "PUT"], path: str, spec: SpecT) -> ApiRequest[ModelT]:
        """Build the call that sends a spec. From here on its secrets are in nothing that a traceback would show."""
        self._validate(spec)
        body, problem = _encode(spec)
        if problem:
            raise ValidationError(
                f"{self.noun} {spec.id!r}", [("extra", f"holds what cannot be sent as JSON ({problem})")]
            )
        secrets, idempotent = encode.secrets(spec), method == "PUT"
        return ApiRequest(method, path, self._decode, body=body, secrets=secrets, idempotent=idempotent)

    async def _reconcile_create(self, spec: SpecT, cause: WarehouseSyncError) -> ModelT:
        """Find out whether a create happened, by reading its id until it appears or patience ends."""
        found, why = None, "cannot be found"
        try:
            async with asyncio.timeout(self.workspace.sender.reconcile_timeout + RECONCILE_GRACE):
                found = await self._poll_until_found(spec.id)
        except TimeoutError:
            why = "cannot be found in time"
        except WarehouseSyncError as error:
            why = f"cannot be looked for ({type(error).__name__})"
        if found is not None:
            return self._accept_existing(spec, found)
        reason = f"its answer was lost, and it {why}; it was not sent again"
        raise self._outcome_unknown("create", spec.id, reason) from cause

    async def _poll_until_found(self, resource_id: str) -> ModelT | None:
        """Look until it is there, or patience ends."""
        for pause in self.workspace.reconcile_delays(FIRST_DELAY, MAX_DELAY):
            await self.workspace.clock.sleep(pause)
            found = await self._try_get(resource_id)
            if found is not None:
                return found
        return None

    async def _try_get(self, resource_id: str) -> ModelT | None:
        try:
            return await self.get(resource_id)
        except (NotFoundError, RateLimitedError, TransportError, ServerError):
            return None  # not there yet, or not to be told now: look again

    def _accept_existing(self, spec: SpecT, found: ModelT) -> ModelT:
        different = self._differing_fields(spec, found)
        if not different:
            _log.warning(
                "the answer to the create of %s %s was lost; it was found to exist", self.noun, spec.id
            )
            self._mark_created(spec)
            return found
        message = f"a different {self.noun} exists under the id {spec.id!r}: {', '.join(different)} differ"
        raise ConflictError(status=409, messages=[message], method="POST", path=self._path())

    def _mark_created(self, spec: SpecT) -> None:
        """Let the waiters know that the runs of a new pipeline may not be there yet."""
        if isinstance(spec, PipelineSpec):
            self.workspace.expect(spec.id)

    @staticmethod
    def _differing_fields(spec: SpecT, found: ModelT) -> list[str]:
        """Name the fields that are not as they were sent. Secrets do not count: the server masks them."""
        sent = encode.without_secrets(encode.spec(spec), spec)
        return sorted(_differences(sent, encode.spec(found.to_spec())))

    def _outcome_unknown(self, verb: str, resource_id: str, reason: str) -> OutcomeUnknownError:
        message = f"whether the {verb} of {self.noun} {resource_id!r} happened is unknown: {reason}. Read it before you decide."
        return OutcomeUnknownError(message, operation=f"{verb} {self.noun}", resource_id=resource_id)


def _encode(spec: ConnectionSpec | DataModelSpec | PipelineSpec) -> tuple[bytes, str]:
    """Return a spec's JSON, or what is wrong with it: raised from here, the error would keep the secrets."""
    try:
        return json_codec.encode(encode.spec(spec)), ""
    except (TypeError, ValueError, RecursionError) as error:
        return b"", type(error).__name__


def is_ambiguous(error: WarehouseSyncError) -> bool:
    """Tell whether a request that is not repeated may have taken effect although it failed."""
    match error:
        case TransportError():
            return error.sent == "maybe"
        case WarehouseLoginError():
            return False
        case APIError():
            return error.status >= 500 or error.status == 408  # noqa: PLR2004 - HTTP statuses
        case _:
            return isinstance(error, DecodeError)


def _differences(sent: Mapping[str, Any], there: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the paths of what was sent and is not there; what the server adds does not count."""
    for key, value in sent.items():
        other = there.get(key)
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            yield from _differences(value, other, f"{prefix}{key}.")
        elif value != other:
            yield f"{prefix}{key}"


def _discard(_: bytes) -> None:
    return None
