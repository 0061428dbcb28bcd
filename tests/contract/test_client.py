"""Both clients: settings, workspaces, options and closing."""

import asyncio
import copy
import inspect
import pickle
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
    """A server without connections in any workspace, which counts requests."""
    with Peer() as running:
        running.serve(WORKSPACE.format("*"), reply(200, []))
        yield running


async def test_workspace_shares_the_pool_and_the_token(connect: Connect, peer: Peer) -> None:
    """Clients for other workspaces share the connection and the token, and access their own workspace."""
    async with connect(**peer.options(workspace_id=1)) as client:
        for number in (1, 2, 3):
            other = client.workspace(number)
            assert other.workspace_id == number
            assert await other.connections.list() == []
        assert [peer.count(WORKSPACE.format(number)) for number in (1, 2, 3)] == [1, 1, 1]
    assert (peer.count("POST /oauth/token"), peer.connections) == (1, 1)


async def test_workspaces_are_separate(client: Any, emulator: Emulator) -> None:
    """Resources of one workspace do not exist in another."""
    emulator.seed(pipelines=1, workspace_id=7)
    assert await client.pipelines.list() == []
    assert len(await client.workspace("7").pipelines.list()) == 1


async def test_closing_a_workspace_leaves_the_client_open(client: Any) -> None:
    """The sessions belong to the client that opened them."""
    async with client.workspace(7) as other:
        await other.connections.list()
    await client.with_options().close()
    assert await client.connections.list() == []


async def test_with_options_applies_to_the_derived_client_only(connect: Connect, peer: Peer) -> None:
    """A derived client uses its own retry policy; both share the sessions and the token."""
    peer.serve(WORKSPACE.format(1), reply(503, {}))
    async with connect(**peer.options(retry=RetryPolicy(attempts=2, base_delay=0))) as client:
        for wanted, used in ((client.with_options(retry=RetryPolicy(attempts=1)), 1), (client, 2)):
            with pytest.raises(Exception, match="503") as caught:
                await wanted.connections.list()
            assert caught.value.attempts == used  # type: ignore[attr-defined] # an APIError
        assert client.with_options(timeout=Timeout(total=5)).workspace_id == 1
    assert (peer.count("POST /oauth/token"), peer.connections) == (1, 1)


async def test_closed_client_raises_with_a_hint(connect: Connect, emulator: Emulator) -> None:
    """Requests after `close` raise an error with a hint, also by derived clients; closing twice is no error."""
    client = connect(**emulator.client_options())
    await client.connections.list()
    other = client.workspace(7)
    await client.close()
    await client.close()
    for closed in (client, other):
        with pytest.raises(ConfigurationError, match="the client is closed"):
            await closed.connections.list()


async def test_unused_client_can_be_closed(connect: Connect, emulator: Emulator) -> None:
    """A client opens nothing before its first request."""
    client = connect(**emulator.client_options())
    await client.close()
    with pytest.raises(ConfigurationError, match="the client is closed"):
        await client.connections.list()


async def test_settings_come_from_the_environment(
    connect: Connect, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Omitted arguments are read from the documented variables."""
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
        ("timeout", "5"),
        ("retry", 3),
        ("max_connections", 0),
        ("max_connections", True),
        ("max_connections", "many"),
        ("clock", 1),
    ],
)
def test_invalid_setting_raises_without_the_secret(connect: Connect, option: str, wrong: Any) -> None:
    """An invalid setting raises in the constructor, and the error does not contain the secret."""
    options = {"workspace_id": 1, "client_id": "id", "client_secret": "hunter2", option: wrong}
    with pytest.raises(ConfigurationError) as caught:
        connect(**options)
    assert "hunter2" not in str(caught.value)


def test_unknown_keyword_raises(connect: Connect) -> None:
    """A misspelled setting raises an error."""
    with pytest.raises(TypeError, match="time_out"):
        connect(workspace_id=1, client_id="id", client_secret="secret", time_out=5)


async def test_invalid_workspace_id_raises(client: Any) -> None:
    """The id of another workspace is validated like the first one."""
    with pytest.raises(ConfigurationError, match="workspace_id"):
        client.workspace("7/../8")


async def test_rejected_credential_raises_a_token_error(connect: Connect, emulator: Emulator) -> None:
    """A rejected credential raises a `TokenError` with its id and without its secret."""
    options = emulator.client_options() | {"client_id": "prod", "client_secret": "hunter2"}
    async with connect(**options) as client:
        with pytest.raises(Exception, match="client_id") as caught:
            await client.connections.list()
    assert type(caught.value).__name__ == "TokenError"
    assert "hunter2" not in str(caught.value)


async def test_permanent_401_causes_one_replay(connect: Connect, peer: Peer) -> None:
    """A 401 causes one token request and one replay."""
    peer.serve(WORKSPACE.format(1), reply(401, {"errors": [{"message": "no"}]}))
    async with connect(**peer.options()) as client:
        with pytest.raises(UnauthorizedError):
            await client.connections.list()
    assert (peer.count("POST /oauth/token"), peer.count(WORKSPACE.format(1))) == (2, 2)


async def test_token_cache_outlives_the_client(connect: Connect, peer: Peer, tmp_path: Any) -> None:
    """A second client with the same directory uses the token of the first."""
    for _ in range(2):
        async with connect(**peer.options(token_cache=tmp_path / "tokens")) as client:
            await client.connections.list()
    assert peer.count("POST /oauth/token") == 1


async def test_repr_has_the_workspace_and_no_secret(client: Any) -> None:
    """The `repr` of a client contains its workspace and URL, and no secret."""
    assert "Client workspace 5328 at http://127.0.0.1" in repr(client)
    assert "emu_secret" not in repr(client)


async def test_concurrent_requests_share_one_token_request(connect: Connect, peer: Peer) -> None:
    """Requests that start together wait for one token."""
    async with connect(**peer.options()) as client:
        await asyncio.gather(*(client.connections.list() for _ in range(10)))
    assert peer.count("POST /oauth/token") == 1


async def test_session_argument_is_used_and_not_closed(peer: Peer) -> None:
    """A session of the caller sends the requests, and is not closed."""
    async with aiohttp.ClientSession() as session:
        async with AsyncClient(**peer.options(session=session)) as client:
            assert await client.connections.list() == []
        assert not session.closed


def test_both_clients_have_the_same_arguments() -> None:
    """Both clients have the same settings with the same defaults, except for `session`, which belongs to an event loop."""
    parameters = dict(inspect.signature(AsyncClient).parameters)
    del parameters["session"]
    assert dict(inspect.signature(Client).parameters) == parameters


@pytest.mark.parametrize("cls", [AsyncClient, Client])
def test_pickled_client_raises_with_a_hint(cls: Any) -> None:
    """Neither pickle nor copy shares a client."""
    client = cls(workspace_id=1, client_id="id", client_secret="hunter2")
    for duplicate in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="create one in each process") as caught:
            duplicate(client)
        assert "hunter2" not in str(caught.value)
