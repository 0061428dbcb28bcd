"""Very many calls with random faults: no change is lost or repeated, and no memory leaks."""

import asyncio
import gc
import os
import random
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest

from warehouse_sync import (
    AsyncClient,
    Clock,
    ConnectionSpec,
    DatabricksConfig,
    DataModelSpec,
    NotFoundError,
    OutcomeUnknownError,
    PipelineSpec,
    RateLimitedError,
    ResourceState,
    RetryPolicy,
    Schedule,
    ServerError,
    SyncMode,
    TransportError,
)
from warehouse_sync.emulator import Emulator

WORKERS = 32
FAULTY = 0.1  # of the calls
EXPIRE_EVERY = 1000  # calls; twice within one call would rightly be an error
# Refusals and failures that pass; the waits are short, and every call may try often.
POLICY = RetryPolicy(
    attempts=6, base_delay=0.001, throttled_base_delay=0.001, reconcile_timeout=1, budget=1e9
)
REPORT_EVERY = 25_000  # calls
HASTE = 20  # how much faster than told the client sleeps
WATCHED = 4000  # calls at most whose memory is looked at: looking makes them slow
STAYS = 256 << 10  # bytes
FILES = [
    f"*/warehouse_sync/{part}" for part in ("transport/*", "resources/*", "wire/*", "models/*", "client.py")
]
FILES += [
    f"*/aiohttp/{part}.py" for part in ("client*", "connector", "cookiejar", "resolver")
]  # not the emulator's
OURS = ("warehouse_sync.transport", "warehouse_sync.resources", "warehouse_sync.models", "aiohttp.client")


@attrs.define
class Worker:
    """Changes its own resources, and knows their expected state.

    Attributes:
        there: The name of its connection, or `None` if it does not exist.
        runs: The ids of the runs that it triggered.
    """

    number: int
    client: AsyncClient
    chance: random.Random
    outcomes: Counter[str]
    there: str | None = None
    triggered_at: float = 0.0
    runs: set[int] = attrs.field(factory=set)

    @property
    def name(self) -> str:
        """The id of the worker's resources."""
        return f"w{self.number}"

    async def begin(self) -> None:
        """Create what every worker needs."""
        model = DataModelSpec(id=self.name, name="m", state=ResourceState.ACTIVE, sql_query="SELECT 1")
        await self.client.connections.create(self.spec("base", self.name + "-base"))
        await self.client.data_models.create(model)
        await self.client.pipelines.create(self.pipeline())

    async def work(self) -> None:
        """Make one call, and check its outcome."""
        step = self.chance.choices([self.write, self.remove, self.read, self.trigger], [4, 2, 6, 1])[0]
        try:
            await step()
            self.outcomes["ok"] += 1
        except OutcomeUnknownError as error:
            self.outcomes[f"unknown {error.operation}"] += 1
            await self.resync(error)
        except (RateLimitedError, ServerError, TransportError):
            # Faults that wait for one kind of request can meet all attempts of a call.
            self.outcomes["gave up"] += 1
            self.there = await self.seen_at_last()

    async def seen_at_last(self) -> str | None:
        """Return the connection's name, however many calls that takes."""
        while True:
            try:
                return await self.seen()
            except (RateLimitedError, ServerError, TransportError):
                self.outcomes["gave up"] += 1

    async def write(self) -> None:
        """Create or update a connection, and check that it equals what was sent."""
        name = f"n{self.chance.randrange(10**9)}"
        write = self.client.connections.update if self.there else self.client.connections.create
        answer = await write(self.spec(name))
        assert answer.name == name
        self.there = name

    async def remove(self) -> None:
        """Delete the connection, and check that it is gone."""
        if self.there is not None:
            await self.client.connections.delete(self.name)
            self.there = None

    async def read(self) -> None:
        """Read the connection, which equals what was last written."""
        assert await self.seen() == self.there

    async def trigger(self) -> None:
        """Trigger the pipeline, and check that there is exactly one new run."""
        now = asyncio.get_running_loop().time()
        if now < self.triggered_at + 4:
            return await self.read()
        self.triggered_at = now
        triggered = await self.client.pipelines.trigger(self.name)
        assert triggered.run_id not in self.runs
        self.runs.add(triggered.run_id)
        return None

    async def resync(self, error: OutcomeUnknownError) -> None:
        """Determine whether a change with an unknown outcome was made."""
        if error.operation == "create connection":
            self.there = await self.seen()
            return
        new = {run.id async for run in self.client.runs.list(self.name)} - self.runs
        assert len(new) <= 1
        self.runs |= new

    async def seen(self) -> str | None:
        """Return the connection's name."""
        try:
            return (await self.client.connections.get(self.name)).name
        except NotFoundError:
            return None

    async def end(self) -> None:
        """Compare all resources and runs with the expected ones."""
        assert await self.seen() == self.there
        assert {run.id async for run in self.client.runs.list(self.name)} == self.runs

    def spec(self, name: str, resource_id: str | None = None) -> ConnectionSpec:
        """Return the spec of the connection."""
        config = DatabricksConfig(provider="AWS", schema="s")
        return ConnectionSpec(
            id=resource_id or self.name, name=name, state=ResourceState.ACTIVE, config=config
        )

    def pipeline(self) -> PipelineSpec:
        """Return the spec of the on-demand pipeline."""
        mode = SyncMode(
            type="incremental",
            iterator_field="i",
            iterator_data_type="timestamp",
            from_=datetime(2020, 1, 1, tzinfo=UTC),
        )
        return PipelineSpec(
            id=self.name,
            name="p",
            pipeline_type="user_attributes",
            connection_id=self.name + "-base",
            data_model_id=self.name,
            state="active",
            sync_mode=mode,
            schedule=Schedule(type="on_demand"),
            environment="development",
        )


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator whose runs take no time, in its own thread."""
    with Emulator(queued=0, running=0) as running:
        yield running


def spoil(emulator: Emulator, chance: random.Random) -> None:
    """Inject a fault into one of the next requests."""
    route = f"{chance.choice(['GET', 'PUT', 'POST', 'DELETE'])} /platform/*"
    fault: dict[str, Any] = chance.choice(
        [
            {"drop": True},
            {"apply_then_drop": True},
            {"status": chance.choice([408, 500, 502, 503, 504])},
            {"status": 429},
        ]
    )
    emulator.fault(route, **fault)


async def soak(workers: list[Worker], emulator: Emulator, calls: int, chance: random.Random) -> None:
    """Run the workers until they have made a number of calls together."""
    left = calls

    async def keep_on(worker: Worker) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            if left % EXPIRE_EVERY == 0:
                emulator.expire_tokens()
            if left % REPORT_EVERY == 0:
                report(left, worker.outcomes)
            if chance.random() < FAULTY:
                spoil(emulator, chance)
            await worker.work()

    async with asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(keep_on(worker))


def report(left: int, outcomes: Counter[str]) -> None:
    """Print the outcomes so far, and what must not grow."""
    resident = Path("/proc/self/statm").read_text(encoding="ascii").split()[1] if sockets() else "?"
    print(  # noqa: T201 - shown with `pytest -s`
        f"{datetime.now(UTC):%H:%M:%S} {left} calls left of this part, {len(asyncio.all_tasks())} tasks, {sockets()} files,"
        f" {resident} resident pages, {dict(outcomes)}",
        flush=True,
    )


def kept() -> int:
    """Return the number of the SDK's live objects."""
    gc.collect()
    return sum(str(type(thing).__module__).startswith(OURS) for thing in gc.get_objects())


