"""The emulator as users start it: in their event loop, or in a thread of its own."""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from datetime import datetime, timedelta
from ipaddress import ip_address
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from aiohttp import web
from anyio.from_thread import start_blocking_portal

from warehouse_sync.emulator.app import all_routes
from warehouse_sync.emulator.clock import Clock, make_clock
from warehouse_sync.emulator.control_api import ControlApi, advance
from warehouse_sync.emulator.faults.active_faults import ActiveFaults
from warehouse_sync.emulator.faults.fault import Fault
from warehouse_sync.emulator.faults.injector import FaultInjector
from warehouse_sync.emulator.host_check import HostCheck
from warehouse_sync.emulator.middleware import Middleware
from warehouse_sync.emulator.page import Page
from warehouse_sync.emulator.paths import TOKEN
from warehouse_sync.emulator.routing import Router
from warehouse_sync.emulator.runs.limits import Limits
from warehouse_sync.emulator.runs.run import RunTiming
from warehouse_sync.emulator.seeding import count_seeded, seed
from warehouse_sync.emulator.state.access import Access, StateAccess
from warehouse_sync.emulator.state.event_batches import EventBatchLog
from warehouse_sync.emulator.state.store import RunExecutor, Store
from warehouse_sync.emulator.token_endpoint import TokenEndpoint

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

    from warehouse_sync.emulator.persistence import SqliteStore

_Result = TypeVar("_Result")
# Requests still being answered when the emulator stops, such as delayed ones, get this many seconds.
_GRACE = 0.1


class RemoteAddressError(ValueError):
    """An address is one that other machines can reach, and nobody said that this is meant."""


