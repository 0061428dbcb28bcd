"""The token of a credential, shared by all callers in the process.

Callers in any event loop and thread share one fetch. The state is a few attributes behind a thread lock that is held only
to read or replace them. A refresh runs in a task of its own, so that cancelling one waiter cancels neither the refresh nor
other waiters. Waiters share one `concurrent.futures.Future`, which works across event loops and threads.
"""

import asyncio
import concurrent.futures
import copy
import hashlib
import logging
import os
import re
import threading
import weakref
from collections.abc import Awaitable, Callable
from typing import TypeGuard

import attrs

from warehouse_sync.errors import ConfigurationError, TransportError
from warehouse_sync.settings import Clock, Settings

AUDIENCE = "https://api.mparticle.com"  # a constant, also for regional API hosts
REFRESH_MARGIN = 300.0  # seconds before expiry at which a refresh starts, at most
REFRESH_INTERVAL = 30.0  # seconds between attempts to refresh before expiry
MIN_REPLACE_INTERVAL = 1.0  # seconds between replacements of tokens that were never accepted, doubling
MAX_REPLACE_INTERVAL = 60.0
LIVENESS_INTERVAL = 1.0  # seconds between checks that the event loop of a refresh is still running

_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")

_log = logging.getLogger("warehouse_sync")


@attrs.frozen(kw_only=True)
class TokenResponse:
    """A token as the token endpoint issued it.

    Attributes:
        access_token: The token; excluded from the `repr`.
        lifetime: Seconds for which it is valid, from the time of the request.
    """

    access_token: str = attrs.field(repr=False)
    lifetime: float


class AccessToken:
    """A token and its times. Its `repr` does not show the token.

    Attributes:
        accepted: Whether the API accepted it.
        refresh_at: When to start a refresh, on the monotonic clock.
        expires_at: When it expires, on the monotonic clock.
    """

    __slots__ = ("__value", "accepted", "expires_at", "refresh_at")

    def __init__(self, response: TokenResponse, *, requested_at: float) -> None:
        self.__value = response.access_token
        self.accepted: bool = False
        self.expires_at: float = requested_at + response.lifetime
        self.refresh_at: float = self.expires_at - refresh_margin(response.lifetime)

    def reveal(self) -> str:
        """Return the token itself."""
        return self.__value

    def __repr__(self) -> str:
        return f"<AccessToken expires_at={self.expires_at:.0f}>"


# Fetches a token, given the one that the API rejected last, which must not be returned.
Fetch = Callable[[AccessToken | None], Awaitable[TokenResponse]]


def refresh_margin(lifetime: float) -> float:
    """Return how many seconds before its expiry to refresh a token.

    Five minutes, but at most a tenth of the lifetime.
    """
    return min(REFRESH_MARGIN, lifetime / 10)


def is_token(value: object) -> TypeGuard[str]:
    """Return whether a value can be sent as a token.

    Tokens are printable ASCII without spaces, of at most 16 KiB.
    """
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


@attrs.define(eq=False, repr=False)
class _Refresh:
    """A running fetch. Its future ends with a token, an error, or `None` if its event loop ended first."""

    loop: asyncio.AbstractEventLoop
    fetch: Fetch
    future: "concurrent.futures.Future[AccessToken | None]" = attrs.field(
        factory=concurrent.futures.Future, init=False
    )

    def __attrs_post_init__(self) -> None:
        self.future.set_running_or_notify_cancel()  # so that no waiter can cancel it

    def is_orphaned(self) -> bool:
        """Return whether its event loop has stopped, so that its future never ends."""
        return not self.future.done() and not self.loop.is_running()


