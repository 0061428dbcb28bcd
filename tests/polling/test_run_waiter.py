"""Waits for one run: errors, deadlines, and pollers shared by all waiters of a pipeline."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing

import pytest

from tests.support.runs import NEVER, Fate, Server, wait_for_keys, waited, waiter
from tests.support.virtual import in_no_time, now
from warehouse_sync import errors
from warehouse_sync.errors import NotFoundError, ReadError, RunFailedError, ServerError, WaitTimeoutError
from warehouse_sync.models import Run, RunHandle, RunStatus


def test_wait_returns_the_run_soon_after_it_ended() -> None:
    """The successful run is returned within a fraction of its duration."""

    async def check() -> None:
        run = await waiter(Server({("p", 1): Fate(ends=20)})).wait("p", 1, None)
        assert (run.id, run.status) == (1, RunStatus.SUCCESS)
        assert 20 <= now() < 31

    in_no_time(check())


def test_wait_ignores_other_runs_of_the_pipeline() -> None:
    """Another run of the pipeline that ends first does not end the wait."""
    server = Server({("p", 1): Fate(ends=1, how="failed"), ("p", 2): Fate(ends=30)})
    run = in_no_time(waiter(server).wait("p", 2, None))
    assert (run.id, run.status) == (2, RunStatus.SUCCESS)


@pytest.mark.parametrize("how", ["failed", "stopped"])
def test_wait_for_a_failed_run_raises(how: str) -> None:
    """A run that does not succeed raises an error that holds the run."""
    with pytest.raises(RunFailedError) as caught:
        in_no_time(_expect(waiter(Server({("p", 1): Fate(how=how)})).wait("p", 1, None)))
    assert caught.value.run.status == how


@pytest.mark.parametrize("status", ["queued", "retrying", "brand_new"])
def test_wait_continues_with_a_status_that_is_not_terminal(status: str) -> None:
    """Neither a queued run nor an unknown status ends a wait."""

    async def check() -> None:
        await waiter(Server({("p", 1): Fate(ends=9, until_then=status)})).wait("p", 1, None)
        assert now() >= 9

    in_no_time(check())


BLIPS = (
    ReadError("reset"),
    ServerError(status=500),
    errors.RateLimitedError(status=429),
    errors.DecodeError("HTML"),
    errors.TokenError("the token endpoint returned 503", status=503),
    errors.TokenError("the token endpoint returned 500", status=500),
    errors.TokenError("the token endpoint returned 429", status=429),
    errors.TokenError("the token endpoint returned 408", status=408),
    errors.ConflictError(status=409),
)


@pytest.mark.parametrize("blip", BLIPS)
@pytest.mark.parametrize("runs", [1, 3])
def test_wait_survives_an_outage(blip: Exception, runs: int) -> None:
    """Polls that fail for a minute do not end a wait for one run or for several runs of a pipeline."""
    fates = {("p", number): Fate(ends=10) for number in range(runs)}
    ends = in_no_time(waited(Server(fates, failing=[(2, 60, "run page", blip)]), fates))
    assert all(entry.error is None and 60 <= when < 130 for when, entry in ends.values())


@pytest.mark.parametrize("kind", ["page", "run"])
def test_wait_survives_invalid_responses(kind: str) -> None:
    """If pages cannot be decoded, runs are requested individually; if runs cannot be decoded, pages suffice."""
    fates = {("p", number): Fate() for number in range(4)}
    ends = in_no_time(
        waited(Server(fates, failing=[(0, NEVER, kind, errors.DecodeError("odd"))]), fates, 600)
    )
    assert all(entry.error is None for _, entry in ends.values())
    assert len(ends) == 4


def test_wait_sends_one_request_per_poll_in_an_outage() -> None:
    """If the request for a page fails, the runs are not requested individually."""
    fates = {("p", number): Fate(ends=10) for number in range(4)}
    server = Server(fates, failing=[(0, 60, "run page", ServerError(status=503))])
    in_no_time(waited(server, fates))
    assert all(run_id is None for _, _, run_id in server.asked)


FINAL = (
    errors.ConfigurationError("closed"),
    errors.ForbiddenError(status=403),
    errors.TokenError("nonsense"),
    errors.TokenError("the token endpoint returned 401", status=401),
    errors.TokenError("the token endpoint returned 404", status=404),
    errors.TokenError("the token endpoint returned 499", status=499),
    errors.UnauthorizedError(status=401),
    errors.ValidationError("the request", [("id", "is odd")]),
    errors.WarehouseLoginError(status=505),
)


@pytest.mark.parametrize("final", FINAL)
@pytest.mark.parametrize("runs", [1, 3])
def test_wait_ends_with_a_permanent_error(final: Exception, runs: int) -> None:
    """A rejected credential, a closed client and similar errors end all waits after one request."""
    fates = {("p", number): Fate(ends=NEVER) for number in range(runs)}
    server = Server(fates, failing=[(0, NEVER, "run page", final)])
    ends = in_no_time(waited(server, fates))
    assert [entry.error for _, entry in ends.values()] == [final] * runs
    assert len(server.asked) == 1


@pytest.mark.parametrize("runs", [1, 3])
def test_wait_for_a_run_that_does_not_exist_ends(runs: int) -> None:
    """A 404 ends the wait, also if a pipeline with several awaited runs does not exist."""
    server = Server({})
    ends = in_no_time(waited(server, [("gone", number) for number in range(runs)]))
    assert [type(entry.error) for _, entry in ends.values()] == [NotFoundError] * runs
    assert len(server.asked) == 1


def test_wait_retries_a_404_for_a_new_run() -> None:
    """A 404 for a run that was just created is retried, until it no longer counts as new."""
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


def test_wait_timeout_has_the_last_run_and_a_handle() -> None:
    """The error is raised on time and has the run as last read and a handle."""

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
def test_wait_timeout_without_a_response_has_no_run(timeout: float) -> None:
    """If no poll succeeded, the error has no run and no status."""
    with pytest.raises(WaitTimeoutError, match="no poll read it") as caught:
        in_no_time(_expect(waiter(Server({("p", 1): Fate()}, latency=100)).wait("p", 1, timeout)))
    assert caught.value.run is None


def test_waits_have_independent_deadlines() -> None:
    """A wait that times out does not end another wait for the same run."""

    async def check() -> None:
        waits = waiter(Server({("p", 1): Fate(ends=20)}))
        short, long = await asyncio.gather(
            waits.wait("p", 1, 3), waits.wait("p", 1, 300), return_exceptions=True
        )
        assert isinstance(short, WaitTimeoutError)
        assert isinstance(long, Run)

    in_no_time(check())


def test_wait_cancelled_stops_only_its_own_polls() -> None:
    """A cancelled wait leaves no task, and other waits for the same run continue."""

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


def test_wait_starts_a_new_poller_after_the_last_was_cancelled() -> None:
    """A poller that is being cancelled accepts no new waiter; a new poller starts."""

    async def check() -> None:
        waits = waiter(Server({("p", 1): Fate(ends=20)}))
        async with aclosing(wait_for_keys(waits, [("p", 1)], 2)) as entries:
            assert isinstance((await anext(entries)).error, WaitTimeoutError)
            assert (await waits.wait("p", 1, None)).id == 1

    in_no_time(check())


def test_wait_works_on_several_event_loops() -> None:
    """One waiter can be used on one event loop after another."""
    waits = waiter(Server({("p", 1): Fate()}))
    for _ in range(2):
        assert in_no_time(waits.wait("p", 1, None)).id == 1


def test_wait_raises_a_programming_error_to_every_waiter() -> None:
    """A programming error in a poll ends all waits that it serves."""
    server = Server({("p", 1): Fate()}, failing=[(0, NEVER, "run page", ZeroDivisionError())])

    async def check() -> None:
        with pytest.raises(ZeroDivisionError):
            await waited(server, [("p", 1), ("p", 2)])

    in_no_time(check())


async def _expect(waiting: "asyncio.Future[Run] | object") -> None:
    await waiting  # type: ignore[misc]  # a coroutine


def test_wait_calls_on_poll_after_each_poll() -> None:
    """`on_poll` receives the run after each poll, including the last one; other waits do not receive it."""
    server, polled = Server({("p", 1): Fate(ends=9, until_then="queued")}), list[Run]()

    async def check() -> None:
        runs = waiter(server)
        quiet = asyncio.create_task(runs.wait("p", 1, None))
        assert await runs.wait("p", 1, None, polled.append) == await quiet == polled[-1]

    in_no_time(check())
    assert [run.status for run in polled] == ["queued"] * (len(server.asked) - 1) + ["success"]
    assert len(polled) > 3


def test_wait_raises_an_error_of_its_own_on_poll_only() -> None:
    """An error in `on_poll` ends only its own wait; the poller stops after its last waiter."""
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


def test_wait_calls_on_poll_for_runs_of_a_page() -> None:
    """A page that serves several waits calls each `on_poll` with its own run."""
    server = Server({("p", 1): Fate(ends=3), ("p", 2): Fate(ends=6)})
    polled: dict[int, list[int]] = {1: [], 2: []}

    def listener(number: int) -> Callable[[Run], None]:
        return lambda run: polled[number].append(run.id)

    async def check() -> None:
        runs = waiter(server)
        await asyncio.gather(*(runs.wait("p", number, None, listener(number)) for number in polled))

    in_no_time(check())
    assert all(set(ids) == {number} for number, ids in polled.items())
    assert len(polled[2]) > len(polled[1]) > 0


def test_wait_polls_at_the_given_interval() -> None:
    """`poll_interval` replaces the adaptive intervals; the shortest one of a pipeline's waits applies."""

    async def check() -> None:
        server = Server({("p", 1): Fate(ends=20)}, latency=0)
        await waiter(server).wait("p", 1, None, interval=2)
        assert [when for when, *_ in server.asked] == [pytest.approx(2 * number) for number in range(11)]

    in_no_time(check())


