"""The client itself, of either sort: settings, workspaces, options, and its end."""

import asyncio
import inspect
from typing import Any

import aiohttp
import pytest

from tests.contract.conftest import Connect
from tests.support.peer import Peer, reply
from warehouse_sync import AsyncClient, Client, ConfigurationError, RetryPolicy, Timeout, UnauthorizedError
from warehouse_sync.emulator import Emulator

WORKSPACE = "GET /platform/v2/workspaces/{}/connections"


@pytest.fixture
def peer() -> Any:
    """A server that has no connections in any workspace, and counts what it is asked."""
    with Peer() as running:
        running.serve(WORKSPACE.format("*"), reply(200, []))
        yield running


async def test_workspace_shares_the_pool_and_the_token(connect: Connect, peer: Peer) -> None:
    """Clients for other workspaces use the same connection and the same token, and see their own workspace."""
    async with connect(**peer.options(workspace_id=1)) as client:
        for number in (1, 2, 3):
            other = client.workspace(number)
            assert other.workspace_id == number
            assert await other.connections.list() == []
        assert [peer.count(WORKSPACE.format(number)) for number in (1, 2, 3)] == [1, 1, 1]
    assert (peer.count("POST /oauth/token"), peer.lines) == (1, 1)


async def test_workspaces_are_apart(client: Any, emulator: Emulator) -> None:
    """What one workspace holds, another does not."""
    emulator.seed(pipelines=1, workspace_id=7)
    assert await client.pipelines.list() == []
    assert len(await client.workspace("7").pipelines.list()) == 1


async def test_closing_a_workspace_leaves_the_client_open(client: Any) -> None:
    """The pool belongs to the client that made it."""
    async with client.workspace(7) as other:
        await other.connections.list()
    await client.with_options().close()
    assert await client.connections.list() == []


async def test_with_options_changes_the_bounds_of_its_calls_alone(connect: Connect, peer: Peer) -> None:
    """A derived client retries as it is told to; the first one as before; both over one pool and token."""
    peer.serve(WORKSPACE.format(1), reply(503, {}))
    async with connect(**peer.options(retry=RetryPolicy(attempts=2, base_delay=0))) as client:
        for wanted, used in ((client.with_options(retry=RetryPolicy(attempts=1)), 1), (client, 2)):
            with pytest.raises(Exception, match="503") as caught:
                await wanted.connections.list()
            assert caught.value.attempts == used  # type: ignore[attr-defined] # an APIError
        assert client.with_options(timeout=Timeout(total=5)).workspace_id == 1
    assert (peer.count("POST /oauth/token"), peer.lines) == (1, 1)


async def test_closed_client_says_so(connect: Connect, emulator: Emulator) -> None:
    """Calls after the end name the mend, those of clients derived from it too; closing twice is no error."""
    client = connect(**emulator.client_options())
    await client.connections.list()
    other = client.workspace(7)
    await client.close()
    await client.close()
    for closed in (client, other):
        with pytest.raises(ConfigurationError, match="the client is closed"):
            await closed.connections.list()


async def test_client_that_never_called_can_be_closed(connect: Connect, emulator: Emulator) -> None:
    """Nothing is opened before the first call, and so nothing has to be."""
    client = connect(**emulator.client_options())
    await client.close()
    with pytest.raises(ConfigurationError, match="the client is closed"):
        await client.connections.list()


async def test_settings_come_from_the_environment(
    connect: Connect, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is not given as an argument is read from the documented variables."""
    for name, value in emulator.client_options().items():
        monkeypatch.setenv(f"WAREHOUSE_SYNC_{name.upper()}", str(value))
    async with connect() as client:
        assert (client.workspace_id, await client.connections.list()) == (5328, [])


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        ("workspace_id", 0),
        ("workspace_id", "a"),
        ("client_id", ""),
        ("client_secret", None),
        ("client_secret", "****"),
        ("api_url", "http://example.com"),
        ("token_url", "ftp://127.0.0.1"),
        ("timeout", 5),
        ("retry", 3),
        ("max_connections", 0),
        ("max_connections", True),
        ("max_connections", "many"),
        ("clock", 1),
    ],
)
def test_wrong_setting_is_refused_at_once(connect: Connect, option: str, wrong: Any) -> None:
    """A client that cannot work is not made, and its secret is not told."""
    options = {"workspace_id": 1, "client_id": "id", "client_secret": "hunter2", option: wrong}
    with pytest.raises(ConfigurationError) as caught:
        connect(**options)
    assert "hunter2" not in str(caught.value)


def test_unknown_keyword_is_refused(connect: Connect) -> None:
    """A misspelt setting is not ignored."""
    with pytest.raises(TypeError, match="time_out"):
        connect(workspace_id=1, client_id="id", client_secret="secret", time_out=5)


async def test_wrong_workspace_is_refused(client: Any) -> None:
    """Another workspace's number is checked like the first one's."""
    with pytest.raises(ConfigurationError, match="workspace_id"):
        client.workspace("7/../8")


async def test_foreign_credential_is_refused_by_the_emulator(connect: Connect, emulator: Emulator) -> None:
    """A refused credential is a `TokenError` that names it, and the secret is not told."""
    options = emulator.client_options() | {"client_id": "prod", "client_secret": "hunter2"}
    async with connect(**options) as client:
        with pytest.raises(Exception, match="client_id") as caught:
            await client.connections.list()
    assert type(caught.value).__name__ == "TokenError"
    assert "hunter2" not in str(caught.value)


async def test_unauthorized_everywhere_is_one_replay(connect: Connect, peer: Peer) -> None:
    """A 401 costs one more token and one more request, no more."""
    peer.serve(WORKSPACE.format(1), reply(401, {"errors": [{"message": "no"}]}))
    async with connect(**peer.options()) as client:
        with pytest.raises(UnauthorizedError):
            await client.connections.list()
    assert (peer.count("POST /oauth/token"), peer.count(WORKSPACE.format(1))) == (2, 2)


async def test_token_cache_outlives_the_client(connect: Connect, peer: Peer, tmp_path: Any) -> None:
    """Given a directory, a second client finds the first one's token there."""
    for _ in range(2):
        async with connect(**peer.options(token_cache=tmp_path / "tokens")) as client:
            await client.connections.list()
    assert peer.count("POST /oauth/token") == 1


async def test_repr_names_the_workspace_and_no_secret(client: Any) -> None:
    """A client shows where it leads and nothing it keeps."""
    assert "Client workspace 5328 at http://127.0.0.1" in repr(client)
    assert "emu_secret" not in repr(client)


async def test_concurrent_calls_share_one_token(connect: Connect, peer: Peer) -> None:
    """Calls that start together wait for one token."""
    async with connect(**peer.options()) as client:
        await asyncio.gather(*(client.connections.list() for _ in range(10)))
    assert peer.count("POST /oauth/token") == 1


async def test_borrowed_session_is_used_and_left_open(peer: Peer) -> None:
    """A session of the caller's carries the calls, and stays the caller's."""
    async with aiohttp.ClientSession() as session:
        async with AsyncClient(**peer.options(session=session)) as client:
            assert await client.connections.list() == []
        assert not session.closed


def test_both_sorts_take_the_same_arguments() -> None:
    """Every setting of one client is a setting of the other, with the same default."""
    assert inspect.signature(Client) == inspect.signature(AsyncClient)
