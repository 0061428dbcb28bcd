"""The client: owns the pool and the token, and hands out the resources of its workspace.

The resources are imported when they are first used, so that the first client costs little more than importing aiohttp.
"""

from collections.abc import AsyncGenerator, Iterable
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from warehouse_sync.errors import ConfigurationError
from warehouse_sync.secret import Secret, to_secret
from warehouse_sync.settings import Clock, RetryPolicy, Timeout, check_workspace_id, resolve
from warehouse_sync.transport.auth import shared_source
from warehouse_sync.transport.limits import AdaptiveConcurrency
from warehouse_sync.transport.pool import PoolOptions, SessionPool
from warehouse_sync.transport.request import BaseUrl
from warehouse_sync.transport.retry import RetryBudget
from warehouse_sync.transport.sender import RetryingSender, TokenAuth
from warehouse_sync.transport.token_endpoint import TokenEndpoint

if TYPE_CHECKING:
    import aiohttp

    from warehouse_sync.models import StatusChange
    from warehouse_sync.resources.connections import Connections
    from warehouse_sync.resources.data_models import DataModels
    from warehouse_sync.resources.ingest_v1 import IngestV1
    from warehouse_sync.resources.pipelines import Pipelines
    from warehouse_sync.resources.runs import Runs
    from warehouse_sync.resources.workspace import Workspace
    from warehouse_sync.transport.token_cache import TokenCache

