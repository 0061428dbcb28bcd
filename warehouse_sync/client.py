"""The asynchronous client of a workspace.

Resources are imported when they are first used, because importing them takes about as long as importing aiohttp.
"""

from collections.abc import AsyncGenerator, Iterable
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from weakref import WeakValueDictionary

from warehouse_sync.errors import ConfigurationError
from warehouse_sync.events import Listener
from warehouse_sync.fork_lock import lazy_property
from warehouse_sync.keywords import suggest_keywords
from warehouse_sync.numeric import MAX_WHOLE, is_whole, shorten
from warehouse_sync.running_loop import running_loop
from warehouse_sync.secret import Secret, to_secret
from warehouse_sync.settings import (
    Clock,
    RetryPolicy,
    Timeout,
    check_workspace_id,
    resolve,
    resolve_account_id,
    resolve_ca_file,
    resolve_trust_env,
    to_timeout,
)
from warehouse_sync.transport.limits import AdaptiveConcurrency
from warehouse_sync.transport.observer import to_observer
from warehouse_sync.transport.pool import PoolOptions, SessionPool
from warehouse_sync.transport.request import BaseUrl, HeaderSource, check_user_agent, to_extra_headers
from warehouse_sync.transport.retry import RetryBudget
from warehouse_sync.transport.sender import RetryingSender, TokenAuth
from warehouse_sync.transport.token_endpoint import TokenEndpoint
from warehouse_sync.transport.token_source import shared_source

if TYPE_CHECKING:
    import aiohttp

    from warehouse_sync.models import StatusChange
    from warehouse_sync.models.references import PipelineRef
    from warehouse_sync.resources.connections import Connections
    from warehouse_sync.resources.data_models import DataModels
    from warehouse_sync.resources.feeds import Feeds
    from warehouse_sync.resources.ingest_v1 import IngestV1
    from warehouse_sync.resources.pipelines import Pipelines
    from warehouse_sync.resources.runs import Runs
    from warehouse_sync.resources.workspace import Created, Waiters, Workspace
    from warehouse_sync.transport.token_cache import TokenCache

T = TypeVar("T")


