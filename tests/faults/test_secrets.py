"""Secrets on every path of success and failure: no text that comes out contains them.

The canaries: the client secret, the token, the password of a connection that is sent, and a key that a server shows in clear.
"""

import asyncio
import copy
import gc
import gzip
import io
import logging
import pickle
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.faults.faults import faults
from tests.support.clock import FakeClock, warp
from tests.support.kinds import BASE, Driver, driver
from tests.support.peer import TOKEN, Answer, Peer, echo, http, raw, refusal, reply, stall, token
from warehouse_sync import (
    AsyncClient,
    BigQueryConfig,
    Client,
    ConfigurationError,
    ConnectionSpec,
    FeedSetting,
    FeedSpec,
    ResourceState,
    SnowflakeConfig,
    Timeout,
    TokenCache,
    WarehouseSyncError,
)

CLIENT_SECRET = "canary-client-secret"
ACCESS_TOKEN = "canary-access-token"
PASSWORD = 'canary-"password"\n\\\u00e9'  # which looks different in JSON
KEY = "canary-service-account-key"
CANARIES = ("canary",)
ECHOED = {"X-Echo": f"Bearer {ACCESS_TOKEN}"}

SNOWFLAKE = ConnectionSpec(
    id="c1",
    name="One",
    state=ResourceState.ACTIVE,
    config=SnowflakeConfig(
        account_identifier="a",
        region="r",
        warehouse="w",
        database="d",
        role="o",
        user="u",
        password=PASSWORD,
        storage_integration="s",
    ),
)
BIG_QUERY = {
    "id": "c1",
    "name": "One",
    "state": "active",
    "service_provider": "BigQuery",
    "config": {
        "region": "r",
        "project_id": "p",
        "dataset_id": "d",
        "service_account_id": "i",
        "service_account_key": KEY,
    },
}
FEED = FeedSpec(module_name="M", name="One", settings=[FeedSetting(name="apiKey", value=KEY)])
FEED_READ = {"id": 1, "name": "One", "settings": [{"name": "apiKey", "value": KEY}]}
CALLS: dict[str, Any] = {
    "create": lambda client: client.connections.create(SNOWFLAKE),
    "update": lambda client: client.connections.update(SNOWFLAKE),
    "read": lambda client: client.connections.get("c1"),
    "list": lambda client: client.connections.list(),
    "delete": lambda client: client.connections.delete("c1"),
    "trigger": lambda client: client.pipelines.trigger("p1"),
    "create feed": lambda client: client.feeds.create(FEED),
    "update feed": lambda client: client.feeds.update(1, FEED),
    "read feed": lambda client: client.feeds.get(1),
}
TROUBLES = (
    "nothing",
    "echo",
    "reset",
    "half a body",
    "not HTTP",
    "not JSON",
    "wrong shape",
    "stall",
    "401",
    "403",
    "409",
    "429",
    "503",
    "505",
    "307",
)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged at DEBUG."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


def clean(text: str) -> None:
    """Check that a text contains no secret."""
    assert not any(canary in text for canary in CANARIES), text[:2000]


def inspect(error: BaseException) -> None:
    """Search every text of an exception for secrets: its own, its chain's, with locals, pickled and copied."""
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        each = todo.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        clean(f"{each!r} {each} {each.args!r} {vars(each)!r}")
        todo += [each.__cause__, each.__context__]
    own = without_test_frames(error)
    clean("".join(traceback.TracebackException.from_exception(own, capture_locals=True).format()))
    clean(repr(pickle.dumps(error)))
    clean(repr(copy.copy(error)))


def without_test_frames(error: BaseException) -> BaseException:
    """Remove the frames of this file, which hold the secrets."""
    trace = error.__traceback__
    while trace is not None and "/warehouse_sync/" not in trace.tb_frame.f_code.co_filename.replace(
        "\\", "/"
    ):
        trace = trace.tb_next
    return error.with_traceback(trace)


def inspect_value(value: object) -> None:
    """Search every text of a result for secrets."""
    clean(f"{value!r} {value} {pickle.dumps(value)!r} {pickle.dumps(value, 2)!r} {copy.deepcopy(value)!r}")
    for item in value if isinstance(value, list) else [value]:
        if attrs.has(type(item)):
            clean(repr(attrs.asdict(item)))  # type: ignore[arg-type]  # just checked