T = TypeVar("T")
Expected = dict[tuple[int, str], float]


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
        token_cache: A directory, or a `TokenCache`, in which tokens outlive the process; `None` keeps them in memory.
        session: A session of the caller's, of the event loop that the client is used in: never closed. The client's own
            timeouts and the API's own errors apply, whatever the session says.
        trust_env: Whether proxies and netrc of the environment are used.
        ca_file: A file of certificate authorities to trust besides the system's.
        clock: Time, sleep and chance, for tests.

    Raises:
        ConfigurationError: A setting is missing or cannot work.

    Attributes:
        workspace_id: The workspace's number.

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
        token_cache: "TokenCache | str | Path | None" = None,
        session: "aiohttp.ClientSession | None" = None,
        trust_env: bool = False,
        ca_file: str | Path | None = None,
        clock: Clock | None = None,
    ) -> None:
        client_secret = to_secret(client_secret)  # before anything can fail: tracebacks may show locals
        settings = resolve(
            workspace_id=workspace_id,
            client_id=client_id,
            client_secret=client_secret,
            api_url=api_url,
            token_url=token_url,
        )
        timeout, retry, clock = (
            _or_default("timeout", timeout, Timeout),
            _or_default("retry", retry, RetryPolicy),
            _or_default("clock", clock, Clock),
        )
        options = PoolOptions(
            timeout=timeout,
            max_connections=_check_max_connections(max_connections),
            session=_check_session(session),
            trust_env=trust_env,
            ca_file=_check_path("ca_file", ca_file),
        )
        endpoint = TokenEndpoint(settings, _to_cache(token_cache))
        sender = RetryingSender(
            base_url=BaseUrl.parse(settings.api_url),
            pool=SessionPool(options),
            timeout=timeout,
            policy=retry,
            budget=RetryBudget(retry.budget),
            concurrency=AdaptiveConcurrency(),
            clock=clock,
            auth=TokenAuth(shared_source(settings, clock), endpoint.fetch),
        )
        self._bind(sender, settings.workspace_id, {})

    def _bind(
        self, sender: RetryingSender, workspace_id: int, expected: "Expected", *, owns_pool: bool = True
    ) -> None:
        self._sender = sender
        self._expected = expected
        self._owns_pool = owns_pool
        self.workspace_id: int = workspace_id

    @cached_property
    def connections(self) -> "Connections":
        """Where the data comes from."""
        from warehouse_sync.resources.connections import Connections

        return Connections(self._workspace)

    @cached_property
    def data_models(self) -> "DataModels":
        """Which rows and columns are loaded."""
        from warehouse_sync.resources.data_models import DataModels

        return DataModels(self._workspace)

    @cached_property
    def pipelines(self) -> "Pipelines":
        """What is loaded from where, how and when."""
        from warehouse_sync.resources.pipelines import Pipelines

        return Pipelines(self._workspace, self.runs)

    @cached_property
    def runs(self) -> "Runs":
        """What pipelines have done."""
        from warehouse_sync.resources.runs import Runs, run_waiter

        return Runs(self._workspace, run_waiter(self._workspace))

    @cached_property
    def ingest_v1(self) -> "IngestV1":
        """The v1 draft of the API, as plain JSON."""
        from warehouse_sync.resources.ingest_v1 import IngestV1

        return IngestV1(self._workspace)

    @cached_property
    def _workspace(self) -> "Workspace":
        from warehouse_sync.resources.workspace import Workspace

        return Workspace(sender=self._sender, id=self.workspace_id, expected=self._expected)

    def _over(self, sender: RetryingSender, workspace_id: int) -> Self:
        client = type(self).__new__(type(self))
        client._bind(sender, workspace_id, self._expected, owns_pool=False)  # noqa: SLF001 - our own, in place of __init__
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
        return self._over(self._sender, check_workspace_id(workspace_id))

    def with_options(self, *, timeout: Timeout | None = None, retry: RetryPolicy | None = None) -> Self:
        """Return a client for the same workspace with other bounds, over the same sessions and the same token.

        Args:
            timeout: How long a call may take; as before when left out. `connect` and `read` stay those of the sessions.
            retry: How often a failed request is tried again; as before when left out. Its `budget` is not taken: all calls
                of a client share one.

        Returns:
            A client that ends with this one; closing it does nothing.

        Raises:
            ConfigurationError: An argument is not what it must be.
        """
        sender = self._sender.with_options(
            timeout=_check_type("timeout", timeout, Timeout), retry=_check_type("retry", retry, RetryPolicy)
        )
        return self._over(sender, self.workspace_id)

    def watch(
        self, pipeline_ids: Iterable[str], *, every: float | timedelta
    ) -> "AsyncGenerator[StatusChange, None]":
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
        from warehouse_sync.polling.watch import validate_ids, validate_interval, watch

        ids, seconds = validate_ids(pipeline_ids), validate_interval(every)
        return watch(self.pipelines.reports, ids, seconds, self._sender.clock)

    async def close(self) -> None:
        """Close the sessions the client opened. Calls after this raise `ConfigurationError`."""
        if self._owns_pool:
            await self._sender.close()

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the client."""
        await self.close()

    def __repr__(self) -> str:
        if "workspace_id" not in vars(self):
            return f"<{type(self).__name__} that could not be made>"
        return f"<{type(self).__name__} workspace {self.workspace_id} at {self._sender.base_url}>"


def _or_default(name: str, value: T | None, cls: type[T]) -> T:
    return cls() if value is None else _check_type(name, value, cls)


def _check_type(name: str, value: T, cls: type[Any]) -> T:
    if value is not None and not isinstance(value, cls):
        raise ConfigurationError(f"{name} must be a {cls.__name__}, not {type(value).__name__}")
    return value


def _check_path(name: str, value: str | Path | None) -> str | Path | None:
    if value is not None and not isinstance(value, str | Path):
        raise ConfigurationError(f"{name} must be a path, not {type(value).__name__}")
    return value


def _check_session(value: "aiohttp.ClientSession | None") -> "aiohttp.ClientSession | None":
    """Return a session. Whatever has the two methods will do: wrappers of sessions have them, too."""
    if value is not None and not (callable(getattr(value, "request", None)) and hasattr(value, "closed")):
        raise ConfigurationError(f"session must be an aiohttp.ClientSession, not {type(value).__name__}")
    return value


def _check_max_connections(value: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigurationError(f"max_connections must be a whole number from 1 on, not {value!r:.60}")
    return value


def _to_cache(value: "TokenCache | str | Path | None") -> "TokenCache | None":
    if value is None:
        return None
    from warehouse_sync.transport.token_cache import to_cache

    return to_cache(value)
