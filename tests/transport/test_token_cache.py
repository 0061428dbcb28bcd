"""The token cache: shared by processes, invalidated after a 401, skipped if it is not private."""

import json
import logging
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import FakeClock
from tests.support.kinds import READ, driver
from tests.support.peer import TOKEN, Peer, refusal, token
from warehouse_sync import AsyncClient, Client, ConfigurationError
from warehouse_sync.settings import Clock
from warehouse_sync.transport import token_cache, token_source
from warehouse_sync.transport.token_cache import FileLock, TokenCache, parse, serialize, to_cache
from warehouse_sync.transport.token_source import TokenResponse

KEY = "k" * 64


def response(access_token: str = "t", lifetime: float = 28800.0) -> TokenResponse:
    """Return a token response."""
    return TokenResponse(access_token=access_token, lifetime=lifetime)


def fetching(*responses: TokenResponse) -> tuple[Callable[[], Awaitable[TokenResponse]], list[TokenResponse]]:
    """Return a fetch function, and the responses that it has returned."""
    left, fetched = list(responses), list[TokenResponse]()

    async def fetch() -> TokenResponse:
        fetched.append(left.pop(0))
        return fetched[-1]

    return fetch, fetched


async def get(
    cache: TokenCache, *responses: TokenResponse, refused: str | None = None, clock: Clock | None = None
) -> Any:
    """Get a token get the cache. Return it, and the number of fetches."""
    fetch, fetched = fetching(*responses)
    got = await cache.get(KEY, fetch, refused=refused, clock=clock or Clock())
    return got.access_token, len(fetched)


@pytest.fixture
def cache(tmp_path: Path) -> TokenCache:
    """A cache in a directory that does not exist yet."""
    return TokenCache(tmp_path / "made" / "tokens")


async def test_cache_that_is_empty_fetches_and_stores(cache: TokenCache) -> None:
    """The first token is fetched, and the second one read from disk."""
    assert await get(cache, response("a")) == ("a", 1)
    assert await get(cache) == ("a", 0)


async def test_cache_is_accessible_to_its_owner_only(cache: TokenCache) -> None:
    """The directory has mode 0700 and its files 0600, whatever the umask is."""
    before = os.umask(0)
    try:
        await get(cache, response())
    finally:
        os.umask(before)
    assert cache.directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in cache.directory.iterdir()} == {0o600}
    assert sorted(path.name for path in cache.directory.iterdir()) == [f"{KEY}.json", f"{KEY}.lock"]


async def test_cache_skips_a_rejected_token(cache: TokenCache) -> None:
    """A rejected token is not returned, and its replacement is cached."""
    await get(cache, response("bad"))
    assert await get(cache, response("good"), refused="bad") == ("good", 1)
    assert await get(cache, refused="bad") == ("good", 0)


async def test_cache_tokens_expire_by_the_wall_clock(cache: TokenCache, clock: FakeClock) -> None:
    """A token near its expiry is fetched again; another has only its remaining lifetime."""
    await get(cache, response("a", 1000.0), clock=clock.as_clock())
    clock.now += 899
    fetch, fetched = fetching()
    assert await cache.get(KEY, fetch, refused=None, clock=clock.as_clock()) == response("a", 101.0)
    assert fetched == []
    clock.now += 1
    assert await get(cache, response("b"), clock=clock.as_clock()) == ("b", 1)


async def test_cache_after_the_clock_was_set_back_fetches(cache: TokenCache, clock: FakeClock) -> None:
    """A token with more time left than its lifetime is not used."""
    await get(cache, response("a"), clock=clock.as_clock())
    clock.epoch -= 10
    assert await get(cache, response("b"), clock=clock.as_clock()) == ("b", 1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        b"[" * 50_000,
        b'{"access_token": "t"}',
        b'{"access_token": "t", "expires_at": "soon", "lifetime": 10}',
        b'{"access_token": "t", "expires_at": NaN, "lifetime": 10}',
        b'{"access_token": "t", "expires_at": 1' + b"0" * 400 + b', "lifetime": 10}',
        b'{"access_token": 7, "expires_at": 1009, "lifetime": 10}',
        b'{"access_token": "a\\nb", "expires_at": 1009, "lifetime": 10}',
        b'{"access_token": null, "expires_at": 1009, "lifetime": 10}',
    ],
)
async def test_cache_file_that_is_corrupt_is_a_miss(cache: TokenCache, content: bytes) -> None:
    """It is replaced."""
    await get(cache, response())
    (cache.directory / f"{KEY}.json").write_bytes(content)
    assert parse(content, 1000.0) is None
    assert await get(cache, response("b")) == ("b", 1)
    assert await get(cache) == ("b", 0)


def test_parse_returns_what_serialize_wrote() -> None:
    """The token and its lifetime are the same."""
    assert parse(serialize(response("a", 1000.0), 5.0), 5.0) == response("a", 1000.0)


def link(path: Path) -> None:
    """Replace a file or directory with a symbolic link to it."""
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def pipe(path: Path) -> None:
    """Replace a file with a pipe."""
    path.unlink()
    os.mkfifo(path, 0o600)


