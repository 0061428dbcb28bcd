"""Absurd numbers, for each parameter of the public API that takes one."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import aclosing, suppress
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import warehouse_sync
from tests.support.clock import FakeClock
from tests.support.peer import Peer, refusal
from tests.sync.test_parity import PAIRS
from warehouse_sync import (
    AsyncClient,
    ConfigurationError,
    ConnectionSpec,
    DatabricksConfig,
    FeedSpec,
    PipelineSpec,
    RedshiftConfig,
    ResourceState,
    RetryPolicy,
    RunHandle,
    Schedule,
    SyncMode,
    Timeout,
    TriggeredRun,
    ValidationError,
    WarehouseSyncError,
)
from warehouse_sync.numeric import MAX_SECONDS, MAX_WHOLE, is_seconds, is_whole, shorten

HUGE = 10**5000
ABSURD = [
    *(10**400, -(10**400), HUGE, -HUGE, 2**1024, float("inf"), -float("inf"), float("nan"), 1e308),
    *(timedelta.max, timedelta.min, True, 2**63, Decimal("1e400"), 1j, "9" * 5000),
]
NUMBERS = st.one_of(
    st.sampled_from(ABSURD),
    st.integers(),
    st.floats(),
    st.builds(lambda digits, sign: sign * 10**digits, st.integers(15, 5000), st.sampled_from([1, -1])),
)
FEED = FeedSpec(module_name="F", name="F")
Call = Callable[[AsyncClient, Any], Any]


async def consume(iterator: Any) -> None:
    """Read an iterator to its end."""
    async with aclosing(iterator):
        async for _ in iterator:
            pass


async def watch(client: AsyncClient, every: Any) -> None:
    """Start to watch, which never ends."""
    await client.watch(["p"], every=every).aclose()


def build(cls: type, field: str, number: Any) -> object:
    """Return an object with a value of a field."""
    return cls(**{field: number})


def waits(parameter: str) -> Iterator[tuple[str, Call]]:
    """Yield each method that waits for a run, called with a value of the parameter."""
    handle = "wsr1:1:p:1"
    yield f"Runs.wait.{parameter}", lambda c, n: c.runs.wait("p", 1, **{parameter: n})
    yield f"Runs.resume.{parameter}", lambda c, n: c.runs.resume(handle, **{parameter: n})
    yield f"Runs.wait_many.{parameter}", lambda c, n: consume(c.runs.wait_many([("p", 1)], **{parameter: n}))
    yield (
        f"Pipelines.trigger_and_wait.{parameter}",
        lambda c, n: c.pipelines.trigger_and_wait("p", **{parameter: n}),
    )


# Each parameter of the client that is a number, and a call with a value of it.
CALLS: Mapping[str, Call] = {
    "AsyncClient.workspace.workspace_id": lambda c, n: c.workspace(n).connections.list(),
    "AsyncClient.with_options.timeout": lambda c, n: c.with_options(timeout=n).connections.list(),
    "AsyncClient.watch.every": watch,
    "Runs.list.limit": lambda c, n: consume(c.runs.list("p", limit=n).pages()),
    "Runs.list.page_size": lambda c, n: consume(c.runs.list("p", page_size=n).pages()),
    "Runs.list.prefetch": lambda c, n: consume(c.runs.list("p", prefetch=n).pages()),
    "Runs.get.run_id": lambda c, n: c.runs.get("p", n),
    "Runs.wait.run_id": lambda c, n: c.runs.wait("p", n),
    "Runs.wait.pipeline_id": lambda c, n: c.runs.wait(("p", n)),
    "Runs.resume.handle": lambda c, n: c.runs.resume(("p", n)),
    "Runs.wait_many.runs": lambda c, n: consume(c.runs.wait_many([("p", n)])),
    "Pipelines.reports.concurrency": lambda c, n: consume(c.pipelines.reports(["p"], concurrency=n)),
    "Pipelines.trigger_many.concurrency": lambda c, n: consume(
        c.pipelines.trigger_many(["p"], concurrency=n)
    ),
    "Feeds.get.feed_id": lambda c, n: c.feeds.get(n),
    "Feeds.update.feed_id": lambda c, n: c.feeds.update(n, FEED),
    "Feeds.delete.feed_id": lambda c, n: c.feeds.delete(n),
    "IngestPipelines.run_status.run_id": lambda c, n: c.ingest_v1.pipelines.run_status("p", n),
    **dict(waits("timeout")),
    **dict(waits("poll_interval")),
}
# Settings that a client takes, and objects with numbers.
OBJECTS: Mapping[str, Callable[[Any], object]] = {
    **{
        f"{cls.__name__}.{field.name}": partial(build, cls, field.name)
        for cls in (Timeout, RetryPolicy)
        for field in attrs.fields(cls)
    },
    "RedshiftConfig.port": lambda n: RedshiftConfig(port=n),
    "Document.repr": lambda n: (repr(TriggeredRun(pipeline_id="p", run_id=n)), repr(RedshiftConfig(port=n))),
}
SPECS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "partner_feed_id": lambda n: {"partner_feed_id": n},
    "data_plan_version": lambda n: {"data_plan_id": "d", "data_plan_version": n},
    "delay": lambda n: {"schedule": Schedule(type="on_demand", delay=n)},
    "state": lambda n: {"state": n},
    "id": lambda n: {"id": n},
    "frequency": lambda n: {"schedule": Schedule(type="interval", frequency=n)},
}


def pipeline(**changes: Any) -> PipelineSpec:
    """Return the spec of a pipeline."""
    fields: dict[str, Any] = {
        "id": "p",
        "name": "P",
        "pipeline_type": "events",
        "connection_id": "c",
        "data_model_id": "m",
        "state": "active",
        "sync_mode": SyncMode(type="full"),
        "schedule": Schedule(type="on_demand"),
        "environment": "production",
        "field_transformation_id": "t",
        "partner_feed_id": 1,
    }
    return PipelineSpec(**(fields | changes))


def numeric_parameters() -> Iterator[str]:
    """Yield each parameter of a method of the client whose type is a number."""
    for cls, _ in PAIRS:
        for name, function in inspect.getmembers(cls, inspect.isfunction):
            for parameter in inspect.signature(function).parameters.values():
                if not name.startswith("_") and re.search(
                    r"\b(int|float|timedelta)\b", str(parameter.annotation)
                ):
                    yield f"{cls.__name__}.{name}.{parameter.name}"


def test_every_numeric_parameter_has_a_call() -> None:
    """A new parameter needs a call here."""
    assert set(numeric_parameters()) == set(CALLS)


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    """A server that has nothing."""
    with Peer() as running:
        running.serve("* /platform/*", refusal(404, "no such thing"))
        yield running


@pytest.mark.parametrize("name", CALLS)
@given(number=NUMBERS)
async def test_number_is_used_or_rejected(peer: Peer, name: str, number: Any) -> None:
    """A call with it reaches the server, or raises an error of the SDK."""
    async with AsyncClient(
        **peer.options(account_id=1, clock=FakeClock().as_clock(), retry=RetryPolicy(reconcile_timeout=0))
    ) as client:
        with suppress(WarehouseSyncError):
            await CALLS[name](client, number)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("index", range(9))
async def test_absurd_number_is_rejected_before_a_request(peer: Peer, name: str, index: int) -> None:
    """Nothing is sent."""
    number = ABSURD[index]  # pytest cannot show it
    before = len(peer.arrivals)
    async with AsyncClient(
        **peer.options(account_id=1, clock=FakeClock().as_clock(), retry=RetryPolicy(reconcile_timeout=0))
    ) as client:
        with pytest.raises((ValidationError, ConfigurationError)):
            await CALLS[name](client, number)
    assert len(peer.arrivals) == before


@pytest.mark.parametrize("name", OBJECTS)
@given(number=NUMBERS)
def test_number_of_an_object_is_accepted_or_rejected(name: str, number: Any) -> None:
    """An object with it is created, or the SDK's error says what is wrong."""
    with suppress(ValidationError, ConfigurationError):
        OBJECTS[name](number)