class AsyncClient:
    """An asynchronous client of the Warehouse Sync API for one workspace.

    Omitted settings are read from the environment: `WAREHOUSE_SYNC_WORKSPACE_ID`, `…_CLIENT_ID`, `…_CLIENT_SECRET`,
    `…_API_URL` and `…_TOKEN_URL`. The id and secret of the credential must come from the same source. The client sends
    nothing until its first request.

    Args:
        workspace_id: The number of the workspace.
        client_id: The id of the credential.
        client_secret: The secret of the credential.
        api_url: The base URL of the API: https, or http for loopback hosts. Default `https://api.mparticle.com`.
        token_url: The URL of the token endpoint. Default `https://sso.auth.mparticle.com/oauth/token`.
        timeout: The timeouts of a request, including its retries; a number is the total in seconds.
        retry: The retry policy.
        max_connections: The maximum number of concurrent requests on one event loop.
        token_cache: A directory or `TokenCache` that stores tokens on disk; `None` keeps them in memory.
        session: A session of the same event loop to send requests with. The client never closes it, and applies its own
            timeouts and error handling instead of those of the session.
        headers: Headers to add to each API request: a mapping, or a callable that returns one and is called for each
            request. Token requests do not have them.
        user_agent: Text to append to the User-Agent header, such as `billing-service/2.1`.
        listeners: Callables that receive the events of `warehouse_sync.events`, in order, on the event loop of the
            client. An exception in a listener is logged and changes nothing.
        trust_env: Whether to use the proxies of the environment for https, as curl does; default
            `WAREHOUSE_SYNC_TRUST_ENV`, or false. The netrc file is never used.
        ca_file: A file of certificate authorities to trust in addition to those of the system; default
            `WAREHOUSE_SYNC_CA_FILE`.
        account_id: The number of the account of the workspace, which only `feeds` needs; default
            `WAREHOUSE_SYNC_ACCOUNT_ID`.
        clock: Time, sleep and randomness, for tests.

    Raises:
        ConfigurationError: A setting is missing or invalid.

    Attributes:
        workspace_id: The number of the workspace.

    Example:
        ```python
        async with AsyncClient() as client:
            for connection in await client.connections.list():
                print(connection.id, connection.status)
        ```
    """

    @suggest_keywords
    def __init__(  # noqa: PLR0913 - the settings of a client
        self,
        *,
        workspace_id: int | str | None = None,
        client_id: str | None = None,
        client_secret: str | Secret | None = None,
        api_url: str | None = None,
        token_url: str | None = None,
        timeout: Timeout | float | None = None,
        retry: RetryPolicy | None = None,
        max_connections: int = 100,
        token_cache: "TokenCache | str | Path | None" = None,
        session: "aiohttp.ClientSession | None" = None,
        headers: HeaderSource | None = None,
        user_agent: str | None = None,
        listeners: Iterable[Listener] = (),
        trust_env: bool | None = None,
        ca_file: str | Path | None = None,
        account_id: int | str | None = None,
        clock: Clock | None = None,
    ) -> None:
        # Before anything can fail, because tracebacks can show locals.
        client_secret = to_secret(client_secret)
        settings = resolve(
            workspace_id=workspace_id,
            client_id=client_id,
            client_secret=client_secret,
            api_url=api_url,
            token_url=token_url,
        )
        timeout, retry, clock = (
            to_timeout(timeout) or Timeout(),
            _or_default("retry", retry, RetryPolicy),
            _or_default("clock", clock, Clock),
        )
        options = PoolOptions(
            timeout=timeout,
            max_connections=_check_max_connections(max_connections),
            session=_check_session(session),
            trust_env=resolve_trust_env(trust_env),
            ca_file=resolve_ca_file(ca_file),
            user_agent=check_user_agent(user_agent),
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
            extra_headers=to_extra_headers(headers),
            observer=to_observer(listeners, clock),
        )
        self._account_id = resolve_account_id(account_id)
        self._bind(sender, settings.workspace_id, {}, WeakValueDictionary())

    def _bind(
        self,
        sender: RetryingSender,
        workspace_id: int,
        created: "Created",
        waiters: "Waiters",
        *,
        owns_pool: bool = True,
    ) -> None:
        self._sender = sender
        self._created = created
        self._waiters = waiters
        self._owns_pool = owns_pool
        self.workspace_id: int = workspace_id

    @lazy_property
    def connections(self) -> "Connections":
        """The connections: the warehouses that data is loaded from."""
        from warehouse_sync.resources.connections import Connections

        return self._observe("connections", Connections(self._workspace))

    @lazy_property
    def data_models(self) -> "DataModels":
        """The data models: the SQL queries that select what is loaded."""
        from warehouse_sync.resources.data_models import DataModels

        return self._observe("data_models", DataModels(self._workspace))

    @lazy_property
    def pipelines(self) -> "Pipelines":
        """The pipelines, their triggers and their reports."""
        from warehouse_sync.resources.pipelines import Pipelines

        return self._observe("pipelines", Pipelines(self._workspace))

    @lazy_property
    def runs(self) -> "Runs":
        """The runs of the pipelines."""
        from warehouse_sync.resources.runs import Runs

        return self._observe("runs", Runs(self._workspace))

    @lazy_property
    def feeds(self) -> "Feeds":
        """The feeds: the inputs that pipelines send data to. They need `account_id`."""
        from warehouse_sync.resources.feeds import Feeds

        return self._observe("feeds", Feeds(self._workspace))

    @lazy_property
    def ingest_v1(self) -> "IngestV1":
        """The v1 draft of the API, as JSON documents."""
        from warehouse_sync.resources.ingest_v1 import IngestV1

        ingest = IngestV1(self._workspace)
        for name, resource in vars(ingest).items():
            self._observe(f"ingest_v1.{name}", resource)
        return ingest

    @lazy_property
    def _workspace(self) -> "Workspace":
        from warehouse_sync.resources.workspace import Workspace

        return Workspace(
            sender=self._sender,
            id=self.workspace_id,
            account_id=self._account_id,
            created=self._created,
            waiters=self._waiters,
        )

    def _observe(self, name: str, resource: T) -> T:
        """Report the calls of a resource client to the listeners, if there are any."""
        observer = self._sender.observer
        if observer is not None:
            observer.wrap_methods(name, self.workspace_id, resource)
        return resource

    def _with_sender(self, sender: RetryingSender, workspace_id: int) -> Self:
        client = type(self).__new__(type(self))
        client._account_id = self._account_id  # noqa: SLF001 - an instance of this class
        waiters: Waiters = self._waiters if sender is self._sender else WeakValueDictionary()
        client._bind(sender, workspace_id, self._created, waiters, owns_pool=False)  # noqa: SLF001 - an instance of this class
        return client

    def workspace(self, workspace_id: int | str) -> Self:
        """Return a client for another workspace.

        It shares the sessions and the token of this client.

        Args:
            workspace_id: The number of the other workspace.

        Returns:
            A client that is closed with this one; closing it alone does nothing.

        Raises:
            ConfigurationError: The number is invalid.
        """
        return self._with_sender(self._sender, check_workspace_id(workspace_id))

    def with_options(
        self, *, timeout: Timeout | float | None = None, retry: RetryPolicy | None = None
    ) -> Self:
        """Return a client with another timeout or retry policy.

        It shares the sessions and the token of this client.

        Args:
            timeout: The timeouts, or the total in seconds; by default those of this client. `connect` and `read` cannot
                change: they belong to the sessions.
            retry: The retry policy; by default that of this client. Its `budget` is ignored: the clients share one.

        Returns:
            A client that is closed with this one; closing it alone does nothing.

        Raises:
            ConfigurationError: An argument has the wrong type.
        """
        sender = self._sender.with_options(
            timeout=to_timeout(timeout), retry=_check_type("retry", retry, RetryPolicy)
        )
        return self._with_sender(sender, self.workspace_id)

    def watch(
        self, pipeline_ids: "Iterable[PipelineRef]", *, every: float | timedelta
    ) -> "AsyncGenerator[StatusChange, None]":
        """Watch pipelines for changes of their status and latest run, until cancelled.

        An outage does not end the watch: a pipeline whose poll fails is yielded once as stale, and again when a poll
        succeeds.

        Args:
            pipeline_ids: The pipelines, as ids or as objects that have one.
            every: The interval between the starts of two rounds of polls, in seconds above 0 or as a `timedelta`.

        Returns:
            One entry per change, in the order of observation. The first round yields an entry for each pipeline.

        Raises:
            ValidationError: An argument is invalid; nothing was sent.

        Source: `GET /inputs/data-pipelines/{pipelineId}/report`, "Get a pipeline's report".
        """
        from warehouse_sync.polling.intervals import validate_interval
        from warehouse_sync.polling.watch import validate_ids, watch

        ids = validate_ids(pipeline_ids)
        seconds = validate_interval(every, field="every", request="the request to watch")
        return watch(self.pipelines.reports, ids, seconds, self._sender.clock)

    async def close(self) -> None:
        """Close the sessions of the client. Later requests raise `ConfigurationError`."""
        if self._owns_pool:
            await self._sender.close()

    async def __aenter__(self) -> Self:
        """Return the client."""
        running_loop()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the client."""
        await self.close()

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:  # noqa: ANN401 - the signature of `object`
        raise TypeError(
            f"{type(self).__name__} cannot be pickled or copied, because it holds connections and a secret: "
            "create one in each process"
        )

    def __repr__(self) -> str:
        if "workspace_id" not in vars(self):
            return f"<{type(self).__name__} that failed to initialize>"
        return f"<{type(self).__name__} workspace {self.workspace_id} at {self._sender.base_url}>"


def _or_default(name: str, value: T | None, cls: type[T]) -> T:
    return cls() if value is None else _check_type(name, value, cls)


def _check_type(name: str, value: T, cls: type[Any]) -> T:
    if value is not None and not isinstance(value, cls):
        raise ConfigurationError(f"{name} must be a {cls.__name__}, not {type(value).__name__}")
    return value


def _check_session(value: "aiohttp.ClientSession | None") -> "aiohttp.ClientSession | None":
    """Return a session, or a wrapper with the same methods."""
    if value is not None and not (callable(getattr(value, "request", None)) and hasattr(value, "closed")):
        raise ConfigurationError(f"session must be an aiohttp.ClientSession, not {type(value).__name__}")
    return value


def _check_max_connections(value: int) -> int:
    if not is_whole(value, 1):
        raise ConfigurationError(
            f"max_connections must be a whole number of at least 1, at most {MAX_WHOLE}, not {shorten(value)}"
        )
    return value


def _to_cache(value: "TokenCache | str | Path | None") -> "TokenCache | None":
    if value is None:
        return None
    from warehouse_sync.transport.token_cache import to_cache

    return to_cache(value)