def trouble(name: str, jump: Any, success: Answer) -> Answer:
    """The faulty response."""
    if name == "nothing":
        return success
    if name == "echo":
        return echo(400)
    return faults(jump)[name]


async def attempt(client: Driver, call: Any) -> None:
    """Make a call, and inspect its outcome."""
    try:
        inspect_value(await client.call(call))
    except Exception as error:  # noqa: BLE001 - whatever it is
        inspect(error)


def options(peer: Peer, clock: FakeClock, sort: str) -> dict[str, Any]:
    """Return a client's options with secrets to search for."""
    more = {"account_id": 1, "clock": clock.as_clock(), "timeout": Timeout(total=50, read=1)}
    return {**peer.options(**more), "client_secret": f"{CLIENT_SECRET}-{peer.port}-{sort}"}


@pytest.mark.parametrize("sort", ["async", "sync"])
@pytest.mark.parametrize("name", TROUBLES)
async def test_secrets_are_hidden_whatever_the_api_does(
    peer: Peer, clock: FakeClock, name: str, sort: str, log: io.StringIO
) -> None:
    """Every kind of call under every fault, with logs at DEBUG and asyncio's debug mode."""
    async with driver(sort, **options(peer, clock, sort)) as client:
        client.loop.set_debug(True)
        jump = warp(client.loop)
        peer.serve("* /platform/*", trouble(name, lambda: jump(1.05), reply(200, BIG_QUERY)))
        peer.serve(f"GET {BASE}/connections", reply(200, [BIG_QUERY, {**BIG_QUERY, "id": 7.5}]))
        peer.serve("* /v1/*", trouble(name, lambda: jump(1.05), reply(200, {"data": [FEED_READ]})))
        peer.serve("GET /v1/workspace/*", reply(200, {"data": [{**FEED_READ, "id": 7.5}]}))
        peer.serve(TOKEN, token(ACCESS_TOKEN))
        for call in CALLS.values():
            await attempt(client, call)
        clean(f"{client.client!r} {vars(client.client)!r}")
        client.loop.set_debug(False)
    assert peer.count() >= 5
    clean(log.getvalue())


@pytest.mark.parametrize("sort", ["async", "sync"])
@pytest.mark.parametrize(
    "answer",
    [
        reply(401, {"error": "invalid_client", "error_description": f"no such secret: {CLIENT_SECRET}"}),
        echo(400),
        reply(200, {"access_token": ACCESS_TOKEN, "token_type": "mac", "expires_in": 9}),
        reply(200, {"access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": -9}),
        reply(200, {"access_token": f"{ACCESS_TOKEN} with a space", "expires_in": 9}),
        reply(200, {"access_token": [ACCESS_TOKEN], "expires_in": 9}),
        reply(200, [ACCESS_TOKEN]),
        reply(200, f'{{"access_token": "{ACCESS_TOKEN}", '.encode()),
        reply(200, f"{ACCESS_TOKEN}\xff".encode("latin-1")),
        refusal(503, "later"),
        refusal(307),
    ],
)
async def test_secrets_are_hidden_whatever_the_token_endpoint_does(
    peer: Peer, clock: FakeClock, answer: Answer, sort: str, log: io.StringIO
) -> None:
    """It may echo the secret, or send a token in an invalid response."""
    peer.serve(TOKEN, answer)
    given = {**options(peer, clock, sort), "client_secret": CLIENT_SECRET, "client_id": f"id-{peer.port}"}
    async with driver(sort, **given) as client:
        await attempt(client, CALLS["read"])
    assert peer.count() == 0
    clean(log.getvalue())


@pytest.mark.parametrize("call", ["create", "update", "read", "create feed"])
async def test_secrets_are_hidden_in_a_cancellation(peer: Peer, call: str, log: io.StringIO) -> None:
    """A traceback with locals of a cancelled call shows neither headers nor body."""
    peer.serve("* /*", stall())
    peer.serve(TOKEN, token(ACCESS_TOKEN))
    async with AsyncClient(**{**peer.options(account_id=1), "client_secret": CLIENT_SECRET + call}) as client:
        task = asyncio.create_task(CALLS[call](client))
        await peer.arrived(2)  # the token, and the call
        for _ in range(10):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
    inspect(caught.value)
    clean(log.getvalue())


