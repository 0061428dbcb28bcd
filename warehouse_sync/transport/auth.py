"""One token per credential and process, fetched once however many callers, loops and threads need it.

The state is a few attributes behind a thread lock that is held for no longer than it takes to look at them. A fetch runs
in a task of its own: cancelling who waits for it cancels neither the fetch nor anyone else. Who waits, waits on a
`concurrent.futures.Future`, so loops and threads can share it.
"""

import asyncio
import concurrent.futures
import copy
import hashlib
import logging
import os
import threading
import weakref
from collections.abc import Awaitable, Callable

import attrs

from warehouse_sync.errors import ConfigurationError, TransportError
from warehouse_sync.settings import Clock, Settings
from warehouse_sync.transport.grant import AUDIENCE, Grant, renewal_margin

RENEWAL_PAUSE = 30.0  # seconds between attempts to renew early
PATIENCE = 1.0  # seconds between two looks at whether the loop of a fetch still runs

_log = logging.getLogger("warehouse_sync")


class AccessToken:
    """A token and when to renew it. Never shows itself.

    Attributes:
        renew_at: When a renewal should begin, on the monotonic clock.
        expires_at: When it must no longer be used, on the monotonic clock.
    """

    __slots__ = ("__value", "expires_at", "renew_at")

    def __init__(self, grant: Grant, *, asked_at: float) -> None:
        self.__value = grant.access_token
        self.expires_at: float = asked_at + grant.lifetime
        self.renew_at: float = self.expires_at - renewal_margin(grant.lifetime)

    def reveal(self) -> str:
        """Return the token itself."""
        return self.__value

    def __repr__(self) -> str:
        return f"<AccessToken expires_at={self.expires_at:.0f}>"


# Brings a token; is told the one the API refused last, which will not do.
Fetch = Callable[[AccessToken | None], Awaitable[Grant]]


@attrs.define(eq=False, repr=False)
class _Flight:
    """One fetch under way. It lands with a token, with an error, or with `None` when its loop ended first."""

    loop: asyncio.AbstractEventLoop
    fetch: Fetch
    landing: "concurrent.futures.Future[AccessToken | None]" = attrs.field(
        factory=concurrent.futures.Future, init=False
    )

    def __attrs_post_init__(self) -> None:
        self.landing.set_running_or_notify_cancel()  # from here on, none who waits can cancel it

    def is_lost(self) -> bool:
        """Tell whether its loop has stopped, so that it will never land."""
        return not self.landing.done() and not self.loop.is_running()


