"""The client: owns the pool and the token, and hands out the resources of its workspace."""

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from warehouse_sync.errors import ConfigurationError, ValidationError
from warehouse_sync.models import Secret, StatusChange
from warehouse_sync.models.common import require_id
from warehouse_sync.polling.watching import watch
from warehouse_sync.resources.connections import Connections
from warehouse_sync.resources.data_models import DataModels
from warehouse_sync.resources.ingest_v1 import IngestV1
from warehouse_sync.resources.pipelines import Pipelines
from warehouse_sync.resources.runs import Runs, run_waiter
from warehouse_sync.resources.workspace import Workspace
from warehouse_sync.settings import Clock, RetryPolicy, Timeout, check_workspace_id, resolve
from warehouse_sync.transport.auth import shared_source
from warehouse_sync.transport.carrier import Carrier
from warehouse_sync.transport.pace import Pace
from warehouse_sync.transport.pool import PoolOptions, SessionPool
from warehouse_sync.transport.retry import Budget
from warehouse_sync.transport.send import Transport

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")


class AsyncClient:
    """A client of the Warehouse Sync API for one workspace.

    Settings left out come from the environment: `WAREHOUSE_SYNC_WORKSPACE_ID`, `…_CLIENT_ID`, `…_CLIENT_SECRET`, `…_API_URL`
    and `…_TOKEN_URL`. The credential comes whole from one place. Nothing is sent until the first call.

    Args:
        workspace_id: The workspace's number.
        client_id: The credential's id.
        client_secret: The credential's secret.
        api_url: The API's address: https, or http on this machine. Default `https://api.mparticle.com`.
        token_url: The token endpoint's address. Default `https://sso.auth.mparticle.com/oauth/token`.
        timeout: How long a call may take.
        retry: How often a failed request is tried again.
        max_connections: The most requests under way at once on one event loop.
        token_cache: Where tokens outlive the process; `None` keeps them in memory.
        session: A session of the caller's: used as it is, never closed.
        trust_env: Whether proxies and netrc of the environment are used.
        ca_file: A file of certificate authorities to trust besides the system's.
        clock: Time, sleep and chance, for tests.

    Raises:
        ConfigurationError: A setting is missing or cannot work.

    Attributes:
        workspace_id: The workspace's number.
        connections: Where the data comes from.
        data_models: Which rows and columns are loaded.
        pipelines: What is loaded from where, how and when.
        runs: What pipelines have done.
        ingest_v1: The v1 draft of the API, as plain JSON.

    Example:
        ```python
        async with AsyncClient() as client:
            for connection in await client.connections.list():
                print(connection.id, connection.status)
        ```
    """

    def __init__(  # noqa: PLR0913 - the settings of a client
        self,
        *,
        workspace_id: int | str | None = None,
        client_id: str | None = None,
        client_secret: str | Secret | None = None,
        api_url: str | None = None,
        token_url: str | None = None,
        timeout: Timeout | None = None,
        retry: RetryPolicy | None = None,
        max_connections: int = 100,
        token_cache: None = None,
        session: "aiohttp.ClientSession | None" = None,
        trust_env: bool = False,
        ca_file: str | Path | None = None,
        clock: Clock | None = None,
    ) -> None:
        settings = resolve(
            workspace_id=workspace_id,
            client_id=client_id,
            client_secret=client_secret,
            api_url=api_url,
            token_url=token_url,
        )
        timeout, retry, clock = (
            _or_default(timeout, Timeout),
            _or_default(retry, RetryPolicy),
            _or_default(clock, Clock),
        )
        options = PoolOptions(
            timeout=timeout,
            max_connections=_check_max_connections(max_connections),
            session=session,
            trust_env=trust_env,
            ca_file=ca_file,
        )
        carrier = Carrier(
            pool=SessionPool(options),
            timeout=timeout,
            policy=retry,
            budget=Budget(retry.budget),
            pace=Pace(),
            clock=clock,
        )
        self._bind(Transport(settings, carrier, shared_source(settings, clock)), settings.workspace_id)

    def _bind(self, transport: Transport, workspace_id: int, *, owns_pool: bool = True) -> None:
        workspace = Workspace(transport=transport, id=workspace_id)
        self._transport = transport
        self._owns_pool = owns_pool
        self.workspace_id = workspace_id
        self.runs = Runs(workspace, run_waiter(workspace))
        self.connections = Connections(workspace)
        self.data_models = DataModels(workspace)
        self.pipelines = Pipelines(workspace, self.runs)
        self.ingest_v1 = IngestV1(workspace)

    @classmethod
    def _over(cls, transport: Transport, workspace_id: int) -> Self:
        client = cls.__new__(cls)
        client._bind(transport, workspace_id, owns_pool=False)  # noqa: SLF001 - our own, in place of __init__
        return client

    def workspace(self, workspace_id: int | str) -> Self:
        """Return a client for another workspace over the same sessions and the same token.

        Args:
            workspace_id: The other workspace's number.

        Returns:
            A client that ends with this one; closing it does nothing.

        Raises:
            ConfigurationError: The number is not one.
        """
        return self._over(self._transport, check_workspace_id(workspace_id))

    def with_options(self, *, timeout: Timeout | None = None, retry: RetryPolicy | None = None) -> Self:
        """Return a client for the same workspace with other bounds, over the same sessions and the same token.

        Args:
            timeout: How long a call may take; as before when left out. `connect` and `read` stay those of the sessions.
            retry: How often a failed request is tried again; as before when left out.

        Returns:
            A client that ends with this one; closing it does nothing.
        """
        return self._over(self._transport.with_options(timeout=timeout, retry=retry), self.workspace_id)

    def watch(self, pipeline_ids: Iterable[str], *, every: float | timedelta) -> AsyncIterator[StatusChange]:
        """Watch pipelines for changes of their status and of their latest run, until cancelled.

        An outage does not end it: a pipeline whose poll fails is told once as stale, and again when it can be read.

        Args:
            pipeline_ids: The pipelines.
            every: Seconds from the beginning of one round of polls to that of the next, above 0; or a `timedelta`.

        Returns:
            An entry per change, in the order in which they are seen; the first round tells every pipeline.

        Raises:
            ValidationError: An argument is wrong; nothing was sent.

        Source: `GET /inputs/data-pipelines/{pipelineId}/report`, "Get a pipeline's report".
        """
        seconds = every / timedelta(seconds=1) if isinstance(every, timedelta) else every
        if (
            not isinstance(seconds, int | float)
            or isinstance(seconds, bool)
            or not 0 < seconds < float("inf")
        ):
            raise ValidationError(
                "the watch", [("every", f"must be a number of seconds above 0, not {every!r:.60}")]
            )
        if isinstance(pipeline_ids, str):
            raise ValidationError("the watch", [("pipeline_ids", "must be many ids, not one string")])
        ids = [require_id("pipeline_ids", pipeline_id) for pipeline_id in pipeline_ids]
        return watch(self.pipelines.reports, ids, seconds, self._transport.clock)

    async def close(self) -> None:
        """Close the sessions the client opened. Calls after this raise `ConfigurationError`."""
        if self._owns_pool:
            await self._transport.carrier.pool.close()

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the client."""
        await self.close()

    def __repr__(self) -> str:
        settings = self._transport.settings
        return f"<{type(self).__name__} workspace {self.workspace_id} at {settings.api_url}>"


def _or_default(value: T | None, cls: type[T]) -> T:
    if value is None:
        return cls()
    if not isinstance(value, cls):
        raise ConfigurationError(
            f"{cls.__name__.lower()} must be a {cls.__name__}, not {type(value).__name__}"
        )
    return value


def _check_max_connections(value: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigurationError(f"max_connections must be a whole number from 1 on, not {value!r:.60}")
    return value
