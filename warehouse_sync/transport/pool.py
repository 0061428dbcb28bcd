"""The session pool: one aiohttp session per event loop, opened when first needed, closed with the client or the loop."""

import asyncio
import contextlib
import functools
import os
import ssl
import sys
import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import attrs

from warehouse_sync._version import __version__
from warehouse_sync.errors import ConfigurationError
from warehouse_sync.settings import Timeout
from warehouse_sync.transport.deadlines import Deadlines
from warehouse_sync.transport.fast_get import (
    FastGet,
    belongs_to,
    close_session_now,
    create_connector,
    disable_resend,
    open_fast_get,
    session_middlewares,
)
from warehouse_sync.transport.slots import Slots

CLOSED = "the client is closed: make a new one, or keep calls inside its `with` block"
BORROWED_CLOSED = "the session passed to the client is closed: pass an open one"

HEADERS = {
    "Accept": "application/json",
    "User-Agent": f"warehouse-sync/{__version__} aiohttp/{aiohttp.__version__} python/{sys.version_info[0]}.{sys.version_info[1]}",
}


@attrs.define(eq=False, repr=False)
class Local:
    """What one event loop uses to send requests.

    Attributes:
        session: The aiohttp session.
        headers: Headers each request must carry because the session does not.
        options: How each request must be made because the session would make it otherwise.
        slots: Places for requests.
        deadlines: The deadlines of its calls.
        fast_get: The fast path for GET requests, if the session allows it.
        when_closed: What to say of a call that finds the session closed.
        lifespan: Closes the session when the loop ends; `None` for a borrowed session.
        reading: The bodies that are being read.
    """

    session: aiohttp.ClientSession
    headers: dict[str, str]
    options: Mapping[str, Any]
    slots: Slots
    deadlines: Deadlines
    fast_get: FastGet | None = None
    when_closed: str = CLOSED
    lifespan: AsyncGenerator[None, None] | None = None
    reading: set[aiohttp.StreamReader] = attrs.field(factory=set)

    async def close(self) -> None:
        """Close what is not the caller's. Call this on its own loop."""
        if self.lifespan is None:
            return  # calls under way go on, within their deadlines
        for content in self.reading:  # aiohttp would leave its readers waiting for ever
            content.set_exception(aiohttp.ClientConnectionError(CLOSED))
        await self.session.close()
        await self.lifespan.aclose()


@attrs.frozen(kw_only=True, eq=False, repr=False)
class PoolOptions:
    """How sessions are opened.

    Attributes:
        timeout: Bounds on connecting and on the server's silence.
        max_connections: The most requests under way at once on one event loop.
        session: The caller's session: used as it is, never closed.
        trust_env: Whether proxies and netrc of the environment are used.
        ca_file: A file of certificate authorities to trust besides the system's.
    """

    timeout: Timeout
    max_connections: int = 100
    session: aiohttp.ClientSession | None = None
    trust_env: bool = False
    ca_file: str | Path | None = None


