"""Waiting for runs: by number, through blips, with a deadline each, asking once per pipeline however many wait."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing

import pytest

from tests.support.runs import NEVER, Fate, Server, waited, waiter
from tests.support.virtual import in_no_time, now
from warehouse_sync import errors
from warehouse_sync.errors import NotFoundError, ReadError, RunFailedError, ServerError, WaitTimeoutError
from warehouse_sync.models import Run, RunHandle, RunStatus


def test_wait_returns_the_run_soon_after_it_ended() -> None:
    """The run that succeeded is returned, within a fraction of the time it took."""

    async def check() -> None:
        run = await waiter(Server({("p", 1): Fate(ends=20)})).wait("p", 1, None)
        assert (run.id, run.status) == (1, RunStatus.SUCCESS)
        assert 20 <= now() < 31

    in_no_time(check())


def test_wait_is_for_that_run_and_no_other() -> None:
    """Another run of the pipeline that ends first is not what was waited for."""
    server = Server({("p", 1): Fate(ends=1, how="failed"), ("p", 2): Fate(ends=30)})
    run = in_no_time(waiter(server).wait("p", 2, None))
    assert (run.id, run.status) == (2, RunStatus.SUCCESS)


@pytest.mark.parametrize("how", ["failed", "stopped"])
def test_wait_for_a_run_that_does_not_succeed_fails(how: str) -> None:
    """A run that ends as anything but a success is an error that holds the run."""
    with pytest.raises(RunFailedError) as caught:
        in_no_time(_expect(waiter(Server({("p", 1): Fate(how=how)})).wait("p", 1, None)))
    assert caught.value.run.status == how


@pytest.mark.parametrize("status", ["queued", "retrying", "brand_new"])
def test_wait_goes_on_at_a_status_that_is_no_end(status: str) -> None:
    """Neither a run that is to begin nor a status of a later release ends a wait."""

    async def check() -> None:
        await waiter(Server({("p", 1): Fate(ends=9, until_then=status)})).wait("p", 1, None)
        assert now() >= 9

    in_no_time(check())


BLIPS = (
    ReadError("reset"),
    ServerError(status=500),
    errors.RateLimitedError(status=429),
    errors.DecodeError("HTML"),
    errors.TokenError("the token endpoint answered 503", status=503),
    errors.TokenError("the token endpoint answered 500", status=500),
    errors.TokenError("the token endpoint answered 429", status=429),
    errors.TokenError("the token endpoint answered 408", status=408),
    errors.ConflictError(status=409),
)


@pytest.mark.parametrize("blip", BLIPS)
@pytest.mark.parametrize("runs", [1, 3])
def test_wait_survives_an_outage(blip: Exception, runs: int) -> None:
    """Polls that fail for a minute end no wait, be it for one run or for several of a pipeline."""
    fates = {("p", number): Fate(ends=10) for number in range(runs)}
    ends = in_no_time(waited(Server(fates, failing=[(2, 60, "run page", blip)]), fates))
    assert all(entry.error is None and 60 <= when < 130 for when, entry in ends.values())


@pytest.mark.parametrize("kind", ["page", "run"])
def test_wait_for_many_of_a_pipeline_survives_answers_that_are_always_wrong(kind: str) -> None:
    """Where pages cannot be read, runs are asked for one by one; where runs cannot, pages are enough."""
    fates = {("p", number): Fate() for number in range(4)}
    ends = in_no_time(
        waited(Server(fates, failing=[(0, NEVER, kind, errors.DecodeError("odd"))]), fates, 600)
    )
    assert all(entry.error is None for _, entry in ends.values())
    assert len(ends) == 4


def test_wait_in_an_outage_asks_once_per_look() -> None:
    """A server that is down is not asked for runs one by one when it could not answer for a page."""
    fates = {("p", number): Fate(ends=10) for number in range(4)}
    server = Server(fates, failing=[(0, 60, "run page", ServerError(status=503))])
    in_no_time(waited(server, fates))
    assert all(run_id is None for _, _, run_id in server.asked)


FINAL = (
    errors.ConfigurationError("closed"),
    errors.ForbiddenError(status=403),
    errors.TokenError("nonsense"),
    errors.TokenError("the token endpoint answered 401", status=401),
    errors.TokenError("the token endpoint answered 404", status=404),
    errors.TokenError("the token endpoint answered 499", status=499),
    errors.UnauthorizedError(status=401),
    errors.ValidationError("the request", [("id", "is odd")]),
    errors.WarehouseLoginError(status=505),
)


@pytest.mark.parametrize("final", FINAL)
@pytest.mark.parametrize("runs", [1, 3])
def test_wait_ends_at_an_error_that_will_not_pass(final: Exception, runs: int) -> None:
    """A refused credential, a closed client and their like end every wait they meet, after one request."""
    fates = {("p", number): Fate(ends=NEVER) for number in range(runs)}
    server = Server(fates, failing=[(0, NEVER, "run page", final)])
    ends = in_no_time(waited(server, fates))
    assert [entry.error for _, entry in ends.values()] == [final] * runs
    assert len(server.asked) == 1


@pytest.mark.parametrize("runs", [1, 3])
def test_wait_for_a_run_that_does_not_exist_ends(runs: int) -> None:
    """A 404 ends the wait, also where a pipeline with several awaited runs is gone as a whole."""
    server = Server({})
    ends = in_no_time(waited(server, [("gone", number) for number in range(runs)]))
    assert [type(entry.error) for _, entry in ends.values()] == [NotFoundError] * runs
    assert len(server.asked) == 1


def test_wait_for_a_run_that_may_be_late_goes_on() -> None:
    """A 404 for what was just created is "not yet", until it is no longer."""
    server = Server({("new", 1): Fate(ends=40, exists=20)}, late={"new"})
    assert in_no_time(waiter(server).wait("new", 1, None)).id == 1

    async def give_up() -> None:
        empty = Server({}, late={"new"})
        waiting = asyncio.create_task(waited(empty, [("new", 1), ("new", 2)]))
        await asyncio.sleep(90)
        empty.late.clear()
        assert [type(entry.error) for _, entry in (await waiting).values()] == [NotFoundError] * 2
        assert 90 <= now() < 130

    in_no_time(give_up())


def test_wait_timeout_says_how_to_go_on() -> None:
    """The error names the run as last read and a handle; it comes on time."""

    async def check() -> None:
        with pytest.raises(
            WaitTimeoutError,
            match=r"run 1 of pipeline 'p' did not end within 5 s: its last known status is running",
        ) as caught:
            await waiter(Server({("p", 1): Fate(ends=NEVER)})).wait("p", 1, 5)
        assert now() == pytest.approx(5)
        assert caught.value.run is not None
        assert caught.value.run.status == "running"
        assert RunHandle.parse(caught.value.handle) == RunHandle(workspace_id=7, pipeline_id="p", run_id=1)

    in_no_time(check())


@pytest.mark.parametrize("timeout", [0, 1])
def test_wait_timeout_before_the_first_answer_says_so(timeout: float) -> None:
    """Where nothing could be read, the error does not invent a status."""
    with pytest.raises(WaitTimeoutError, match="no poll read it") as caught:
        in_no_time(_expect(waiter(Server({("p", 1): Fate()}, latency=100)).wait("p", 1, timeout)))
    assert caught.value.run is None


def test_wait_each_has_a_deadline_of_its_own() -> None:
    """One waiter that gives up takes nothing from another who waits for the same run."""

    async def check() -> None:
        waits = waiter(Server({("p", 1): Fate(ends=20)}))
        short, long = await asyncio.gather(
            waits.wait("p", 1, 3), waits.wait("p", 1, 300), return_exceptions=True
        )
        assert isinstance(short, WaitTimeoutError)
        assert isinstance(long, Run)

    in_no_time(check())


def test_wait_cancelled_ends_its_polls_and_no_others() -> None:
    """A cancelled waiter leaves nothing running; whoever waits for the same run goes on."""

    async def check() -> None:
        server = Server({("p", 1): Fate(ends=20), ("q", 1): Fate(ends=NEVER)})
        waits = waiter(server)
        both = [asyncio.create_task(waits.wait("p", 1, None)) for _ in range(2)]
        alone = asyncio.create_task(waits.wait("q", 1, None))
        await asyncio.sleep(5)
        for task in (both[0], alone):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        asked = Counter(pipeline_id for _, pipeline_id, _ in server.asked)
        assert (await both[1]).id == 1
        assert Counter(pipeline_id for _, pipeline_id, _ in server.asked)["q"] == asked["q"]

    in_no_time(check())


def test_wait_again_at_once_after_the_last_waiter_left() -> None:
    """A poll that is being ended takes no new waiter: a new one begins."""

    async def check() -> None:
        waits = waiter(Server({("p", 1): Fate(ends=20)}))
        async with aclosing(waits.wait_many([("p", 1)], 2, None)) as entries:
            assert isinstance((await anext(entries)).error, WaitTimeoutError)
            assert (await waits.wait("p", 1, None)).id == 1

    in_no_time(check())


def test_wait_on_another_loop_begins_anew() -> None:
    """One waiter serves one loop after the other."""
    waits = waiter(Server({("p", 1): Fate()}))
    for _ in range(2):
        assert in_no_time(waits.wait("p", 1, None)).id == 1


def test_wait_error_that_is_not_ours_reaches_every_waiter() -> None:
    """A programming error in a poll ends the waits it serves instead of leaving them for ever."""
    server = Server({("p", 1): Fate()}, failing=[(0, NEVER, "run page", ZeroDivisionError())])

    async def check() -> None:
        with pytest.raises(ZeroDivisionError):
            await waited(server, [("p", 1), ("p", 2)])

    in_no_time(check())


async def _expect(waiting: "asyncio.Future[Run] | object") -> None:
    await waiting  # type: ignore[misc]  # a coroutine


def test_wait_tells_of_each_look() -> None:
    """Who asks for progress is told the run as often as it is read, the last time as it ended; another waiter is not."""
    server, told = Server({("p", 1): Fate(ends=9, until_then="queued")}), list[Run]()

    async def check() -> None:
        runs = waiter(server)
        quiet = asyncio.create_task(runs.wait("p", 1, None))
        assert await runs.wait("p", 1, None, told.append) == await quiet == told[-1]

    in_no_time(check())
    assert [run.status for run in told] == ["queued"] * (len(server.asked) - 1) + ["success"]
    assert len(told) > 3


def test_wait_ends_at_an_error_of_its_own_listener_alone() -> None:
    """What a listener raises is its caller's; the poll goes on for the others, and ends when nobody waits any more."""
    server = Server({("p", 1): Fate(ends=9)})

    def fail(run: Run) -> None:
        raise StopIteration(run.id)

    async def check() -> None:
        runs = waiter(server)
        other = asyncio.create_task(runs.wait("p", 1, None))
        with pytest.raises(RuntimeError, match="StopIteration"):
            await runs.wait("p", 1, None, fail)
        assert (await other).id == 1
        with pytest.raises(RuntimeError, match="StopIteration"):
            await waiter(server).wait("p", 1, None, fail)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    in_no_time(check())


def test_wait_tells_of_a_run_read_from_a_page() -> None:
    """Looks that several runs of a pipeline share are told, too, to each listener its own run."""
    server = Server({("p", 1): Fate(ends=3), ("p", 2): Fate(ends=6)})
    told: dict[int, list[int]] = {1: [], 2: []}

    def listener(number: int) -> Callable[[Run], None]:
        return lambda run: told[number].append(run.id)

    async def check() -> None:
        runs = waiter(server)
        await asyncio.gather(*(runs.wait("p", number, None, listener(number)) for number in told))

    in_no_time(check())
    assert all(set(ids) == {number} for number, ids in told.items())
    assert len(told[2]) > len(told[1]) > 0
