"""Tokens on disk: shared by processes, refused by the API, and nowhere near a token that was not kept safely."""

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
from warehouse_sync.transport import auth, token_cache
from warehouse_sync.transport.auth import TokenResponse
from warehouse_sync.transport.token_cache import FileLock, TokenCache, parse, serialize, to_cache

KEY = "k" * 64


def grant(access_token: str = "t", lifetime: float = 28800.0) -> TokenResponse:
    """A token as it is granted."""
    return TokenResponse(access_token=access_token, lifetime=lifetime)


def asking(*grants: TokenResponse) -> tuple[Callable[[], Awaitable[TokenResponse]], list[TokenResponse]]:
    """Something to ask for tokens, and what it has given away."""
    left, given = list(grants), list[TokenResponse]()

    async def ask() -> TokenResponse:
        given.append(left.pop(0))
        return given[-1]

    return ask, given


async def through(
    cache: TokenCache, *grants: TokenResponse, refused: str | None = None, clock: Clock | None = None
) -> Any:
    """Get a token through the cache. Return it, and how many were asked for."""
    ask, given = asking(*grants)
    got = await cache.get(KEY, ask, refused=refused, clock=clock or Clock())
    return got.access_token, len(given)


@pytest.fixture
def cache(tmp_path: Path) -> TokenCache:
    """A cache in a directory that is yet to be made."""
    return TokenCache(tmp_path / "made" / "tokens")


async def test_cache_is_empty_asks_and_keeps(cache: TokenCache) -> None:
    """The first token is asked for; the second comes from the disk, with the time that is left of it."""
    assert await through(cache, grant("a")) == ("a", 1)
    assert await through(cache) == ("a", 0)


async def test_cache_permissions_are_the_owners_alone(cache: TokenCache) -> None:
    """The directory is 0700, and every file in it 0600, whatever the umask says."""
    before = os.umask(0)
    try:
        await through(cache, grant())
    finally:
        os.umask(before)
    assert cache.directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in cache.directory.iterdir()} == {0o600}
    assert sorted(path.name for path in cache.directory.iterdir()) == [f"{KEY}.json", f"{KEY}.lock"]


async def test_cache_token_was_refused_asks_anew(cache: TokenCache) -> None:
    """A token the API refused is not read back; the one that takes its place is."""
    await through(cache, grant("bad"))
    assert await through(cache, grant("good"), refused="bad") == ("good", 1)
    assert await through(cache, refused="bad") == ("good", 0)


async def test_cache_token_expires_by_the_wall_clock(cache: TokenCache, clock: FakeClock) -> None:
    """A token near its end is asked for anew, and one with time left keeps only that time."""
    await through(cache, grant("a", 1000.0), clock=clock.as_clock())
    clock.now += 899
    ask, given = asking()
    assert await cache.get(KEY, ask, refused=None, clock=clock.as_clock()) == grant("a", 101.0)
    assert given == []
    clock.now += 1
    assert await through(cache, grant("b"), clock=clock.as_clock()) == ("b", 1)


async def test_cache_clock_was_set_back_asks_anew(cache: TokenCache, clock: FakeClock) -> None:
    """A token with more time left than it ever had is not trusted."""
    await through(cache, grant("a"), clock=clock.as_clock())
    clock.epoch -= 10
    assert await through(cache, grant("b"), clock=clock.as_clock()) == ("b", 1)


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
async def test_cache_file_is_corrupt_is_a_miss(cache: TokenCache, content: bytes) -> None:
    """A file that holds no token is as good as none, and is mended."""
    await through(cache, grant())
    (cache.directory / f"{KEY}.json").write_bytes(content)
    assert parse(content, 1000.0) is None
    assert await through(cache, grant("b")) == ("b", 1)
    assert await through(cache) == ("b", 0)


def test_parse_reads_what_write_wrote() -> None:
    """What is kept is what was granted."""
    assert parse(serialize(grant("a", 1000.0), 5.0), 5.0) == grant("a", 1000.0)


def link(path: Path) -> None:
    """Put a symlink in a file's or directory's place."""
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def pipe(path: Path) -> None:
    """Put a pipe in a file's place."""
    path.unlink()
    os.mkfifo(path, 0o600)


def loosen(path: Path) -> None:
    """Let the group read it."""
    path.chmod(path.stat().st_mode | 0o040)