def test_shorter_interval_applies_to_all_waits_of_a_run() -> None:
    """A wait that joins with a shorter interval need not wait for the longer one."""

    async def check() -> None:
        server = Server({("p", 1): Fate(ends=20)}, latency=0)
        shared = waiter(server)
        slow = asyncio.create_task(shared.wait("p", 1, None, interval=100))
        await asyncio.sleep(1)
        await asyncio.gather(slow, shared.wait("p", 1, None, interval=1), shared.wait("p", 1, None))
        assert now() <= 21.5

    in_no_time(check())


def test_timeout_of_a_wait_names_the_last_failed_poll() -> None:
    """Its error is in the text and the cause, unless a later poll succeeded."""
    cause = ServerError(status=503, method="GET", path="/x")

    async def check(failing: list[tuple[float, float, str, Exception]]) -> WaitTimeoutError:
        with pytest.raises(WaitTimeoutError) as caught:
            await waiter(Server({("p", 1): Fate(ends=NEVER)}, failing=failing)).wait("p", 1, 30)
        return caught.value

    error = in_no_time(check([(2.0, 99.0, "run", cause)]))
    assert "its last known status is running; the last poll failed: GET /x returned 503" in str(error)
    assert isinstance(error.__cause__, ServerError)
    assert error.__cause__.__traceback__ is None
    recovered = in_no_time(check([(0.0, 5.0, "run", cause)]))
    assert recovered.__cause__ is None
    assert "failed" not in str(recovered)


