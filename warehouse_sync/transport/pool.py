"""The session pool: one aiohttp session per event loop.

A session is opened at first use, and closed with the client or the event loop.
"""

import asyncio
import concurrent.futures.thread  # noqa: F401 - its hooks for forks must not be added during a fork
import contextlib
import os
import ssl
import sys
import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import aiohttp
import attrs

from warehouse_sync._version import __version__
from warehouse_sync.errors import ConfigurationError
from warehouse_sync.fork_lock import FORK_LOCK
from warehouse_sync.proxies import VARIABLES, Proxy, find_proxy
from warehouse_sync.running_loop import no_loop_error, running_loop
from warehouse_sync.settings import Timeout
from warehouse_sync.transport.aiohttp_internals import (
    FastGet,
    belongs_to,
    close_session_now,
    closes_idle,
    create_connector,
    disable_resend,
    is_supported,
    open_fast_get,
    session_middlewares,
)
from warehouse_sync.transport.deadlines import Deadlines
from warehouse_sync.transport.limits import RequestLimiter
from warehouse_sync.transport.request import BaseUrl

# Modules that the first request would import while it is sent.
_PRELOADED_MODULES = ("msgspec", "encodings.idna")

CLOSED = "the client is closed: create a new one, or keep calls inside its `with` block"
BORROWED_CLOSED = "the session passed to the client is closed: pass an open one"

HEADERS = {
    "Accept": "application/json",
    "User-Agent": f"warehouse-sync/{__version__} aiohttp/{aiohttp.__version__} python/{sys.version_info[0]}.{sys.version_info[1]}",
}


@attrs.define(eq=False, repr=False)
class LoopSession:
    """The aiohttp session of one event loop, and the state of its requests.

    Attributes:
        aiohttp_session: The aiohttp session.
        headers: Headers to add to each request because the session does not send them.
        options: Options to pass with each request because the session's differ.
        limiter: The limit on concurrent requests.
        deadlines: The deadlines of the requests.
        fast_get: The fast path for GET requests, if the session allows it.
        closed_message: The error message for a request that finds the session closed.
        unpooled_session: A session that keeps no connections, for POSTs; `None` if `aiohttp_session` serves them too.
        lifespans: Close the sessions when the event loop ends; none for a borrowed session.
        reading: The response bodies that are being read.
        proxies: The proxy of each server so far; `None` if the environment is not used or has none.
    """

    aiohttp_session: aiohttp.ClientSession
    headers: dict[str, str]
    options: Mapping[str, Any]
    limiter: RequestLimiter
    deadlines: Deadlines
    fast_get: FastGet | None = None
    closed_message: str = CLOSED
    unpooled_session: aiohttp.ClientSession | None = None
    lifespans: tuple[AsyncGenerator[None, None], ...] = ()
    reading: set[aiohttp.StreamReader] = attrs.field(factory=set)
    proxies: "dict[str, Proxy | None] | None" = None

    def proxy(self, base_url: BaseUrl) -> Proxy | None:
        """Return the proxy for a server, or `None` for a direct connection.

        Raises:
            ConfigurationError: The environment holds an invalid proxy.
        """
        if self.proxies is None:
            return None
        url = str(base_url.origin)
        if url not in self.proxies:
            self.proxies[url] = find_proxy(url)
        return self.proxies[url]

    async def close(self) -> None:
        """Close the session unless it is borrowed. Call this on its own event loop."""
        if not self.lifespans:
            return  # requests in flight continue until they end or their deadlines expire
        for content in self.reading:  # aiohttp would leave its readers waiting forever
            content.set_exception(aiohttp.ClientConnectionError(CLOSED))
        for session in filter(None, (self.aiohttp_session, self.unpooled_session)):
            await session.close()
        for lifespan in self.lifespans:
            await lifespan.aclose()