class SessionPool:
    """Hands each event loop its session."""

    def __init__(self, options: PoolOptions) -> None:
        self._options = options
        self._locals: dict[asyncio.AbstractEventLoop, Local] = {}
        self._lock = threading.Lock()
        self._latest: tuple[asyncio.AbstractEventLoop, Local] | None = None
        self.closed: bool = False
        _pools.add(self)

    def here(self) -> Local:
        """Return the running loop's share, opening it the first time.

        Raises:
            ConfigurationError: The client is closed, or its borrowed session belongs to another loop.
        """
        loop, latest = asyncio.get_running_loop(), self._latest
        if latest is not None and latest[0] is loop:
            return latest[1]
        return self._find(loop)

    def _find(self, loop: asyncio.AbstractEventLoop) -> Local:
        with self._lock:
            if self.closed:
                raise ConfigurationError(CLOSED)
            local = self._locals.get(loop)
            if local is None or local.session.closed:
                local = self._locals[loop] = self._open(loop)
            self._latest = (loop, local)
        return local

    def _open(self, loop: asyncio.AbstractEventLoop) -> Local:
        borrowed = self._options.session
        session = self._check_borrowed(borrowed, loop) if borrowed else open_session(self._options)
        return Local(
            session=session,
            headers=HEADERS if borrowed else {},
            options=_options_over(borrowed, self._options.timeout) if borrowed else {},
            slots=Slots(self._options.max_connections),
            deadlines=Deadlines(loop),
            fast_get=None if borrowed else open_fast_get(session),
            when_closed=BORROWED_CLOSED if borrowed else CLOSED,
            lifespan=None if borrowed else _closes_with_loop(session, self._forgets(loop)),
        )

    @staticmethod
    def _check_borrowed(
        session: aiohttp.ClientSession, loop: asyncio.AbstractEventLoop
    ) -> aiohttp.ClientSession:
        if session.closed:
            raise ConfigurationError(BORROWED_CLOSED)
        if not belongs_to(session, loop):
            raise ConfigurationError(
                "the session passed to the client belongs to another event loop: pass one of this loop, or none"
            )
        if session.auth is not None or aiohttp.hdrs.AUTHORIZATION in session.headers:
            raise ConfigurationError(
                "the session passed to the client has a login of its own, which aiohttp would send to the token endpoint:"
                " pass a session without `auth` and without an Authorization header"
            )
        return session

    async def close(self) -> None:
        """Close every session the pool opened; those of other loops that run, in their loop."""
        with self._lock:
            self.closed, self._latest = True, None
            opened, self._locals = self._locals, {}
        here = asyncio.get_running_loop()
        for loop, local in opened.items():
            if loop is here:
                await local.close()
            elif loop.is_running():
                await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(local.close(), loop))

    def abandon(self) -> None:
        """In a forked child: leave the parent's sockets and loops alone, and start afresh."""
        _inherited.extend(self._locals.values())
        self._locals, self._latest = {}, None
        self._lock = threading.Lock()  # another thread of the parent may have held it

    def _forgets(self, loop: asyncio.AbstractEventLoop) -> Callable[[], None]:
        """Return what forgets a loop that ends, without keeping the pool alive until then."""
        this = weakref.ref(self)

        def forget() -> None:
            pool = this()
            if pool is not None:
                with pool._lock:  # noqa: SLF001 - our own
                    pool._locals.pop(loop, None)  # noqa: SLF001 - our own
                    pool._latest = None  # noqa: SLF001 - our own

        return forget


def open_session(options: PoolOptions) -> aiohttp.ClientSession:
    """Open a session that adds nothing of its own: no cookies, no limits but ours, no timer per request."""
    raise_mmap_threshold()
    session = aiohttp.ClientSession(
        connector=create_connector(limit=0, ssl=_trust(options.ca_file)),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=HEADERS,
        timeout=_client_timeout(options.timeout),
        trust_env=options.trust_env,
    )
    disable_resend(session)
    return session


def _client_timeout(timeout: Timeout) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=timeout.connect, sock_read=timeout.read)


def _options_over(session: aiohttp.ClientSession, timeout: Timeout) -> dict[str, Any]:
    """Return what makes requests over a borrowed session mean the same as over one of ours."""
    return {
        # A request's middlewares replace its session's, so those of the session are named again.
        "middlewares": (*session_middlewares(session), no_resend),
        "timeout": _client_timeout(timeout),
        "raise_for_status": False,
        "auto_decompress": True,
    }


def _trust(ca_file: str | Path | None) -> ssl.SSLContext | bool:
    if ca_file is None:
        return True
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"ca_file {str(ca_file)!r} holds no certificates the SDK can read: {error}"
        ) from None
    return context


def _closes_with_loop(
    session: aiohttp.ClientSession, forget: Callable[[], None]
) -> AsyncGenerator[None, None]:
    """Return a generator, begun, that closes the session when it is closed: by us, or by its loop when that ends.

    `asyncio.run` closes the async generators of its loop before the loop itself, and that is the one moment at which a
    session that nobody closed still can be. A generator that is dropped just then is closed, too, but not waited for.
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
    """Carries a broken connection past aiohttp, which would silently send the request again.

    Attributes:
        cause_name: The class name of what aiohttp raised. The exception itself may hold headers, and is not kept.
    """

    def __init__(self, cause: Exception) -> None:
        super().__init__(type(cause).__name__)
        self.cause_name: str = type(cause).__name__


async def no_resend(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from resending on a stale connection: the retry policy decides that, and counts it."""
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise  # never sent, and never resent by aiohttp
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        broken = ResendPreventedError(error)
    raise broken


@functools.cache
def raise_mmap_threshold() -> None:
    """Free one large block, once: glibc then stops returning such blocks to the system at once.

    asyncio receives into a buffer above glibc's threshold, so every answer would cost an mmap, an mremap and an munmap.
    Freeing a larger block raises the threshold for the process.
    """
    block = bytearray(4 << 20)
    del block


_pools: "weakref.WeakSet[SessionPool]" = weakref.WeakSet()
_inherited: list[Local] = []


def _after_fork() -> None:
    for pool in _pools:
        pool.abandon()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