def test_timeout_of_several_waits_names_the_last_failed_poll() -> None:
    """The error of a page is the error of each run on it; so is a 404 that may not be final."""

    async def check(server: Server) -> None:
        entries = [entry async for entry in wait_for_keys(waiter(server), [("p", 1), ("p", 2)], 30)]
        assert [type(entry.error.__cause__) for entry in entries if entry.error] == [kind, kind]

    fates = {("p", number): Fate(ends=NEVER) for number in (1, 2)}
    kind: type[Exception] = ReadError
    in_no_time(check(Server(fates, failing=[(0.0, 99.0, "page", ReadError("reset"))])))
    kind = NotFoundError
    in_no_time(check(Server({}, late={"p"})))


def test_failed_poll_after_a_timeout_changes_nothing() -> None:
    """The error of a poll whose waiter has left in between is dropped; other runs are polled on."""

    async def check() -> None:
        fates = {("p", 1): Fate(ends=NEVER, on_page=False), ("p", 2): Fate(ends=9)}
        server = Server(fates, failing=[(2.0, 5.0, "run", ReadError("reset"))], latency=0.5)
        shared = waiter(server)
        other = asyncio.create_task(shared.wait("p", 2, None, interval=5))
        await asyncio.sleep(1)  # its first poll is over
        with pytest.raises(WaitTimeoutError) as caught:
            await shared.wait("p", 1, 1.0)
        assert caught.value.__cause__ is None
        assert server.asked[-1] == (1.75, "p", 1)  # after the page; its response follows later
        assert (await other).status == RunStatus.SUCCESS

    in_no_time(check())
