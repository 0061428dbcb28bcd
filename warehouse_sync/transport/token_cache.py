"""Tokens on disk, so that many short processes ask for one token between them.

The directory is the user's alone, and so are its files; where they are not, the token is asked for as if there were no
cache. A file is replaced whole or not at all, and its lock dies with the process that holds it: a process killed at any
moment leaves nothing behind that the next one minds.
"""

import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio.to_thread

from warehouse_sync.errors import ConfigurationError
from warehouse_sync.settings import Clock
from warehouse_sync.transport import token_files
from warehouse_sync.transport.grant import Grant, is_token, renewal_margin

PATIENCE: Final = 10.0  # seconds to wait for another process's fetch; a token takes 1 to 3
LOOK: Final = 0.05  # seconds between looks at the lock

T = TypeVar("T")

_log = logging.getLogger("warehouse_sync")


class TokenCache:
    """Keeps tokens in a directory that only its owner can enter, one file per credential.

    Whoever can read the files can act as the credential until its token expires: tokens cannot be revoked. A file's name
    follows from the credential, its secret included, so a rotated secret finds nothing. Other than on POSIX systems,
    nothing is kept.

    Args:
        directory: Where; made with mode 0700 if it is not there. Default `warehouse-sync` in the user's cache directory
            (`$XDG_CACHE_HOME`, or `~/.cache`).
        patience: Seconds to wait for a process that is asking for the same token; then this one asks for itself, and keeps
            nothing.

    Raises:
        ConfigurationError: The directory is not a path.

    Example:
        ```python
        AsyncClient(token_cache=TokenCache("~/.cache/nightly-load"))
        ```
    """

    def __init__(
        self, directory: "str | os.PathLike[str] | None" = None, *, patience: float = PATIENCE
    ) -> None:
        if directory is not None and (not directory or not isinstance(directory, str | os.PathLike)):
            raise ConfigurationError(
                f"token_cache must be a directory, a TokenCache or None, not {directory!r:.60}"
            )
        self.directory: Path = _default_directory() if directory is None else Path(directory).expanduser()
        self.patience = patience
        self._explained = False

    def __repr__(self) -> str:
        return f"TokenCache({str(self.directory)!r})"

    async def grant(
        self, key: str, ask: Callable[[], Awaitable[Grant]], *, refused: str | None, clock: Clock
    ) -> Grant:
        """Return the token on disk; or ask for one while other processes wait, and put it there.

        Args:
            key: Identifies the credential without telling it.
            ask: Asks the token endpoint.
            refused: A token the API refused, which will not do.
            clock: Time and sleep.

        Raises:
            TokenError: The token endpoint refused, or answered nonsense.
            TransportError: It could not be reached.
        """
        if os.name != "posix":  # neither the permissions nor the lock exist
            return await ask()
        found = await self._find(key, refused, clock)
        if found is not None:
            return found
        async with self._locked(key, clock) as locked:
            if not locked:
                return await ask()
            return await self._find(key, refused, clock) or await self._renew(key, ask, clock)

    async def _find(self, key: str, refused: str | None, clock: Clock) -> Grant | None:
        content = await self._off_loop(token_files.read, self.directory, f"{key}.json")
        grant = None if content is None else parse(content, clock.wall())
        return None if grant is None or grant.access_token == refused else grant

    async def _renew(self, key: str, ask: Callable[[], Awaitable[Grant]], clock: Clock) -> Grant:
        asked_at = clock.wall()
        grant = await ask()
        await self._off_loop(token_files.replace, self.directory, f"{key}.json", write(grant, asked_at))
        return grant

    @asynccontextmanager
    async def _locked(self, key: str, clock: Clock) -> AsyncIterator[bool]:
        """Hold the credential's lock, and tell whether that came about in time."""
        lock = await self._off_loop(token_files.FileLock, self.directory, f"{key}.lock")
        try:
            yield lock is not None and await self._acquired(lock, clock)
        finally:
            if lock is not None:
                lock.close()

    async def _acquired(self, lock: token_files.FileLock, clock: Clock) -> bool:
        until = clock.monotonic() + self.patience
        while (held := await self._off_loop(lock.try_acquire)) is False:
            if clock.monotonic() + LOOK > until:
                _log.debug(
                    "another process holds the token's lock: going on without after %g s", self.patience
                )
                return False
            await clock.sleep(LOOK)
        return held is True

    async def _off_loop(self, work: Callable[..., T], *arguments: Any) -> T | None:  # noqa: ANN401 - those of `work`
        """Do file work in a thread. Return `None` if it fails: a cache is never worth a failed call."""
        try:
            return await anyio.to_thread.run_sync(work, *arguments)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._explain(error)
            return None

    def _explain(self, error: Exception) -> None:
        """Say once why there is no cache."""
        level = logging.DEBUG if self._explained else logging.WARNING
        self._explained = True
        _log.log(level, "tokens are not kept on disk: %s", error)


def to_cache(value: "TokenCache | str | os.PathLike[str] | None") -> TokenCache | None:
    """Return the cache for a client's `token_cache`.

    Raises:
        ConfigurationError: It is neither a cache nor a directory.
    """
    return value if value is None or isinstance(value, TokenCache) else TokenCache(value)


def write(grant: Grant, asked_at: float) -> bytes:
    """Return what is kept of a token."""
    expires_at = asked_at + grant.lifetime
    kept = {"access_token": grant.access_token, "expires_at": expires_at, "lifetime": grant.lifetime}
    return json.dumps(kept).encode()


def parse(content: bytes, now: float) -> Grant | None:
    """Read a file back, as nothing unless it holds a token that is not soon to be renewed.

    Args:
        content: The file.
        now: Seconds since 1970.
    """
    try:
        kept = json.loads(content)
        token, expires_at, lifetime = kept["access_token"], kept["expires_at"], kept["lifetime"]
        left = float(expires_at) - now
        # More time left than it ever had: the clock was set back, and nothing is certain.
        fresh = renewal_margin(float(lifetime)) < left <= float(lifetime)
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None
    return Grant(access_token=token, lifetime=left) if fresh and is_token(token) else None


def _default_directory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "warehouse-sync"