class TokenSource:
    """The token of one credential.

    Attributes:
        token: The current token, for a look without waiting; use it while `renew_at` lies ahead.
    """

    def __init__(self, clock: Clock) -> None:
        self.token: AccessToken | None = None
        self._refused: AccessToken | None = None
        self._clock = clock
        self._lock = threading.Lock()
        self._flight: _Flight | None = None
        self._next_renewal = float("-inf")
        self._tasks: set[asyncio.Task[None]] = set()

    async def get(self, fetch: Fetch) -> AccessToken:
        """Return a valid token: at once while there is one, renewed in the background when it nears its end.

        Args:
            fetch: Asks for a token once. Called only if this caller is the one to fetch.

        Raises:
            TokenError: The token endpoint refused, or answered nonsense.
            TransportError: It could not be reached.
        """
        excused: tuple[type[Exception], ...] = (ConfigurationError, TransportError)
        while True:
            now, token = self._clock.monotonic(), self.token
            if token is not None and now < token.expires_at:
                self._renew_early(token, now, fetch)
                return token
            flight = self._join(fetch, instead_of=token)
            if flight is None or not await self._landing(flight):
                continue
            error = flight.landing.exception()
            if error is None:
                landed = flight.landing.result()
                if landed is not None:
                    return landed
            elif flight.fetch == fetch or not isinstance(error, excused):
                raise copy.copy(
                    error
                )  # its own for each waiter: a shared one would collect everybody's traceback
            elif isinstance(error, TransportError):
                excused = (ConfigurationError,)  # another client's bounds or proxy may be to blame, but once

    def invalidate(self, token: AccessToken) -> None:
        """Forget a token the API refused, unless another has taken its place."""
        with self._lock:
            if self.token is token:
                self.token, self._refused = None, token

    def forget_flight(self) -> None:
        """In a forked child: the parent's flight will never land here."""
        self._lock = threading.Lock()
        self._flight = None

    def _renew_early(self, token: AccessToken, now: float, fetch: Fetch) -> None:
        if now >= token.renew_at and now >= self._next_renewal:
            self._next_renewal = now + RENEWAL_PAUSE
            self._join(fetch, instead_of=token)

    def _join(self, fetch: Fetch, *, instead_of: AccessToken | None) -> _Flight | None:
        """Return the flight under way, or start one. Return `None` if one has just landed."""
        with self._lock:
            if self.token is not instead_of:
                return None
            flight = self._flight
            if flight is None or flight.is_lost():
                flight = self._flight = _Flight(asyncio.get_running_loop(), fetch)
                self._start(flight)
            return flight

    def _start(self, flight: _Flight) -> None:
        task = flight.loop.create_task(self._fly(flight), name="warehouse-sync token")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fly(self, flight: _Flight) -> None:
        asked_at = self._clock.monotonic()
        try:
            token = AccessToken(await flight.fetch(self._refused), asked_at=asked_at)
        except asyncio.CancelledError:
            flight.landing.set_result(
                None
            )  # its loop is ending: whoever waits on another starts a flight there
            raise
        except Exception as error:  # noqa: BLE001 - handed to everyone who waits
            cut_off = isinstance(error, ConfigurationError)  # its client was closed, say
            if self.token is not None and not cut_off:
                _log.warning("the token could not be renewed early: %s", error)
            flight.landing.set_exception(error)
        else:
            with self._lock:
                self.token, self._next_renewal = token, float("-inf")
            flight.landing.set_result(token)
        finally:
            self._leave(flight)

    def _leave(self, flight: _Flight) -> None:
        """Let go of a flight that has ended: it would keep its loop alive."""
        with self._lock:
            if self._flight is flight:
                self._flight = None

    @staticmethod
    async def _landing(flight: _Flight) -> bool:
        """Wait for a flight. Return false if it was lost."""
        done = asyncio.wrap_future(flight.landing)
        try:
            while not flight.landing.done():
                if flight.is_lost():
                    return False
                # Unlike awaiting it, this neither cancels the flight with us nor raises for it.
                await asyncio.wait([done], timeout=PATIENCE)
        finally:
            _let_go(done)
        return True


def _let_go(done: "asyncio.Future[AccessToken | None]") -> None:
    """Wait no longer: the flight must not call into our loop, which may be closed when it lands."""
    if not done.cancel():
        done.exception()  # looked at, so that asyncio does not report it as overlooked


_sources: "weakref.WeakValueDictionary[str, TokenSource]" = weakref.WeakValueDictionary()
_sources_lock = threading.Lock()


def credential_key(settings: Settings) -> str:
    """Return what identifies a credential without telling it; another secret gives another key."""
    parts = (settings.token_url, AUDIENCE, settings.client_id, settings.client_secret.reveal())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def shared_source(settings: Settings, clock: Clock) -> TokenSource:
    """Return the process's one source for a credential; it lives as long as a client uses it."""
    key = credential_key(settings)
    with _sources_lock:
        source = _sources.get(key)
        if source is None:
            source = _sources[key] = TokenSource(clock)
        return source


def _after_fork() -> None:
    global _sources_lock  # noqa: PLW0603 - the parent may have held it as it forked
    _sources_lock = threading.Lock()
    for source in list(_sources.values()):
        source.forget_flight()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