@pytest.mark.parametrize("name", SPECS)
@given(number=NUMBERS)
async def test_number_of_a_spec_is_sent_or_rejected(peer: Peer, name: str, number: Any) -> None:
    """A spec with it is sent as JSON, or raises an error."""
    async with AsyncClient(**peer.options()) as client:
        with pytest.raises(WarehouseSyncError):
            await client.pipelines.update(pipeline(**SPECS[name](number)))


@given(number=NUMBERS)
async def test_number_of_a_client_is_accepted_or_rejected(peer: Peer, number: Any) -> None:
    """The client works, or its error says what is wrong."""
    for name in ("workspace_id", "account_id", "timeout", "max_connections"):
        with suppress(WarehouseSyncError):
            async with AsyncClient(**peer.options() | {name: number}) as client:
                await client.connections.list()


@given(number=NUMBERS)
async def test_number_of_a_handle_is_used_or_rejected(peer: Peer, number: Any) -> None:
    """The numbers of a workspace and a run come from the caller too."""
    handles = (
        RunHandle(workspace_id=number, pipeline_id="p", run_id=1),
        RunHandle(workspace_id=1, pipeline_id="p", run_id=number),
    )
    async with AsyncClient(
        **peer.options(account_id=1, clock=FakeClock().as_clock(), retry=RetryPolicy(reconcile_timeout=0))
    ) as client:
        for handle in handles:
            with pytest.raises(WarehouseSyncError):
                await client.runs.resume(handle)