class TokenSource:
    """The token of one credential.

    Attributes:
        token: The current token. Use it without waiting until `refresh_at`.
    """

    def __init__(self, clock: Clock) -> None:
        self.token: AccessToken | None = None
        self._rejected: AccessToken | None = None
        self._clock = clock
        self._lock = threading.Lock()
        self._refresh: _Refresh | None = None
        self._next_refresh = float("-inf")
        self._next_replacement = float("-inf")
        self._replace_interval = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    async def get(self, fetch: Fetch) -> AccessToken:
        """Return a valid token, fetching one if necessary.

        A token near its expiry is returned at once and refreshed in the background.

        Args:
            fetch: Fetches a token once. Not called if another caller is fetching one.

        Raises:
            TokenError: The token endpoint rejected the credential or sent an invalid response.
            TransportError: The token endpoint could not be reached.
        """
        retryable: tuple[type[Exception], ...] = (ConfigurationError, TransportError)
        while True:
            now, token = self._clock.monotonic(), self.token
            if token is not None and now < token.expires_at:
                self._refresh_early(token, now, fetch)
                return token
            refresh = self._join_refresh(fetch, current=token)
            if refresh is None or not await self._wait_for(refresh):
                continue
            error = refresh.future.exception()
            if error is None:
                fetched = refresh.future.result()
                if fetched is not None:
                    return fetched
            elif refresh.fetch == fetch or not isinstance(error, retryable):
                raise copy.copy(error)  # a copy for each waiter: a shared one would collect all tracebacks
            elif isinstance(error, TransportError):
                # Another client's timeout or proxy may be the cause, but only once.
                retryable = (ConfigurationError,)

    def invalidate(self, token: AccessToken) -> bool:
        """Drop a token that the API rejected, unless it was already replaced.

        Tokens that were never accepted are dropped at growing intervals only, so that an API that rejects every token does
        not cause a fetch per request.

        Returns:
            Whether to send the request again with another token.
        """
        now = self._clock.monotonic()
        with self._lock:
            if self.token is not token:
                return True
            if token.accepted:
                self._replace_interval = 0.0
            elif now < self._next_replacement:
                return False
            self._replace_interval = min(
                max(2 * self._replace_interval, MIN_REPLACE_INTERVAL), MAX_REPLACE_INTERVAL
            )
            self._next_replacement = now + self._replace_interval
            self.token, self._rejected = None, token
            return True

    def reset_after_fork(self) -> None:
        """Drop the parent's refresh in a forked child, where it never ends."""
        self._lock = threading.Lock()
        self._refresh = None

    def _refresh_early(self, token: AccessToken, now: float, fetch: Fetch) -> None:
        if now >= token.refresh_at and now >= self._next_refresh:
            self._next_refresh = now + REFRESH_INTERVAL
            self._join_refresh(fetch, current=token)

    def _join_refresh(self, fetch: Fetch, *, current: AccessToken | None) -> _Refresh | None:
        """Return the running refresh, or start one. Return `None` if `current` has already been replaced."""
        with self._lock:
            if self.token is not current:
                return None
            refresh = self._refresh
            if refresh is not None and not refresh.is_orphaned():
                return refresh
            refresh = self._refresh = _Refresh(asyncio.get_running_loop(), fetch)
        self._start(refresh)  # without the lock: an eager task runs here, and acquires it
        return refresh

    def _start(self, refresh: _Refresh) -> None:
        task = refresh.loop.create_task(self._run(refresh), name="warehouse-sync token refresh")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, refresh: _Refresh) -> None:
        requested_at = self._clock.monotonic()
        try:
            token = AccessToken(await refresh.fetch(self._rejected), requested_at=requested_at)
        except asyncio.CancelledError:
            # Its event loop is ending: waiters on other loops start a refresh there.
            refresh.future.set_result(None)
            raise
        except Exception as error:  # noqa: BLE001 - passed on to every waiter
            interrupted = isinstance(error, ConfigurationError)  # for example because its client was closed
            if self.token is not None and not interrupted:
                _log.warning("the token could not be refreshed before its expiry: %s", error)
            refresh.future.set_exception(error)
        else:
            with self._lock:
                self.token, self._next_refresh = token, float("-inf")
            refresh.future.set_result(token)
        finally:
            self._clear(refresh)

    def _clear(self, refresh: _Refresh) -> None:
        """Drop a finished refresh, whose reference would keep its event loop alive."""
        with self._lock:
            if self._refresh is refresh:
                self._refresh = None

    @staticmethod
    async def _wait_for(refresh: _Refresh) -> bool:
        """Wait until a refresh ends. Return whether it did: one whose event loop stopped never ends."""
        ended = asyncio.wrap_future(refresh.future)
        try:
            while not refresh.future.done():
                if refresh.is_orphaned():
                    return False
                # Unlike `await ended`, this does not cancel the refresh with the waiter and does not raise its error.
                await asyncio.wait([ended], timeout=LIVENESS_INTERVAL)
        finally:
            _detach(ended)
        return True


def _detach(ended: "asyncio.Future[AccessToken | None]") -> None:
    """Keep the refresh from calling into the waiter's event loop, which may be closed when it ends."""
    if not ended.cancel():
        ended.exception()  # mark it as retrieved, or asyncio logs it


_sources: "weakref.WeakValueDictionary[str, TokenSource]" = weakref.WeakValueDictionary()
_sources_lock = threading.Lock()


def credential_key(settings: Settings) -> str:
    """Return a hash that identifies a credential. A rotated secret has another hash."""
    parts = (settings.token_url, AUDIENCE, settings.client_id, settings.client_secret.reveal())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def shared_source(settings: Settings, clock: Clock) -> TokenSource:
    """Return the token source of a credential.

    A process has one per credential, which lives as long as a client uses it.
    """
    key = credential_key(settings)
    with _sources_lock:
        source = _sources.get(key)
        if source is None:
            source = _sources[key] = TokenSource(clock)
        return source


def forget_tokens() -> None:
    """Make clients that are created from now on fetch new tokens; others keep theirs."""
    with _sources_lock:
        _sources.clear()


def _after_fork() -> None:
    global _sources_lock  # noqa: PLW0603 - the parent may have held it during the fork
    _sources_lock = threading.Lock()
    for source in list(_sources.values()):
        source.reset_after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
