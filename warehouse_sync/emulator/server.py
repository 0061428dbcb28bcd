"""The emulator as users start it: in their event loop, or in a background thread."""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from datetime import timedelta
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from aiohttp import web
from anyio.from_thread import start_blocking_portal

from warehouse_sync.emulator.app import all_routes
from warehouse_sync.emulator.clock import Clock, make_clock
from warehouse_sync.emulator.controls import EmulatorControls
from warehouse_sync.emulator.faults.active_faults import ActiveFaults
from warehouse_sync.emulator.faults.injector import FaultInjector
from warehouse_sync.emulator.host_check import HostCheck, callable_address, is_loopback
from warehouse_sync.emulator.middleware import Middleware
from warehouse_sync.emulator.paths import TOKEN
from warehouse_sync.emulator.request_log import RequestLog
from warehouse_sync.emulator.resources.data_plans import parse_data_plan
from warehouse_sync.emulator.routing import Router
from warehouse_sync.emulator.runs.limits import Limits
from warehouse_sync.emulator.runs.run import RunTiming
from warehouse_sync.emulator.runs.run_log import RunOrder
from warehouse_sync.emulator.state.access import Access, StateAccess
from warehouse_sync.emulator.state.event_batches import EventBatchLog
from warehouse_sync.emulator.state.store import RunExecutor, Store
from warehouse_sync.emulator.token_endpoint import TokenEndpoint

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

    from warehouse_sync.emulator.persistence import SqliteStore

# Any account is accepted, as any workspace is.
_ACCOUNT_ID = 1
_Result = TypeVar("_Result")
# Requests in progress when the emulator stops, such as delayed ones, may take this many more seconds.
_SHUTDOWN_SECONDS = 0.1
# "There is an approximate one-minute delay until the pipeline is created in the mParticle backend" (the tutorial).
_REPORT_DELAY = timedelta(minutes=1)


class RemoteAddressError(ValueError):
    """The address can be reached by other machines, and `allow_remote` is not set."""