@pytest.mark.parametrize("call", ["create", "update", "read"])
@pytest.mark.parametrize(
    "answer",
    [
        raw(http(200, b"x" * 100, ECHOED)[:-50], then="close"),
        raw(http(500, b"x" * 100, ECHOED)[:-50], then="close"),
        raw(http(200, gzip.compress(bytes(17 << 20)), {**ECHOED, "Content-Encoding": "gzip"})),
    ],
    ids=["cut short", "error cut short", "too large"],
)
async def test_secrets_are_hidden_after_an_incomplete_response(
    peer: Peer, clock: FakeClock, answer: Answer, call: str
) -> None:
    """A response header may repeat the token; no frame of a traceback holds the response."""
    peer.serve("* /platform/*", answer)
    peer.serve(TOKEN, token(ACCESS_TOKEN))
    async with AsyncClient(**options(peer, clock, call)) as client:
        with pytest.raises(WarehouseSyncError) as caught:
            await CALLS[call](client)
    inspect(caught.value)


def test_secrets_are_hidden_in_invalid_settings() -> None:
    """The error of a client that cannot be created does not contain its arguments."""
    for made in (AsyncClient, Client):
        for wrong in ({"workspace_id": "x"}, {"api_url": "http://example.com"}, {"max_connections": 0}):
            with pytest.raises(ConfigurationError) as caught:
                made(**{"workspace_id": 1, "client_id": "i", "client_secret": CLIENT_SECRET, **wrong})  # type: ignore[arg-type]  # wrong on purpose
            clean(f"{caught.value!r} {caught.value}")


@pytest.mark.parametrize("sort", ["async", "sync"])
async def test_secrets_are_hidden_in_invalid_specs(peer: Peer, clock: FakeClock, sort: str) -> None:
    """A spec is rejected without its secrets, and nothing is sent."""
    assert isinstance(SNOWFLAKE.config, SnowflakeConfig)
    masked = attrs.evolve(SNOWFLAKE.config, password="************")
    bad = [
        attrs.evolve(SNOWFLAKE, extra={"x": object()}),
        attrs.evolve(SNOWFLAKE, id="a/b"),
        attrs.evolve(SNOWFLAKE, config=masked),
        attrs.evolve(
            SNOWFLAKE,
            id="",
            config=BigQueryConfig(
                region="r", project_id="p", dataset_id="", service_account_id="i", service_account_key=KEY
            ),
        ),
    ]
    async with driver(sort, **options(peer, clock, sort)) as client:
        for spec in bad:
            for make in (
                lambda c, s=spec: c.connections.create(s),
                lambda c, s=spec: c.connections.update(s),
            ):
                with pytest.raises(ValueError, match="was not sent") as caught:
                    await client.call(make)
                inspect(caught.value)
    assert peer.arrivals == []


def test_secrets_are_hidden_in_messages_of_the_token_cache(
    peer: Peer, clock: FakeClock, tmp_path: Path, log: io.StringIO
) -> None:
    """The warning of an unusable cache does not contain the token."""
    cache = TokenCache(tmp_path / "tokens")
    cache.directory.mkdir(mode=0o755)
    peer.serve(TOKEN, token(ACCESS_TOKEN))
    with Client(**{**options(peer, clock, "sync"), "token_cache": cache}) as client:
        with pytest.raises(Exception, match="404"):
            client.connections.get("c1")
        clean(repr(cache))
    assert "not cached on disk" in log.getvalue()
    clean(log.getvalue())


def test_search_finds_a_secret(log: io.StringIO) -> None:
    """The tests above can fail: a secret in a local, a chain, a pickle or a log is found."""

    def fail(password: str) -> None:
        raise ValueError("no")

    try:
        fail(PASSWORD)
    except ValueError as error:
        with pytest.raises(AssertionError):
            clean("".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()))
    with pytest.raises(AssertionError):
        inspect_value([PASSWORD])
    logging.getLogger("anything").debug("%s", PASSWORD)
    with pytest.raises(AssertionError):
        clean(log.getvalue())
    gc.collect()
