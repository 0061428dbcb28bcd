"""A token cache on disk, so that many short processes share one token.

The directory and its files belong to the user alone; otherwise the cache is skipped. Files are replaced atomically, and a
lock is released when its process ends, so a process killed at any moment leaves nothing behind that affects the next one.
"""

import asyncio
import contextlib
import json
import logging
import os
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from warehouse_sync.errors import ConfigurationError
from warehouse_sync.fork_lock import FORK_LOCK
from warehouse_sync.settings import Clock
from warehouse_sync.transport.token_source import TokenResponse, is_token, refresh_margin

if sys.platform != "win32":  # pragma: no branch - the cache is for POSIX systems only
    import fcntl

LOCK_TIMEOUT: Final = 10.0  # seconds to wait for another process's token request, which takes 1 to 3
LOCK_INTERVAL: Final = 0.05  # seconds between attempts to take the lock
MAX_FILE_SIZE: Final = 64 * 1024  # bytes; tokens are far smaller
_OTHER_USERS: Final = stat.S_IRWXG | stat.S_IRWXO

T = TypeVar("T")

_log = logging.getLogger("warehouse_sync")


class TokenCache:
    """A directory of tokens that only its owner can access.

    It has one file per credential. A process that can read the files can use the credential until its token expires: tokens
    cannot be revoked. File names are hashes of the credential including its secret, so a rotated secret has no cached token.
    On other than POSIX systems nothing is cached.

    Args:
        directory: The directory, created with mode 0700 if it does not exist. Default: `warehouse-sync` in the user's cache
            directory (`$XDG_CACHE_HOME`, or `~/.cache`).
        lock_timeout: Seconds to wait while another process requests the same token. After that this process requests a
            token too, and does not cache it.

    Raises:
        ConfigurationError: The directory is not a path, or the user's home directory is needed and unknown.

    Example:
        ```python
        AsyncClient(token_cache=TokenCache("~/.cache/nightly-load"))
        ```
    """

    def __init__(
        self, directory: "str | os.PathLike[str] | None" = None, *, lock_timeout: float = LOCK_TIMEOUT
    ) -> None:
        if directory is not None and (not directory or not isinstance(directory, str | os.PathLike)):
            raise ConfigurationError(
                f"token_cache must be a directory, a TokenCache or None, not {directory!r:.60}"
            )
        try:
            self.directory: Path = _default_directory() if directory is None else Path(directory).expanduser()
        except RuntimeError:  # neither HOME nor an entry of the user database
            raise ConfigurationError(
                "token_cache is in the home directory, which is unknown: set HOME, or pass another directory"
            ) from None
        self.lock_timeout = lock_timeout
        self._warned = False

    def __repr__(self) -> str:
        return f"TokenCache({str(self.directory)!r})"

    async def get(
        self, key: str, fetch: Callable[[], Awaitable[TokenResponse]], *, refused: str | None, clock: Clock
    ) -> TokenResponse:
        """Return the cached token, or fetch and cache one while other processes wait.

        Args:
            key: A hash that identifies the credential.
            fetch: Requests a token from the token endpoint.
            refused: A token that the API rejected, which must not be returned.
            clock: Time and sleep.

        Raises:
            TokenError: The token endpoint rejected the credential or sent an invalid response.
            TransportError: The token endpoint could not be reached.
        """
        if os.name != "posix":  # no such permissions and locks
            return await fetch()
        cached = await self._read(key, refused, clock)
        if cached is not None:
            return cached
        async with self._locked(key, clock) as locked:
            if not locked:
                return await fetch()
            return await self._read(key, refused, clock) or await self._fetch_and_store(key, fetch, clock)

    async def _read(self, key: str, refused: str | None, clock: Clock) -> TokenResponse | None:
        # Nothing is lost if a cancelled read ends later, and importing anyio takes longer than all of this.
        reading = asyncio.to_thread(read_file, self.directory, f"{key}.json")
        content = await self._unless_it_fails(reading)
        cached = None if content is None else parse(content, clock.wall())
        return None if cached is None or cached.access_token == refused else cached

    async def _fetch_and_store(
        self, key: str, fetch: Callable[[], Awaitable[TokenResponse]], clock: Clock
    ) -> TokenResponse:
        requested_at = clock.wall()
        response = await fetch()
        content = serialize(response, requested_at)
        await self._run_in_thread(replace_file, self.directory, f"{key}.json", content)
        return response

    @asynccontextmanager
    async def _locked(self, key: str, clock: Clock) -> AsyncIterator[bool]:
        """Hold the credential's lock, and yield whether it could be taken in time."""
        lock = await self._run_in_thread(FileLock, self.directory, f"{key}.lock")
        try:
            yield lock is not None and await self._acquire(lock, clock)
        finally:
            if lock is not None:
                lock.close()

    async def _acquire(self, lock: "FileLock", clock: Clock) -> bool:
        until = clock.monotonic() + self.lock_timeout
        while (acquired := await self._run_in_thread(lock.try_acquire)) is False:
            if clock.monotonic() + LOCK_INTERVAL > until:
                _log.debug(
                    "another process holds the token lock: not using the token cache after waiting %g s",
                    self.lock_timeout,
                )
                return False
            await clock.sleep(LOCK_INTERVAL)
        return acquired is True

    async def _run_in_thread(self, work: Callable[..., T], *arguments: Any) -> T | None:  # noqa: ANN401 - those of `work`
        """Run file operations in a thread, to their end even if the caller is cancelled."""
        with FORK_LOCK:
            from anyio.to_thread import run_sync  # noqa: PLC0415 - not needed to read a cached token
        return await self._unless_it_fails(run_sync(work, *arguments))

    async def _unless_it_fails(self, work: Awaitable[T]) -> T | None:
        """Await file operations. Return `None` if they fail: a cache must not fail a request."""
        try:
            return await work
        except FileNotFoundError:
            return None
        except (OSError, RuntimeError) as error:  # at interpreter exit, no thread can be started
            self._warn(error)
            return None

    def _warn(self, error: Exception) -> None:
        """Log why the cache is not used, as a warning the first time."""
        level = logging.DEBUG if self._warned else logging.WARNING
        self._warned = True
        _log.log(level, "tokens are not cached on disk: %s", error)