class Emulator(EmulatorControls):
    """A Warehouse Sync API on this machine, for any workspace id.

    `async with` serves in the running event loop, `with` in a background thread, for blocking code. The state
    lives as long as the object. With port 0 each start listens on another free port.

    Args:
        host: The address to listen on.
        port: The port to listen on; 0 for a free one.
        queued: Seconds a run stays queued.
        running: Seconds a run then runs.
        clock: The clock of runs, schedules and tokens. `"system"` is the machine's; `"virtual"` starts at the
            machine's time and only moves with `advance`; a `VirtualClock` starts where it was set to.
        limits: Limits of workspaces and runs, or the name of a documented set: `"2026"`, the default, or `"2023"`.
        workspace_id: The workspace of `client_options`, and of methods that are not given one.
        client_id: The id of the only credential; it must start with `emu_`.
        client_secret: The secret of the only credential.
        warehouse: A DuckDB file, or a folder of CSV and Parquet files, behind every connection: runs execute
            the SQL of their data model. Without it runs are simulated.
        state: A folder that keeps the state across restarts, in an SQLite file. Without it the state lives as long
            as the object.
        allow_remote: Permit an address that other machines can reach.
        allowed_hosts: Host names to accept in requests, in addition to loopback names.
        strict_timing: Respond with 404 to the report of a pipeline for a minute after its creation, as the platform
            does.
        run_order: The order of runs in a list, which no document promises.
        data_plans: Data plans of the workspace, such as `"orders:2:production"`: the id, the version (1 if left
            out), and the environment in which it is activated (`"production"` if left out, `"none"` for none).
        field_transformations: Field transformations of the workspace, as the JSON that mParticle documents. Once there is
            one, an event pipeline must name a known one.
        lenient_sql: Accept `WITH` in data models, which the SQL reference lists as not supported.

    Raises:
        RemoteAddressError: Other machines can reach `host`, and `allow_remote` is not set.
        StateError: The state cannot be read, or another emulator uses it.
        ImportError: A package that the warehouse needs is not installed.

    Example:
        >>> with Emulator() as emulator:
        ...     emulator.url.startswith("http://127.0.0.1:")
        True
    """

    def __init__(  # noqa: PLR0913 - optional keywords
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        queued: float = 0.05,
        running: float = 0.1,
        clock: Clock | Literal["system", "virtual"] = "system",
        limits: Limits | Literal["2023", "2026"] = "2026",
        workspace_id: int = 5328,
        client_id: str = "emu_client",
        client_secret: str = "emu_secret",  # noqa: S107 - documented, and valid for the emulator only
        warehouse: str | PathLike[str] | None = None,
        state: str | PathLike[str] | None = None,
        allow_remote: bool = False,
        allowed_hosts: Iterable[str] = (),
        strict_timing: bool = False,
        run_order: Literal["newest", "oldest", "shuffled"] = "newest",
        data_plans: Iterable[str] = (),
        field_transformations: Iterable[Mapping[str, Any]] = (),
        lenient_sql: bool = False,
    ) -> None:
        if not (allow_remote or is_loopback(host)):
            raise RemoteAddressError(
                f"Other machines can reach {host}; pass allow_remote=True to permit this."
            )
        self._bind_address = (host, port)
        self._workspace_id = workspace_id
        self._credential = (client_id, client_secret)
        self._clock = make_clock(clock)
        batches = EventBatchLog()
        self._store = Store(
            clock=self._clock,
            timing=RunTiming.from_seconds(queued=queued, running=running),
            author=client_id,
            limits=Limits.named(limits) if isinstance(limits, str) else limits,
            executor=None
            if warehouse is None
            else _executor(Path(warehouse), batches, lenient_sql=lenient_sql),
            batches=batches,
            run_order=RunOrder(run_order),
            report_delay=_REPORT_DELAY if strict_timing else timedelta(),
            lenient_sql=lenient_sql,
        )
        self._token_endpoint = TokenEndpoint(self._clock, client_id=client_id, client_secret=client_secret)
        self._faults = ActiveFaults()
        self._request_log = RequestLog()
        self._sqlite_store = None if state is None else _sqlite_store(Path(state), self._store, self._faults)
        self._access = StateAccess(self._store, self._save)
        self._host_check = HostCheck(any_address=allow_remote, names=allowed_hosts)
        self._address: tuple[str, int] | None = None
        self._portal: BlockingPortal | None = None
        self._exits = ExitStack()
        self._async_exits = AsyncExitStack()
        for plan_id, version, environment in map(parse_data_plan, data_plans):
            self.add_data_plan(plan_id, version=version, activated_environment=environment)
        for document in field_transformations:
            self.add_field_transformation(document)

    @property
    def url(self) -> str:
        """The base URL of the emulator, without a slash at the end."""
        host, port = self._listening()
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def port(self) -> int:
        """The port that the emulator listens on."""
        return self._listening()[1]

    def __repr__(self) -> str:
        return "<Emulator, not running>" if self._address is None else f"<Emulator at {self.url}>"

    def client_options(self) -> dict[str, Any]:
        """Return the keyword arguments of a client that calls this emulator."""
        client_id, client_secret = self._credential
        return {
            "workspace_id": self._workspace_id,
            "client_id": client_id,
            "client_secret": client_secret,
            "api_url": self.url,
            "token_url": self.url + TOKEN,
            "account_id": _ACCOUNT_ID,
        }

    def warehouse_problem(self) -> str | None:
        """Return why the warehouse cannot be opened, or None."""
        return self._store.executor.problem() if self._store.executor else None

    async def __aenter__(self) -> Self:
        await self._async_exits.enter_async_context(self._serve())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._async_exits.aclose()

    def __enter__(self) -> Self:
        with ExitStack() as exits:
            portal = exits.enter_context(start_blocking_portal())
            exits.enter_context(portal.wrap_async_context_manager(self._serve()))
            exits.callback(self._clear_portal)
            self._portal = portal
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()

    @asynccontextmanager
    async def _serve(self) -> AsyncGenerator[None, None]:
        if self._address is not None:
            raise RuntimeError("This emulator is already running.")
        if self._sqlite_store is not None:
            self._sqlite_store.open()
        self._access.start()
        server = web.Server(self._middleware().handle, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, *self._bind_address).start()
            self._address = callable_address(runner.addresses[0])
            yield
        finally:
            self._address = None
            await runner.cleanup()
            self._access.stop()
            if self._sqlite_store is not None:
                self._sqlite_store.close()

    def _middleware(self) -> Middleware:
        routes = all_routes(
            store=self._store,
            token_endpoint=self._token_endpoint,
            faults=self._faults,
            workspace_id=self._workspace(None),
        )
        return Middleware(
            host_check=self._host_check,
            token_endpoint=self._token_endpoint,
            faults=self._faults,
            injector=FaultInjector(store=self._store, token_endpoint=self._token_endpoint),
            router=Router(routes),
            access=self._access,
            request_log=self._request_log,
        )

    def _write(self, action: Callable[[], _Result]) -> _Result:
        """Run an action like a request: in the serving thread, or in this one if it serves."""
        if self._portal is None:
            return self._access.write(action)
        return self._portal.call(self._access.run, Access.WRITE, action)

    def _save(self) -> None:
        if self._sqlite_store is not None:
            self._sqlite_store.save()

    def _clear_portal(self) -> None:
        self._portal = None

    def _listening(self) -> tuple[str, int]:
        if self._address is None:
            raise RuntimeError("The emulator is not running; enter it with `with` or `async with` first.")
        return self._address


def _sqlite_store(folder: Path, store: Store, faults: ActiveFaults) -> "SqliteStore":
    """Return the opened state of a folder, read into the store."""
    from warehouse_sync.emulator.persistence import SqliteStore  # noqa: PLC0415 - few emulators need it

    sqlite_store = SqliteStore(folder, store, faults)
    sqlite_store.open()
    return sqlite_store


def _executor(warehouse: Path, batches: EventBatchLog, *, lenient_sql: bool) -> RunExecutor:
    """Return the executor of runs on a warehouse. Without a warehouse no SQL engine is imported."""
    try:
        from warehouse_sync.emulator.warehouse.engine import Warehouse  # noqa: PLC0415 - slow to import
        from warehouse_sync.emulator.warehouse.executor import WarehouseExecutor  # noqa: PLC0415 - slow to import
    except ModuleNotFoundError as error:
        raise ImportError(
            "A warehouse needs packages that are not installed: pip install 'warehouse-sync[emulator]'",
            name=error.name,
        ) from error
    return WarehouseExecutor(Warehouse(warehouse), batches, lenient_sql=lenient_sql)