def loosen(path: Path) -> None:
    """Make a file readable for its group."""
    path.chmod(path.stat().st_mode | 0o040)


@pytest.mark.parametrize("damage", [link, pipe, loosen])
async def test_cache_file_that_is_not_private_is_replaced(
    cache: TokenCache, damage: Callable[[Path], None]
) -> None:
    """A file that other users could have written or read is not used."""
    await get(cache, response("a"))
    damage(cache.directory / f"{KEY}.json")
    assert await get(cache, response("b")) == ("b", 1)
    assert await get(cache) == ("b", 0)
    status = (cache.directory / f"{KEY}.json").lstat()
    assert status.st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damage", [link, loosen])
@pytest.mark.parametrize("location", ["", f"{KEY}.lock"])
async def test_cache_location_that_is_not_private_is_not_used(
    cache: TokenCache, damage: Callable[[Path], None], location: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With such a directory or lock, nothing is written, every call fetches, and there is one warning."""
    await get(cache, response("a"))
    (cache.directory / f"{KEY}.json").unlink()
    damage(cache.directory / location)
    with caplog.at_level(logging.DEBUG, "warehouse_sync"):
        assert await get(cache, response("b")) == ("b", 1)
        assert await get(cache, response("c")) == ("c", 1)
    assert not list(cache.directory.glob("*.json"))
    assert [record.levelname for record in caplog.records].count("WARNING") == 1
    assert re.match(
        r"tokens are not cached on disk: (\[Errno \d+\]|/.* is accessible to other users)", caplog.messages[0]
    )


async def test_cache_directory_of_another_user_is_not_used(
    cache: TokenCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner matters, even with private permissions."""
    await get(cache, response("a"))
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert await get(cache, response("b")) == ("b", 1)


async def test_cache_directory_that_cannot_be_created_is_no_error(tmp_path: Path) -> None:
    """Tokens are then not cached."""
    (tmp_path / "file").write_bytes(b"")
    assert await get(TokenCache(tmp_path / "file"), response("a")) == ("a", 1)


async def test_cache_on_a_full_disk_is_no_error(cache: TokenCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cached token stays as it was."""
    await get(cache, response("a"))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert await get(cache, response("b"), refused="a") == ("b", 1)
    monkeypatch.undo()
    assert await get(cache) == ("a", 0)


async def test_cached_token_is_read_without_the_lock(cache: TokenCache, clock: FakeClock) -> None:
    """A lock that another process holds does not delay the read."""
    await get(cache, response("a"), clock=clock.as_clock())
    lock = FileLock(cache.directory, f"{KEY}.lock")
    assert lock.try_acquire()
    assert await get(cache, clock=clock.as_clock()) == ("a", 0)
    assert clock.sleeps == []
    lock.close()


async def test_cache_lock_is_tried_until_the_lock_timeout(
    cache: TokenCache, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The last attempt is at the timeout, which the log then reports."""
    monkeypatch.setattr(token_cache, "LOCK_INTERVAL", 0.25)
    cache.lock_timeout = 0.5
    await get(cache, response("a"), clock=clock.as_clock())
    lock = FileLock(cache.directory, f"{KEY}.lock")
    assert lock.try_acquire()
    with caplog.at_level(logging.DEBUG, "warehouse_sync"):
        assert await get(cache, response("b"), refused="a", clock=clock.as_clock()) == ("b", 1)
    assert clock.sleeps == [0.25, 0.25]
    assert caplog.messages == [
        "another process holds the token lock: not using the token cache after waiting 0.5 s"
    ]
    lock.close()


async def test_cache_lock_timeout_leads_to_an_uncached_fetch(cache: TokenCache, clock: FakeClock) -> None:
    """The token is fetched and not stored."""
    await get(cache, response("a"))
    (cache.directory / f"{KEY}.json").unlink()
    lock = FileLock(cache.directory, f"{KEY}.lock")
    assert lock.try_acquire()
    assert await get(cache, response("b"), clock=clock.as_clock()) == ("b", 1)
    assert sum(clock.sleeps) == pytest.approx(10)
    assert not list(cache.directory.glob("*.json"))
    lock.close()
    assert await get(cache, response("c")) == ("c", 1)


async def test_cache_is_read_again_once_the_lock_is_acquired(cache: TokenCache, clock: FakeClock) -> None:
    """The token that the other process fetched is used."""
    await get(cache, response("a"), clock=clock.as_clock())
    kept = cache.directory / f"{KEY}.json"
    content = kept.read_bytes()
    kept.unlink()
    lock = FileLock(cache.directory, f"{KEY}.lock")
    assert lock.try_acquire()
    sleep = clock.sleep

    async def other_process_lands(seconds: float) -> None:
        if len(clock.sleeps) == 3:
            kept.touch(0o600)
            kept.write_bytes(content)
            lock.close()
        await sleep(seconds)

    clock.sleep = other_process_lands  # type: ignore[method-assign]  # something happens meanwhile
    assert await get(cache, clock=clock.as_clock()) == ("a", 0)
    assert len(clock.sleeps) == 4


async def test_cache_without_working_locks_is_not_used(
    cache: TokenCache, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    """A file system without locks causes no delay."""

    def broken(lock: FileLock) -> bool:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(FileLock, "try_acquire", broken)
    assert await get(cache, response("a"), clock=clock.as_clock()) == ("a", 1)
    assert clock.sleeps == []


async def test_cache_releases_the_lock_after_a_failed_fetch(cache: TokenCache, clock: FakeClock) -> None:
    """The error is raised, nothing is stored, and the next fetch is not delayed."""

    async def fail() -> TokenResponse:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await cache.get(KEY, fail, refused=None, clock=clock.as_clock())
    assert await get(cache, response("b"), clock=clock.as_clock()) == ("b", 1)
    assert clock.sleeps == []


async def test_cache_is_not_used_without_posix(cache: TokenCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere there are no such permissions and locks."""
    monkeypatch.setattr("warehouse_sync.transport.token_cache.os.name", "nt")
    fetch, fetched = fetching(response("a"))
    assert await cache.get(KEY, fetch, refused=None, clock=Clock()) == fetched[0]
    monkeypatch.undo()
    assert not cache.directory.exists()


def test_cache_default_directory_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without an argument, the directory is the one of the XDG specification."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert TokenCache().directory == tmp_path / "warehouse-sync"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert TokenCache().directory == tmp_path / ".cache" / "warehouse-sync"
    assert TokenCache("~/x").directory == tmp_path / "x"


def test_cache_repr_names_the_directory(tmp_path: Path) -> None:
    """The repr shows no content."""
    assert repr(TokenCache(tmp_path)) == f"TokenCache({str(tmp_path)!r})"


def test_to_cache_accepts_none_directory_or_cache(cache: TokenCache, tmp_path: Path) -> None:
    """Other values raise an error that names the argument."""
    assert to_cache(None) is None
    assert to_cache(cache) is cache
    made = to_cache(str(tmp_path))
    assert made is not None
    assert made.directory == tmp_path
    for wrong in (7, True, "", b"x"):
        with pytest.raises(ConfigurationError, match="token_cache must be"):
            to_cache(wrong)  # type: ignore[arg-type]  # refused


@pytest.mark.parametrize("directory", [None, "~/tokens"])
def test_unknown_home_directory_is_a_configuration_error(
    directory: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without HOME and an entry of the user database, the error says what to set."""

    def no_entry(uid: int) -> object:
        raise KeyError(uid)

    monkeypatch.delenv("HOME")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", no_entry)
    with pytest.raises(ConfigurationError) as caught:
        TokenCache(directory)
    assert str(caught.value) == (
        "token_cache is in the home directory, which is unknown: set HOME, or pass another directory"
    )


@pytest.mark.parametrize("sort", ["async", "sync"])
async def test_client_uses_the_cached_token_of_another(peer: Peer, tmp_path: Path, sort: str) -> None:
    """Of two clients one after the other, one requests a token."""
    peer.serve(READ.route, READ.success)
    for _ in range(2):
        async with driver(sort, **peer.options(token_cache=tmp_path / "tokens")) as client:
            await client.call(READ.call)
        token_source._sources.clear()  # as in another process
    assert peer.count(TOKEN) == 1


async def test_client_replaces_a_cached_token_after_a_401(peer: Peer, tmp_path: Path) -> None:
    """The next process uses the new token."""
    peer.serve(TOKEN, token("old"), token("new"))
    peer.serve(READ.route, READ.success, refusal(401), READ.success)
    for _ in range(3):
        async with AsyncClient(**peer.options(token_cache=tmp_path / "tokens")) as client:
            await client.connections.get("c1")
        token_source._sources.clear()  # as in another process
    sent = [arrival.headers["authorization"] for arrival in peer.on(READ.route)]
    assert sent == ["Bearer old", "Bearer old", "Bearer new", "Bearer new"]
    assert peer.count(TOKEN) == 2


async def test_client_with_a_rotated_secret_misses_the_cache(peer: Peer, tmp_path: Path) -> None:
    """The file name reveals neither secret."""
    peer.serve(READ.route, READ.success)
    options = peer.options(token_cache=tmp_path / "tokens")
    for secret in ("first", "second"):
        async with AsyncClient(**{**options, "client_secret": secret}) as client:
            await client.connections.get("c1")
    assert peer.count(TOKEN) == 2
    names = "".join(path.name for path in (tmp_path / "tokens").iterdir())
    assert "first" not in names
    assert "id" not in names


def test_blocking_client_accepts_a_token_cache(peer: Peer, tmp_path: Path) -> None:
    """The argument is the same."""
    peer.serve(READ.route, READ.success)
    with Client(**peer.options(token_cache=TokenCache(tmp_path / "tokens"))) as client:
        client.connections.get("c1")
    [kept] = (tmp_path / "tokens").glob("*.json")
    assert json.loads(kept.read_bytes())["access_token"] == "token-1"