@attrs.frozen(kw_only=True, eq=False, repr=False)
class PoolOptions:
    """The options with which sessions are opened.

    Attributes:
        timeout: The limits on connecting and on waiting for data.
        max_connections: The maximum number of concurrent requests on one event loop.
        session: The caller's session, which is used unchanged and never closed.
        trust_env: Whether to use the proxies of the environment.
        ca_file: A file of certificate authorities to trust in addition to the system's.
        user_agent: An addition to the User-Agent header.
    """

    timeout: Timeout
    max_connections: int = 100
    session: aiohttp.ClientSession | None = None
    trust_env: bool = False
    ca_file: str | Path | None = None
    user_agent: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every request."""
        if self.user_agent is None:
            return HEADERS
        return {**HEADERS, "User-Agent": f"{HEADERS['User-Agent']} {self.user_agent}"}


class SessionPool:
    """A pool with one session per event loop."""

    def __init__(self, options: PoolOptions) -> None:
        self._options = options
        self._sessions: dict[asyncio.AbstractEventLoop, LoopSession] = {}
        self._lock = threading.Lock()
        self._latest: tuple[asyncio.AbstractEventLoop, LoopSession] | None = None
        self.closed: bool = False
        _pools.add(self)

    def for_running_loop(self) -> LoopSession:
        """Return the session of the running event loop, opening it at first use.

        Raises:
            ConfigurationError: The client is closed, its borrowed session belongs to another event loop, or no asyncio
                event loop runs.
        """
        try:
            loop, latest = asyncio.get_running_loop(), self._latest
        except RuntimeError:
            raise no_loop_error() from None
        if latest is not None and latest[0] is loop:
            return latest[1]
        return self._find(loop)

    def _find(self, loop: asyncio.AbstractEventLoop) -> LoopSession:
        with self._lock:
            if self.closed:
                raise ConfigurationError(CLOSED)
            session = self._sessions.get(loop)
            if session is None or session.aiohttp_session.closed:
                session = self._sessions[loop] = self._open(loop)
            self._latest = (loop, session)
        return session

    def _open(self, loop: asyncio.AbstractEventLoop) -> LoopSession:
        with FORK_LOCK:
            for module in _PRELOADED_MODULES:
                import_module(module)
        borrowed = self._options.session
        session = self._check_borrowed(borrowed, loop) if borrowed else open_session(self._options)
        unpooled = None if borrowed or closes_idle(session) else open_session(self._options, keep_alive=False)
        proxies: dict[str, Proxy | None] | None = {} if self._uses_proxies() else None
        return LoopSession(
            aiohttp_session=session,
            headers=self._options.headers if borrowed else {},
            options=_request_options(borrowed, self._options.timeout) if borrowed else {},
            limiter=RequestLimiter(self._options.max_connections),
            deadlines=Deadlines(loop),
            fast_get=None if borrowed or proxies is not None else open_fast_get(session),
            closed_message=BORROWED_CLOSED if borrowed else CLOSED,
            unpooled_session=unpooled,
            lifespans=()
            if borrowed
            else tuple(self._start_lifespan(opened, loop) for opened in filter(None, (session, unpooled))),
            proxies=proxies,
        )

    def _uses_proxies(self) -> bool:
        """Return whether requests may use a proxy. A borrowed session has settings of its own."""
        options = self._options
        return options.trust_env and options.session is None and any(map(os.environ.get, VARIABLES))

    @staticmethod
    def _check_borrowed(
        session: aiohttp.ClientSession, loop: asyncio.AbstractEventLoop
    ) -> aiohttp.ClientSession:
        if session.closed:
            raise ConfigurationError(BORROWED_CLOSED)
        if not belongs_to(session, loop):
            raise ConfigurationError(
                "the session passed to the client belongs to another event loop: pass one of this event loop, or none"
            )
        if session.auth is not None or aiohttp.hdrs.AUTHORIZATION in session.headers:
            raise ConfigurationError(
                "the session passed to the client has its own credentials, which aiohttp would send to the token endpoint:"
                " pass a session without `auth` and without an Authorization header"
            )
        return session

    async def close(self) -> None:
        """Close the sessions that the pool opened, each on its own event loop."""
        with self._lock:
            self.closed, self._latest = True, None
            sessions, self._sessions = self._sessions, {}
        running = running_loop()
        for loop, session in sessions.items():
            if loop is running:
                await session.close()
            elif loop.is_running():
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(session.close(), loop))

    def reset_after_fork(self) -> None:
        """Drop the parent's sessions in a forked child.

        They are not closed, because the parent uses their sockets.
        """
        _parent_sessions.extend(self._sessions.values())
        self._sessions, self._latest = {}, None
        self._lock = threading.Lock()  # another thread of the parent may have held it

    def _start_lifespan(
        self, session: aiohttp.ClientSession, loop: asyncio.AbstractEventLoop
    ) -> AsyncGenerator[None, None]:
        """Return the generator that closes a session, with a reference to it until the pool is collected.

        Without it, the garbage collector may find pool and session together and finalize the session first, which prints a
        warning of aiohttp.
        """
        references: list[weakref.finalize[Any, SessionPool]] = []
        lifespan = _close_with_loop(session, self._forget_callback(loop, references))
        references.append(weakref.finalize(self, _release, lifespan))
        references[0].atexit = False
        return lifespan

    def _forget_callback(
        self, loop: asyncio.AbstractEventLoop, references: "list[weakref.finalize[Any, SessionPool]]"
    ) -> Callable[[], None]:
        """Return a callback that drops the session of an event loop, and holds no reference to the pool."""
        this = weakref.ref(self)

        def forget() -> None:
            pool = this()
            if pool is not None:
                with pool._lock:  # noqa: SLF001 - the same class
                    pool._sessions.pop(loop, None)  # noqa: SLF001 - the same class
                    pool._latest = None  # noqa: SLF001 - the same class
            for reference in references:
                reference.detach()

        return forget


def open_session(options: PoolOptions, *, keep_alive: bool = True) -> aiohttp.ClientSession:
    """Open an aiohttp session without cookies, connection limit and timer per request."""
    session = aiohttp.ClientSession(
        connector=create_connector(limit=0, force_close=not keep_alive, ssl=_tls_option(options.ca_file)),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=options.headers,
        timeout=_client_timeout(options.timeout),
        # Slower than the private attribute below, which another version of aiohttp may not have.
        middlewares=() if is_supported() else (no_resend,),
    )
    disable_resend(session)
    return session


def _client_timeout(timeout: Timeout) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=timeout.connect, sock_read=timeout.read)


def _request_options(session: aiohttp.ClientSession, timeout: Timeout) -> dict[str, Any]:
    """Return options that make a borrowed session behave like one of the SDK."""
    return {
        # The middlewares of a request replace those of its session, so the latter are included.
        "middlewares": (*session_middlewares(session), no_resend),
        "timeout": _client_timeout(timeout),
        "raise_for_status": False,
        "auto_decompress": True,
    }


def _tls_option(ca_file: str | Path | None) -> ssl.SSLContext | bool:
    if ca_file is None:
        return True
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"ca_file {str(ca_file)!r} contains no readable certificates: {error}"
        ) from None
    return context


def _release(_: AsyncGenerator[None, None]) -> None:
    """Do nothing: the last reference to the generator ends, and its event loop closes it."""


def _close_with_loop(
    session: aiohttp.ClientSession, forget: Callable[[], None]
) -> AsyncGenerator[None, None]:
    """Return a started generator that closes the session when it is closed, by the client or by a loop that ends.

    `asyncio.run` closes the async generators of its event loop before the loop itself, which is the last chance to close a
    session that was not closed. A generator that is garbage collected at that point is closed too, but not awaited.
    """

    async def lifespan() -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            forget()
            await close_session_now(session)

    generator = lifespan()
    with contextlib.suppress(StopIteration):
        generator.__anext__().send(None)  # runs to the `yield` without waiting
    return generator


class ResendPreventedError(Exception):
    """A broken connection, after which aiohttp must not send the request again.

    Attributes:
        cause_name: The class name of the aiohttp exception, which may hold headers and is not kept.
    """

    def __init__(self, cause: Exception) -> None:
        super().__init__(type(cause).__name__)
        self.cause_name: str = type(cause).__name__


async def no_resend(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a request again on a stale connection.

    Whether to retry is up to the retry policy.
    """
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise  # not sent, and never sent again by aiohttp
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        broken = ResendPreventedError(error)
    raise broken


_pools: "weakref.WeakSet[SessionPool]" = weakref.WeakSet()
_parent_sessions: list[LoopSession] = []  # never garbage collected: that would close the parent's connections


def _after_fork() -> None:
    for pool in _pools:
        pool.reset_after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