class Emulator:
    """A Warehouse Sync API on this machine, for any workspace id.

    ``async with`` serves in the running event loop, ``with`` in a thread of its own, for blocking code. State lasts
    as long as the object; starting it again takes a new port if the port was free to choose.

    Args:
        host: The address to listen on.
        port: The port to listen on; 0 takes a free one.
        queued: Seconds a run stays queued.
        running: Seconds it then runs.
        clock: Tells the time; runs, schedules and tokens go by it. ``"system"`` is the machine's, ``"virtual"`` stands
            still at the machine's time until `advance` turns it; a `VirtualClock` starts where it is told to.
        limits: What a workspace may hold and a run may load; by default the documented limits.
        workspace_id: The workspace that `client_options` names and methods act on unless told otherwise.
        client_id: The id of the one credential; it must start with ``emu_``.
        client_secret: The secret of the one credential.
        warehouse: A DuckDB file, or a folder of CSV and Parquet files, that backs the connections: runs execute
            their data model's SQL. Without it runs only pretend to load.
        state: A folder where everything is kept across restarts, in an SQLite file. Without it state lasts as long
            as the object.
        allow_remote: Permit an address that other machines can reach.
        allowed_hosts: Names beside the loopback ones that requests may call the emulator by.

    Example:
        >>> with Emulator() as emulator:
        ...     emulator.url.startswith("http://127.0.0.1:")
        True
    """

    def __init__(  # noqa: PLR0913  # each is optional and named
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        queued: float = 0.05,
        running: float = 0.1,
        clock: Clock | Literal["system", "virtual"] = "system",
        limits: Limits | None = None,
        workspace_id: int = 5328,
        client_id: str = "emu_client",
        client_secret: str = "emu_secret",  # noqa: S107  # documented, and opens nothing else
        warehouse: str | PathLike[str] | None = None,
        state: str | PathLike[str] | None = None,
        allow_remote: bool = False,
        allowed_hosts: Iterable[str] = (),
    ) -> None:
        if not (allow_remote or _is_loopback(host)):
            raise RemoteAddressError(
                f"{host} can be reached by other machines; pass allow_remote=True if that is meant."
            )
        self._bind = (host, port)
        self._workspace_id = workspace_id
        self._credential = (client_id, client_secret)
        self._clock = make_clock(clock)
        timing = RunTiming(queued=timedelta(seconds=queued), running=timedelta(seconds=running))
        batches = EventBatchLog()
        self._store = Store(
            clock=self._clock,
            timing=timing,
            author=client_id,
            limits=limits,
            executor=None if warehouse is None else _executor(Path(warehouse), batches),
            batches=batches,
        )
        self._token_endpoint = TokenEndpoint(self._clock, client_id=client_id, client_secret=client_secret)
        self._faults = ActiveFaults()
        self._sqlite_store = None if state is None else _sqlite_store(Path(state), self._store, self._faults)
        self._access = StateAccess(self._store, self._save)
        self._host_check = HostCheck(any_address=allow_remote, names=allowed_hosts)
        self._address: tuple[str, int] | None = None
        self._portal: BlockingPortal | None = None
        self._exits = ExitStack()
        self._async_exits = AsyncExitStack()

    @property
    def url(self) -> str:
        """The base of every address of the emulator, without a slash at the end."""
        host, port = self._listening()
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def port(self) -> int:
        """The port the emulator listens on."""
        return self._listening()[1]

    def __repr__(self) -> str:
        return "<Emulator, not running>" if self._address is None else f"<Emulator at {self.url}>"

    def client_options(self) -> dict[str, Any]:
        """Return what a client needs to call this emulator, as its keyword arguments: strings and an integer."""
        client_id, client_secret = self._credential
        return {
            "workspace_id": self._workspace_id,
            "client_id": client_id,
            "client_secret": client_secret,
            "api_url": self.url,
            "token_url": self.url + TOKEN,
        }

    def warehouse_problem(self) -> str | None:
        """Return why the warehouse cannot be opened, or None."""
        return self._store.executor.problem() if self._store.executor else None

    def now(self) -> datetime:
        """Return the emulator's time."""
        return self._clock.now()

    def advance(self, by: timedelta | str) -> datetime:
        """Turn a virtual clock forward and return the new time; every run that fell due on the way is there then.

        Args:
            by: How far, such as ``"3d"``, ``"90m"`` or a `timedelta`.
        """
        return self._act(lambda: advance(self._store, by))

    def seed(
        self,
        *,
        pipelines: int = 300,
        runs: int = 1000,
        failed_every: int = 0,
        workspace_id: int | None = None,
    ) -> list[str]:
        """Add pipelines with a past and return their ids.

        Args:
            pipelines: How many pipelines.
            runs: How many hourly runs each has behind it; they cost nothing until they are asked for.
            failed_every: Every how many runs one failed, counted from the newest, which never did; 0 for none.
            workspace_id: The workspace; by default that of `client_options`.
        """
        workspace = self._workspace(workspace_id)
        return self._act(
            lambda: seed(self._store, workspace, pipelines=pipelines, runs=runs, failed_every=failed_every)
        )

    def count_seeded(self) -> int:
        """Return how many seeded pipelines the workspace of `client_options` has."""
        return count_seeded(self._store, self._workspace(None))

    def fail_next_run(
        self, pipeline_id: str, *, message: str = "The run was told to fail.", workspace_id: int | None = None
    ) -> None:
        """Let the next run that a pipeline starts end as failed, which makes the pipeline faulted."""
        pipelines = self._store.workspace(self._workspace(workspace_id)).pipelines
        self._act(lambda: pipelines.get(pipeline_id).scheduler.fail_next([message]))

    def fault(  # noqa: PLR0913  # the fields of a fault
        self,
        route: str,
        *,
        count: int | None = 1,
        delay: float = 0.0,
        drop: bool = False,
        expire_token: bool = False,
        throttle: float | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        message: str | None = None,
        junk: bool | str = False,
        new_runs: int = 0,
        apply_then_drop: bool = False,
        truncate: bool = False,
        unknown: bool = False,
        hide_report: float = 0.0,
    ) -> None:
        """Let the next requests of a route go wrong.

        Args:
            route: A method and a path, either with ``*``, such as ``GET /platform/v2/workspaces/*/connections``.
            count: How many requests; None for all until `clear_faults`.
            delay: Seconds to wait before anything else.
            drop: Reset the connection before the request is handled.
            expire_token: Let the request's token be expired.
            throttle: Answer 429, with headers that ask to wait for so many seconds.
            status: Answer with this redirect or error in place of the real answer.
            headers: Headers of that answer, such as ``Retry-After``.
            message: The message of that answer.
            junk: Answer 200 with this text in place of the real answer; true for a page of HTML.
            new_runs: Let so many runs of the request's pipeline happen first, so that its pages shift.
            apply_then_drop: Handle the request, then reset the connection: the change is made, the answer lost.
            truncate: Handle the request, and break off in the middle of the answer.
            unknown: Put values into the answer that no document names, and fields.
            hide_report: After the request created a pipeline, let its report be not found for so many seconds of
                the emulator's clock; the real one does so for about 60.
        """
        fault = Fault(
            route=route,
            count=count,
            delay=delay,
            drop=drop,
            expire_token=expire_token,
            throttle=throttle,
            status=status,
            headers=headers or {},
            message=message,
            junk=junk,
            new_runs=new_runs,
            apply_then_drop=apply_then_drop,
            truncate=truncate,
            unknown=unknown,
            hide_report=hide_report,
        )
        self.add_fault(fault)

    def add_fault(self, fault: Fault) -> None:
        """Put a fault in force, as `fault` does."""
        self._act(lambda: self._faults.add(fault))

    def clear_faults(self) -> None:
        """Let every request be answered properly again."""
        self._act(self._faults.clear)

    def expire_tokens(self) -> None:
        """Let every token issued so far be refused from now on."""
        self._act(self._token_endpoint.expire_all)

    def reset(self) -> None:
        """Forget every workspace and every fault."""
        self._act(self._store.reset)
        self.clear_faults()

    async def __aenter__(self) -> Self:
        await self._async_exits.enter_async_context(self._serving())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._async_exits.aclose()

    def __enter__(self) -> Self:
        with ExitStack() as exits:
            portal = exits.enter_context(start_blocking_portal())
            exits.enter_context(portal.wrap_async_context_manager(self._serving()))
            exits.callback(self._forget_portal)
            self._portal = portal
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()

    @asynccontextmanager
    async def _serving(self) -> AsyncGenerator[None, None]:
        if self._address is not None:
            raise RuntimeError("This emulator is running already.")
        if self._sqlite_store is not None:
            self._sqlite_store.open()
        self._access.begin()
        server = web.Server(self._middleware().answer, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=_GRACE)
        await runner.setup()
        try:
            await web.TCPSite(runner, *self._bind).start()
            self._address = _reachable(runner.addresses[0])
            yield
        finally:
            self._address = None
            await runner.cleanup()
            self._access.end()
            if self._sqlite_store is not None:
                self._sqlite_store.close()

    def _middleware(self) -> Middleware:
        injector = FaultInjector(store=self._store, token_endpoint=self._token_endpoint)
        control = ControlApi(store=self._store, faults=self._faults, workspace_id=self._workspace(None))
        page = Page(self._store, self._faults, self._workspace(None))
        routes = all_routes(
            token_endpoint=self._token_endpoint, store=self._store, control=control, page=page
        )
        return Middleware(
            hosts=self._host_check,
            token_endpoint=self._token_endpoint,
            faults=self._faults,
            injector=injector,
            router=Router(routes),
            access=self._access,
        )

    def _act(self, act: Callable[[], _Result]) -> _Result:
        """Act in a turn like that of a request: in the thread that serves, or in this one where it serves."""
        if self._portal is None:
            return self._access.change(act)
        return self._portal.call(self._access.take, Access.WRITE, act)

    def _save(self) -> None:
        if self._sqlite_store is not None:
            self._sqlite_store.save()

    def _forget_portal(self) -> None:
        self._portal = None

    def _listening(self) -> tuple[str, int]:
        if self._address is None:
            raise RuntimeError("The emulator is not running; enter it with `with` or `async with` first.")
        return self._address

    def _workspace(self, workspace_id: int | None) -> str:
        return str(self._workspace_id if workspace_id is None else workspace_id)


def _sqlite_store(folder: Path, store: Store, faults: ActiveFaults) -> "SqliteStore":
    """Read the state of an earlier life."""
    from warehouse_sync.emulator.persistence import SqliteStore  # noqa: PLC0415  # few need it

    sqlite_store = SqliteStore(folder, store, faults)
    sqlite_store.open()
    return sqlite_store


def _executor(warehouse: Path, batches: EventBatchLog) -> RunExecutor:
    """Load what runs on a warehouse take: nobody waits for an SQL engine who does not use it."""
    try:
        from warehouse_sync.emulator.warehouse.engine import Warehouse  # noqa: PLC0415  # heavy
        from warehouse_sync.emulator.warehouse.executor import WarehouseExecutor  # noqa: PLC0415  # heavy
    except ModuleNotFoundError as error:
        raise ImportError(
            "A warehouse needs packages that are not installed: pip install 'warehouse-sync[emulator]'",
            name=error.name,
        ) from error
    return WarehouseExecutor(Warehouse(warehouse), batches)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _reachable(address: tuple[str, int]) -> tuple[str, int]:
    """Return the address to call; one that means "every address" is called on loopback."""
    host, port = address[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104  # compared with, not bound to