@contextmanager
def nothing_stays() -> Iterator[None]:
    """Check that nearly all memory that the client allocates meanwhile is freed."""
    gc.collect()
    tracemalloc.start()
    try:
        yield
        gc.collect()
        taken = tracemalloc.take_snapshot().filter_traces(
            [tracemalloc.Filter(inclusive=True, filename_pattern=files) for files in FILES]
        )
    finally:
        tracemalloc.stop()
    lines = taken.statistics("lineno")
    assert sum(line.size for line in lines) < STAYS, lines[:5]


def sockets() -> int:
    """Return the number of open files."""
    return len(list(Path("/proc/self/fd").iterdir())) if os.path.exists("/proc/self/fd") else 0  # noqa: PTH110 - Linux alone


async def test_soak_loses_repeats_and_leaks_nothing(emulator: Emulator, calls: int, seed: int) -> None:
    """With faults in every tenth call, each worker's resources are as expected, and the client's memory does not grow."""
    chance, outcomes = random.Random(seed), Counter[str]()  # noqa: S311 - repeatable on purpose
    tasks, files = asyncio.all_tasks(), sockets()
    clock = Clock(sleep=lambda seconds: asyncio.sleep(seconds / HASTE))
    async with AsyncClient(**emulator.client_options(), retry=POLICY, clock=clock) as client:
        workers = [
            Worker(number, client.workspace(1 + number), random.Random(f"{seed} {number}"), outcomes)  # noqa: S311 - repeatable
            for number in range(WORKERS)
        ]
        for worker in workers:
            await worker.begin()
        await soak(workers, emulator, calls // 4, chance)
        alive = kept()
        watched = min(calls // 4, WATCHED)
        await soak(workers, emulator, calls - calls // 4 - watched, chance)
        with nothing_stays():
            await soak(workers, emulator, watched, chance)
        emulator.clear_faults()
        assert kept() <= alive * 1.1 + 500
        for worker in workers:
            await worker.end()
    assert outcomes["ok"] > calls * 0.9, outcomes
    assert outcomes["gave up"] <= calls // 10_000, outcomes
    assert asyncio.all_tasks() == tasks
    assert sockets() <= files + WORKERS  # the emulator's ends may linger
