"""Internals of a client that tests inspect, each reached in one place."""

import aiohttp

from warehouse_sync import AsyncClient
from warehouse_sync.transport.pool import LoopSession
from warehouse_sync.transport.token_source import TokenSource


def token_source(client: AsyncClient) -> TokenSource:
    """Return the source of a client's token."""
    assert client._sender.auth is not None
    return client._sender.auth.source


def loop_session(client: AsyncClient) -> LoopSession:
    """Return a client's session of the running event loop."""
    return client._sender.pool.for_running_loop()


async def refresh_token(client: AsyncClient) -> None:
    """Let a client fetch a token unless it has one."""
    await token_source(client).get(client._sender._fetch_token)


def age_connections(session: aiohttp.ClientSession, seconds: float) -> None:
    """Let the keep-alive connections of a session have idled longer."""
    assert session.connector is not None
    for idle in session.connector._conns.values():
        for position, (protocol, since) in enumerate(idle):
            idle[position] = (protocol, since - seconds)