@given(number=NUMBERS)
async def test_number_in_extra_is_sent_or_rejected(peer: Peer, number: Any) -> None:
    """An unknown field may hold any JSON."""
    config = DatabricksConfig(provider="AWS", schema="raw", extra={"x": number})
    spec = ConnectionSpec(id="c", name="C", state=ResourceState.ACTIVE, config=config)
    async with AsyncClient(**peer.options()) as client:
        with pytest.raises(WarehouseSyncError):
            await client.connections.update(spec)


@given(value=st.one_of(st.integers(), st.floats()), least=st.integers(0, 1))
@example(value=MAX_WHOLE, least=0)
@example(value=MAX_WHOLE + 1, least=0)
def test_whole_number_is_an_integer_within_the_bounds(value: float, least: int) -> None:
    """Neither a float, nor a number below the least or above the most."""
    assert is_whole(value, least) == (isinstance(value, int) and least <= value < 2**63)


@given(value=st.one_of(st.integers(), st.floats()))
@example(value=MAX_SECONDS)
@example(value=MAX_SECONDS + 1)
@example(value=0)
def test_seconds_are_a_number_within_the_bounds(value: float) -> None:
    """Any number from 0 to about 31 years."""
    assert is_seconds(value) == (0 <= value <= 1e9)


@pytest.mark.parametrize("value", [True, "1", None, Decimal(1)])
def test_other_value_is_no_number(value: Any) -> None:
    """A bool least of all."""
    assert not is_whole(value)
    assert not is_seconds(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        ("a" * 100, repr("a" * 60)),
        ([1] * 100, ("[" + "1, " * 100)[:60]),
    ],
)
def test_shortened_value(value: Any, text: str) -> None:
    """At most 60 characters of its repr."""
    assert shorten(value) == text


def test_number_that_python_does_not_show() -> None:
    """Integers of thousands of digits are not converted to strings."""
    assert shorten(HUGE) == shorten([-HUGE]) == "a number of thousands of digits"


def test_every_model_with_a_number_is_covered() -> None:
    """The classes that callers build from numbers are those above."""
    built = {Timeout, RetryPolicy, TriggeredRun, RunHandle, PipelineSpec}
    read = {"Run", "PipelineReport", "Page", "Progress", "WaitedRun", "Pipeline", "Feed", "Clock"}
    numeric = {
        cls
        for name in warehouse_sync.__all__
        if inspect.isclass(cls := getattr(warehouse_sync, name)) and attrs.has(cls) and name not in read
        if any(re.search(r"\b(int|float)\b", str(field.type)) for field in attrs.fields(cls))
    }
    assert numeric == built
