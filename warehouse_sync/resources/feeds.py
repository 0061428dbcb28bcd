"""The feeds of a workspace, in the platform's v1 API."""

import builtins
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

import attrs

from warehouse_sync.base_model import Table
from warehouse_sync.errors import ConfigurationError, DecodeError, OutcomeUnknownError, WarehouseSyncError
from warehouse_sync.models import Feed, FeedSpec
from warehouse_sync.models.references import FeedRef, to_feed_id
from warehouse_sync.resources.paths import FEED, FEEDS
from warehouse_sync.resources.reconciliation import find_lost, is_ambiguous
from warehouse_sync.resources.server_clock import ServerClock
from warehouse_sync.resources.specs import to_body
from warehouse_sync.resources.workspace import Workspace
from warehouse_sync.transport.request import ApiRequest, Method, OnHeaders
from warehouse_sync.wire import encode, envelopes, lenient

T = TypeVar("T")
_log = logging.getLogger("warehouse_sync")

_ITEM = f"{FEEDS}/{{feed_id}}"
_CREATED = "partnerfeeds/"  # the name under which the workspace remembers feeds; no pipeline id has a slash


class Feeds:
    """The feeds of a workspace: the inputs that pipelines send data to.

    They belong to another API of the platform, which also needs the number of the account: `account_id` of the client. The API
    does not return the server-to-server key of a feed, which `partner_feed_key` of a pipeline needs.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def list(self) -> builtins.list[Feed]:
        """List the feeds of the workspace.

        Returns:
            The feeds, in the API's order, with `id`, `name` and `created_on` only.

        Raises:
            ConfigurationError: The client has no `account_id`; nothing was sent.
            UnauthorizedError: The workspace does not belong to the account, or the credential has no access to it.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: Platform API, `GET /workspace/{workspaceId}/partnerfeeds`.
        """
        return await self._list()

    async def get(self, feed_id: FeedRef) -> Feed:
        """Get one feed.

        Args:
            feed_id: The number of the feed, or the feed itself.

        Returns:
            The feed with its settings. Settings that are secret have no value.

        Raises:
            ValidationError: The id is not valid; nothing was sent.
            ConfigurationError: The client has no `account_id`; nothing was sent.
            NotFoundError: The feed does not exist.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: Platform API, `GET /partnerfeeds/{feedId}`.
        """
        request = self._build_request("GET", FEED, _decode, feed=feed_id)
        return await self._workspace.sender.send(request)

    async def create(self, spec: FeedSpec) -> Feed:
        """Create a feed. The API assigns its id.

        The request is not repeated once it may have reached the API. If the response is lost, the client lists the feeds
        until a new one with the same fields appears, and returns it. A feed with the same fields that another process creates at
        the same time cannot be distinguished from it.

        Args:
            spec: The fields of the feed, with its secrets.

        Returns:
            The created feed: the fields of the spec, and the id and date of the response.

        Raises:
            ValidationError: Fields of the spec are invalid. The error lists all of them; nothing was sent.
            ConfigurationError: The client has no `account_id`; nothing was sent.
            OutcomeUnknownError: The response was lost, and not exactly one such feed was found. `candidates` has the ids of
                those that it may have created.
            APIError: The API returned another error.
            TransportError: The request could not be sent, also after retries; nothing was created.

        Source: Platform API, `POST /workspace/{workspaceId}/partnerfeeds`.
        """
        request = self._build_request("POST", FEEDS, _decode_written, spec=spec)
        search = _FeedSearch(self, self._workspace, spec)
        try:
            written = await self._workspace.sender.send(request)
        except WarehouseSyncError as error:
            if not is_ambiguous(error):
                raise
            cause = error
        else:
            search.mark_created(written.id)
            return _with_spec(written, spec)
        return await search.find(cause)

    async def update(self, feed_id: FeedRef, spec: FeedSpec) -> Feed:
        """Replace the fields of a feed.

        The API accepts the change, and may make it a moment later.

        Args:
            feed_id: The number of the feed, or the feed itself.
            spec: The fields of the feed, with its secrets. A setting without a value is not accepted.

        Returns:
            The feed with the fields of the spec.

        Raises:
            ValidationError: The id or fields of the spec are invalid. The error lists all of them; nothing was sent.
            ConfigurationError: The client has no `account_id`; nothing was sent.
            NotFoundError: The feed does not exist.
            OutcomeUnknownError: The API accepted the request, but its response cannot be decoded.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: Platform API, `PUT /workspace/{workspaceId}/partnerfeeds/{feedId}`.
        """
        number = to_feed_id(feed_id)
        request = self._build_request("PUT", _ITEM, _check_updated, feed=number, spec=spec)
        try:
            await self._workspace.sender.send(request)
        except DecodeError as error:
            cause = error
        else:
            return _with_spec(Feed(id=number, name=spec.name), spec)
        reason = "it was accepted, but the response cannot be decoded"
        raise _outcome_unknown("update", str(number), reason) from cause

    async def delete(self, feed_id: FeedRef) -> None:
        """Delete a feed.

        Args:
            feed_id: The number of the feed, or the feed itself.

        Raises:
            ValidationError: The id is not valid; nothing was sent.
            ConfigurationError: The client has no `account_id`; nothing was sent.
            NotFoundError: The feed does not exist. After an attempt with a lost response this counts as success instead.
            APIError: The API returned another error.
            TransportError: The connection failed or timed out, also after retries.

        Source: Platform API, `DELETE /workspace/{workspaceId}/partnerfeeds/{feedId}`.
        """
        request = self._build_request("DELETE", _ITEM, _discard, feed=feed_id)
        with contextlib.suppress(DecodeError):  # it is deleted, whatever the response contains
            await self._workspace.sender.send(request)

    async def _list(self, on_headers: OnHeaders | None = None) -> builtins.list[Feed]:
        request = self._build_request("GET", FEEDS, _decode_all, on_headers=on_headers)
        found = await self._workspace.sender.send(request)
        return Table(found)

    def _build_request(  # noqa: PLR0913 - the parts of a request
        self,
        method: Method,
        template: str,
        decode: Callable[[bytes], T],
        *,
        feed: FeedRef | None = None,
        spec: FeedSpec | None = None,
        on_headers: OnHeaders | None = None,
    ) -> ApiRequest[T]:
        """Build a request. Tracebacks of later errors hold no frame with the secrets of the spec."""
        workspace = self._workspace
        feed_id = None if feed is None else to_feed_id(feed)
        body = (
            None if method in ("GET", "DELETE") else to_body(spec, FeedSpec, noun="feed", identifier="name")
        )
        if workspace.account_id is None:
            raise ConfigurationError(
                "feeds need the number of the account: pass account_id, or set WAREHOUSE_SYNC_ACCOUNT_ID"
            )
        return ApiRequest(
            method,
            template.format(workspace_id=workspace.id, feed_id=feed_id),
            decode,
            template=template,
            query=f"accountId={workspace.account_id}",
            body=body,
            secrets=() if spec is None else encode.secrets(spec),
            idempotent=method != "POST",
            on_headers=on_headers,
        )


class _FeedSearch:
    """The search for the feed of a create that is sent after its construction.

    Attributes:
        candidates: The ids of new feeds with the same name, as last read.
    """

    def __init__(self, feeds: Feeds, workspace: Workspace, spec: FeedSpec) -> None:
        self._feeds = feeds
        self._workspace = workspace
        self._spec = spec
        self._clock = ServerClock(workspace.clock.wall)
        self._started = self._clock.now()
        self.candidates: list[int] = []

    def mark_created(self, feed_id: int) -> None:
        """Record that the client created a feed, which a later search then ignores."""
        self._workspace.mark_created(_CREATED, feed_id)

    async def find(self, cause: WarehouseSyncError) -> Feed:
        """Return the feed.

        Raises:
            OutcomeUnknownError: Not exactly one new feed has the fields of the spec.
        """
        found, why = await find_lost(self._workspace, self._find_once)
        if found is None:
            reason = f"the response was lost, and the feed {why}; the request was not repeated"
            raise _outcome_unknown("create", self._spec.name, reason, self.candidates) from cause
        _log.warning("the response to the create of feed %d was lost, but it was created", found.id)
        self.mark_created(found.id)
        self._workspace.report_recovered()
        return found

    async def _find_once(self) -> Feed | None:
        listed = await self._feeds._list(self._clock.update)  # noqa: SLF001 - with the server's clock
        self.candidates = [feed.id for feed in listed if self._may_be_created(feed)]
        if len(self.candidates) != 1:
            return None
        found = await self._feeds.get(self.candidates[0])
        return found if _has_fields(found, self._spec) else None

    def _may_be_created(self, feed: Feed) -> bool:
        return (
            feed.name == self._spec.name
            and feed.created_on is not None
            and self._clock.is_since(feed.created_on, self._started)
            and not self._workspace.has_created(_CREATED, feed.id)
        )


def _has_fields(feed: Feed, spec: FeedSpec) -> bool:
    """Return whether a feed has the fields of a spec, except settings without a value."""
    values = {setting.name: setting.value for setting in feed.settings}
    return (feed.module_name, feed.os, feed.is_debug) == (spec.module_name, spec.os, spec.is_debug) and all(
        values.get(setting.name) in (None, setting.value) for setting in spec.settings
    )


def _with_spec(written: Feed, spec: FeedSpec) -> Feed:
    fields = {field.name: getattr(spec, field.name) for field in attrs.fields(FeedSpec)}
    return attrs.evolve(written, **fields)


def _decode(body: bytes) -> Feed:
    return envelopes.decode_item(body, Feed)


def _decode_all(body: bytes) -> list[Feed]:
    return envelopes.decode_items(body, Feed)


def _decode_written(body: bytes) -> Feed:
    """Decode the response to a create, which has an id and a date."""
    return lenient.structure({**envelopes.one_item(body), "name": ""}, Feed)


def _check_updated(body: bytes) -> None:
    """Check the response to an update, which may be empty."""
    if body.strip():
        envelopes.items(body)


def _outcome_unknown(
    verb: str, feed: str, reason: str, candidates: Sequence[int] = ()
) -> OutcomeUnknownError:
    listed = f"; each of the new feeds {list(candidates)} may be it" if candidates else ""
    return OutcomeUnknownError(
        f"the outcome of the {verb} of feed {feed!r:.80} is unknown: {reason}{listed}. List the feeds before you try again.",
        operation=f"{verb} feed",
        resource_id=feed,
        candidates=candidates,
    )


def _discard(_: bytes) -> None:
    return None