def to_cache(value: "TokenCache | str | os.PathLike[str] | None") -> TokenCache | None:
    """Return the cache for a client's `token_cache` argument.

    Raises:
        ConfigurationError: It is neither a cache nor a directory.
    """
    return value if value is None or isinstance(value, TokenCache) else TokenCache(value)


def serialize(response: TokenResponse, requested_at: float) -> bytes:
    """Return the content of a token's file."""
    expires_at = requested_at + response.lifetime
    document = {
        "access_token": response.access_token,
        "expires_at": expires_at,
        "lifetime": response.lifetime,
    }
    return json.dumps(document).encode()


def parse(content: bytes, now: float) -> TokenResponse | None:
    """Return the token in a file.

    Args:
        content: The content of the file.
        now: Seconds since 1970.

    Returns:
        The token, or `None` if the file is invalid or the token is due for a refresh.
    """
    try:
        document = json.loads(content)
        token, expires_at, lifetime = document["access_token"], document["expires_at"], document["lifetime"]
        left = float(expires_at) - now
        # More time left than the whole lifetime: the clock was set back, and the expiry is unknown.
        fresh = refresh_margin(float(lifetime)) < left <= float(lifetime)
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None
    return TokenResponse(access_token=token, lifetime=left) if fresh and is_token(token) else None


def _default_directory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "warehouse-sync"


# Files are opened relative to a descriptor of their directory, which is checked once it is open, so that neither can be
# exchanged between check and use. Files that other users can write or read are refused with `PermissionError`.


def read_file(directory: Path, name: str) -> bytes:
    """Read a private file.

    Raises:
        OSError: It does not exist or cannot be read.
        PermissionError: It or its directory is accessible to other users.
    """
    with _open_directory(directory) as folder:

        def opener(path: str, flags: int) -> int:
            # O_NONBLOCK: opening a pipe would block.
            return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)

        # Unlike `os.fdopen`, this closes the descriptor of a directory, which it refuses.
        with open(name, "rb", opener=opener) as file:
            _check_private(file.fileno(), stat.S_IFREG, directory / name)
            return file.read(MAX_FILE_SIZE)


def replace_file(directory: Path, name: str, content: bytes) -> None:
    """Replace a private file atomically. The caller holds its lock.

    Raises:
        OSError: It cannot be written.
        PermissionError: Its directory is accessible to other users.
    """
    temporary = f"{name}.new"
    with _open_directory(directory) as folder:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)  # left by a killed process, which no longer holds the lock
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(temporary, flags, 0o600, dir_fd=folder), "wb") as file:
            file.write(content)
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)


class FileLock:
    """A lock between processes. It is released when the process that holds it ends.

    Raises:
        OSError: Its file cannot be opened.
        PermissionError: Its file or directory is accessible to other users.
    """

    _descriptor = -1

    def __init__(self, directory: Path, name: str) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with _open_directory(directory) as folder:
            self._descriptor = os.open(name, flags, 0o600, dir_fd=folder)
        try:
            _check_private(self._descriptor, stat.S_IFREG, directory / name)
        except OSError:
            self.close()
            raise

    def try_acquire(self) -> bool:
        """Acquire the lock without waiting, and return whether that succeeded."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Release the lock."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # closing is not enough if a forked child inherited it
            os.close(descriptor)

    def __del__(self) -> None:
        self.close()  # after a cancellation, the result of the thread that opened it is dropped


@contextlib.contextmanager
def _open_directory(directory: Path) -> Iterator[int]:
    """Open the directory, creating it if it does not exist, and yield its descriptor."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _check_private(descriptor, stat.S_IFDIR, directory)
        yield descriptor
    finally:
        os.close(descriptor)


def _check_private(descriptor: int, kind: int, path: Path) -> None:
    status = os.fstat(descriptor)
    if stat.S_IFMT(status.st_mode) != kind:
        raise PermissionError(f"{path} is not a regular file")
    if status.st_uid != os.geteuid():
        raise PermissionError(f"{path} belongs to another user")
    if status.st_mode & _OTHER_USERS:
        raise PermissionError(f"{path} is accessible to other users: run chmod go-rwx on it")