@pytest.mark.parametrize("harm", [link, pipe, loosen])
async def test_cache_file_is_unsafe_is_ignored(cache: TokenCache, harm: Callable[[Path], None]) -> None:
    """A token file that a stranger could have made or read is not used, and is replaced by a safe one."""
    await through(cache, grant("a"))
    harm(cache.directory / f"{KEY}.json")
    assert await through(cache, grant("b")) == ("b", 1)
    assert await through(cache) == ("b", 0)
    status = (cache.directory / f"{KEY}.json").lstat()
    assert status.st_mode & 0o777 == 0o600


@pytest.mark.parametrize("harm", [link, loosen])
@pytest.mark.parametrize("place", ["", f"{KEY}.lock"])
async def test_cache_place_is_unsafe_goes_on_uncached(
    cache: TokenCache, harm: Callable[[Path], None], place: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With an unsafe directory or lock nothing is written, every call asks, and a warning says so once."""
    await through(cache, grant("a"))
    (cache.directory / f"{KEY}.json").unlink()
    harm(cache.directory / place)
    with caplog.at_level(logging.DEBUG, "warehouse_sync"):
        assert await through(cache, grant("b")) == ("b", 1)
        assert await through(cache, grant("c")) == ("c", 1)
    assert not list(cache.directory.glob("*.json"))
    assert [record.levelname for record in caplog.records].count("WARNING") == 1
    assert re.match(
        r"tokens are not cached on disk: (\[Errno \d+\]|/.* is accessible to other users)", caplog.messages[0]
    )


async def test_cache_directory_is_a_strangers_is_ignored(
    cache: TokenCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What belongs to another user is not read, though its permissions are tight."""
    await through(cache, grant("a"))
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert await through(cache, grant("b")) == ("b", 1)


async def test_cache_directory_cannot_be_made_goes_on_uncached(tmp_path: Path) -> None:
    """A file in the directory's place costs the cache, not the call."""
    (tmp_path / "file").write_bytes(b"")
    assert await through(TokenCache(tmp_path / "file"), grant("a")) == ("a", 1)


async def test_cache_file_cannot_be_written_keeps_the_answer(
    cache: TokenCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk costs the cache, not the call, and leaves what was there."""
    await through(cache, grant("a"))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert await through(cache, grant("b"), refused="a") == ("b", 1)
    monkeypatch.undo()
    assert await through(cache) == ("a", 0)


async def test_cache_lock_is_held_does_not_matter_to_who_finds_a_token(
    cache: TokenCache, clock: FakeClock
) -> None:
    """A token that is on disk is read without waiting for anybody."""
    await through(cache, grant("a"), clock=clock.as_clock())
    lock = FileLock(cache.directory, f"{KEY}.lock")
    assert lock.try_acquire()
    assert await through(cache, clock=clock.as_clock()) == ("a", 0)
    assert clock.sleeps == []
    lock.close()


async def test_cache_lock_is_looked_at_as_long_as_patience_lasts(
    cache: TokenCache, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The last look is the one that ends with the patience, and then the log says what was waited for."""
    monkeypatch.setattr(token_cache, "LOCK_INTERVAL", 0.25)
    cache.lock_timeout = 0.5
    await through(cache, grant("a"), clock=clock.as_clock())
    lock = FileLock(cache.directory, f"{KEY}.lock")
    assert lock.try_acquire()
    with caplog.at_level(logging.DEBUG, "warehouse_sync"):
        assert await through(cache, grant("b"), refused="a", clock=clock.as_clock()) == ("b", 1)
    assert clock.sleeps == [0.25, 0.25]
    assert caplog.messages == [
        "another process holds the token lock: not using the token cache after waiting 0.5 s"
    ]
    lock.close()


async def test_cache_lock_is_held_goes_on_uncached_in_time(cache: TokenCache, clock: FakeClock) -> None:
    """Whoever waits for another process asks for itself when its patience ends, and writes nothing."""
    await through(cache, grant("a"))
    (cache.directory / f"{KEY}.json").unlink()
    lock = FileLock(cache.directory, f"{KEY}.lock")
    assert lock.try_acquire()
    assert await through(cache, grant("b"), clock=clock.as_clock()) == ("b", 1)
    assert sum(clock.sleeps) == pytest.approx(10)
    assert not list(cache.directory.glob("*.json"))
    lock.close()
    assert await through(cache, grant("c")) == ("c", 1)


async def test_cache_lock_comes_free_reads_again_under_it(cache: TokenCache, clock: FakeClock) -> None:
    """Whoever waited for another process takes the token that process got."""
    await through(cache, grant("a"), clock=clock.as_clock())
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
    assert await through(cache, clock=clock.as_clock()) == ("a", 0)
    assert len(clock.sleeps) == 4


async def test_cache_lock_does_not_work_goes_on_uncached(
    cache: TokenCache, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    """A file system without locks costs the cache, and no waiting."""

    def broken(lock: FileLock) -> bool:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(FileLock, "try_acquire", broken)
    assert await through(cache, grant("a"), clock=clock.as_clock()) == ("a", 1)
    assert clock.sleeps == []


async def test_cache_ask_fails_gives_the_lock_back(cache: TokenCache, clock: FakeClock) -> None:
    """A failed fetch raises as it is, keeps nothing, and does not hold up the next."""

    async def fail() -> TokenResponse:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await cache.get(KEY, fail, refused=None, clock=clock.as_clock())
    assert await through(cache, grant("b"), clock=clock.as_clock()) == ("b", 1)
    assert clock.sleeps == []


async def test_cache_system_is_not_posix_keeps_nothing(
    cache: TokenCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where neither the permissions nor the lock exist, there is no cache."""
    monkeypatch.setattr("warehouse_sync.transport.token_cache.os.name", "nt")
    ask, given = asking(grant("a"))
    assert await cache.get(KEY, ask, refused=None, clock=Clock()) == given[0]
    monkeypatch.undo()
    assert not cache.directory.exists()


def test_cache_default_directory_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a directory, it is the one the XDG specification names."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert TokenCache().directory == tmp_path / "warehouse-sync"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert TokenCache().directory == tmp_path / ".cache" / "warehouse-sync"
    assert TokenCache("~/x").directory == tmp_path / "x"


def test_cache_repr_names_the_directory(tmp_path: Path) -> None:
    """What is shown is where, and nothing that is in it."""
    assert repr(TokenCache(tmp_path)) == f"TokenCache({str(tmp_path)!r})"


def test_to_cache_takes_what_a_client_takes(cache: TokenCache, tmp_path: Path) -> None:
    """A client takes nothing, a directory or a cache; anything else is refused by name."""
    assert to_cache(None) is None
    assert to_cache(cache) is cache
    made = to_cache(str(tmp_path))
    assert made is not None
    assert made.directory == tmp_path
    for wrong in (7, True, "", b"x"):
        with pytest.raises(ConfigurationError, match="token_cache must be"):
            to_cache(wrong)  # type: ignore[arg-type]  # refused


@pytest.mark.parametrize("sort", ["async", "sync"])
async def test_client_finds_the_token_of_the_last_one(peer: Peer, tmp_path: Path, sort: str) -> None:
    """Of two clients that run one after the other, one asks for a token."""
    peer.serve(READ.route, READ.success)
    for _ in range(2):
        async with driver(sort, **peer.options(token_cache=tmp_path / "tokens")) as client:
            await client.call(READ.call)
        auth._sources.clear()  # as in another process
    assert peer.count(TOKEN) == 1


async def test_client_token_is_refused_asks_once_and_keeps_the_new_one(peer: Peer, tmp_path: Path) -> None:
    """A 401 leads past the token on disk; the next process finds the new one."""
    peer.serve(TOKEN, token("old"), token("new"))
    peer.serve(READ.route, READ.success, refusal(401), READ.success)
    for _ in range(3):
        async with AsyncClient(**peer.options(token_cache=tmp_path / "tokens")) as client:
            await client.connections.get("c1")
        auth._sources.clear()  # as in another process
    sent = [arrival.headers["authorization"] for arrival in peer.on(READ.route)]
    assert sent == ["Bearer old", "Bearer old", "Bearer new", "Bearer new"]
    assert peer.count(TOKEN) == 2


async def test_client_secret_was_rotated_misses(peer: Peer, tmp_path: Path) -> None:
    """Another secret of the same client finds nothing, and the file's name tells neither."""
    peer.serve(READ.route, READ.success)
    options = peer.options(token_cache=tmp_path / "tokens")
    for secret in ("first", "second"):
        async with AsyncClient(**{**options, "client_secret": secret}) as client:
            await client.connections.get("c1")
    assert peer.count(TOKEN) == 2
    names = "".join(path.name for path in (tmp_path / "tokens").iterdir())
    assert "first" not in names
    assert "id" not in names


def test_blocking_client_takes_a_cache(peer: Peer, tmp_path: Path) -> None:
    """The blocking client has the same argument."""
    peer.serve(READ.route, READ.success)
    with Client(**peer.options(token_cache=TokenCache(tmp_path / "tokens"))) as client:
        client.connections.get("c1")
    [kept] = (tmp_path / "tokens").glob("*.json")
    assert json.loads(kept.read_bytes())["access_token"] == "token-1"
