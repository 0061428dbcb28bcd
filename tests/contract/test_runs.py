"""`client.runs` of `AsyncClient` and `Client`."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from warehouse_sync import (
    NotFoundError,
    Page,
    Run,
    RunFailedError,
    RunStatus,
    ValidationError,
    WaitedRun,
    WaitTimeoutError,
)
from warehouse_sync.emulator import Emulator


@pytest.fixture(params=["newest", "oldest", "shuffled"])
def run_order(request: pytest.FixtureRequest) -> str:
    """The order of listed runs: no document promises one, so that these tests run with each."""
    return str(request.param)


@pytest.mark.parametrize("prefetch", [0, 1, 4])
async def test_list_yields_every_run_once(
    client: Any, emulator: Emulator, prefetch: int, run_order: str
) -> None:
    """All runs are yielded once, in the API's order, with any prefetch."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=137)
    runs = [run async for run in client.runs.list(pipeline_id, page_size=10, prefetch=prefetch)]
    assert all(isinstance(run, Run) for run in runs)
    assert sorted(run.id for run in runs) == list(range(1, 138))
    sequential = client.runs.list(pipeline_id, page_size=10, prefetch=0)
    assert [run.id for run in runs] == [run.id async for run in sequential]
    assert runs[0].id == {"newest": 137, "oldest": 1}.get(run_order, runs[0].id)
    assert len(runs) == 137


async def test_list_has_pages(client: Any, emulator: Emulator) -> None:
    """A listing can be iterated by page."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=25)
    pages = [page async for page in client.runs.list(pipeline_id, page_size=10).pages()]
    assert all(isinstance(page, Page) for page in pages)
    assert [(page.current_page, len(page.items), page.has_next_page) for page in pages] == [
        (1, 10, True),
        (2, 10, True),
        (3, 5, False),
    ]


async def test_list_can_be_iterated_again(client: Any, emulator: Emulator) -> None:
    """Each iteration starts from the first page, with 50 runs per page by default."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=60)
    pager = client.runs.list(pipeline_id)
    assert [run.id async for run in pager] == [run.id async for run in pager]
    assert [len(page.items) async for page in pager.pages()] == [50, 10]


async def test_list_filters_by_logical_date(client: Any, emulator: Emulator) -> None:
    """`start` and `end` limit the logical date, inclusively, in any time zone."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=24)
    everything = sorted(
        [run async for run in client.runs.list(pipeline_id)], key=lambda run: run.logical_date, reverse=True
    )
    start, end = (
        everything[9].logical_date,
        everything[4].logical_date.astimezone(timezone(timedelta(hours=5))),
    )
    found = {run.id async for run in client.runs.list(pipeline_id, start=start, end=end)}
    assert found == {run.id for run in everything[4:10]}


@pytest.mark.parametrize(
    "options",
    [
        {"page_size": 0},
        {"page_size": -1},
        {"page_size": True},
        {"prefetch": -1},
        {"prefetch": "8"},
        {"start": datetime(2023, 1, 1)},  # noqa: DTZ001 - the point
        {"end": "2023-01-01"},
    ],
)
async def test_list_with_invalid_arguments_raises_at_the_call(client: Any, options: dict[str, Any]) -> None:
    """Invalid arguments raise before the iteration, and nothing is sent."""
    with pytest.raises(ValidationError, match=next(iter(options))):
        client.runs.list("customers", **options)


async def test_list_of_a_missing_pipeline_raises_not_found(client: Any) -> None:
    """The error of a page is raised when the page is requested."""
    pager = client.runs.list("nowhere")
    with pytest.raises(NotFoundError):
        _ = [run async for run in pager]


async def test_get_returns_one_run(client: Any, emulator: Emulator) -> None:
    """A run can be read by its id."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=3)
    runs = [run async for run in client.runs.list(pipeline_id)]
    assert await client.runs.get(pipeline_id, runs[1].id) == runs[1]
    with pytest.raises(NotFoundError):
        await client.runs.get(pipeline_id, 999_999)


@pytest.mark.parametrize("run_id", [-1, True, "7", 1.0, None])
async def test_invalid_run_id_raises_before_a_request(client: Any, run_id: Any) -> None:
    """Only a whole number becomes part of a path."""
    with pytest.raises(ValidationError, match="run_id"):
        await client.runs.get("customers", run_id)
    with pytest.raises(ValidationError, match="run_id"):
        await client.runs.wait("customers", run_id)
    with pytest.raises(ValidationError, match="run_id"):
        client.runs.wait_many([("customers", run_id)])


@pytest.mark.parametrize("runs", ["ab", None, 7, [("customers", 1, 2)], ["ab"], [None]])
async def test_wait_many_without_pairs_raises(client: Any, runs: Any) -> None:
    """Runs are an iterable of pairs."""
    with pytest.raises(ValidationError, match=r"runs: must be|run_id: must be"):
        client.runs.wait_many(runs)


async def test_list_repr_explains_the_iteration(client: Any) -> None:
    """The `repr` of a listing, as in a notebook, says that it can be iterated over."""
    assert repr(client.runs.list("p1")) == "<RunPager of pipeline 'p1': iterate over it, or over its pages()>"


async def test_timeout_may_be_a_timedelta(client: Any, emulator: Emulator) -> None:
    """Every wait accepts seconds or a `timedelta`."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=1)
    triggered = await client.pipelines.trigger(pipeline_id)
    with pytest.raises(WaitTimeoutError, match="within 0 s"):
        await client.runs.wait(pipeline_id, triggered.run_id, timeout=timedelta(0))
    run = await client.runs.resume(triggered.handle(), timeout=timedelta(seconds=30))
    waits = client.runs.wait_many([(pipeline_id, run.id)], timeout=timedelta(seconds=30))
    assert [waited.run async for waited in waits] == [run]


@pytest.mark.parametrize("timeout", [-1, True, "7", float("nan"), timedelta(seconds=-1)])
async def test_invalid_timeout_raises(client: Any, timeout: Any) -> None:
    """A timeout is a number of seconds from 0 on, or `None`."""
    with pytest.raises(ValidationError, match="timeout"):
        await client.runs.wait("customers", 7, timeout=timeout)


async def test_wait_for_a_run_that_failed_raises(client: Any, emulator: Emulator) -> None:
    """A run that ended before the wait is returned immediately; a failed one raises."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=4, failed_every=2)
    runs = [run async for run in client.runs.list(pipeline_id)]
    good, bad = sorted(runs, key=lambda run: run.id, reverse=True)[:2]
    assert await client.runs.wait(pipeline_id, good.id) == good
    with pytest.raises(RunFailedError) as caught:
        await client.runs.wait(pipeline_id, bad.id)
    assert caught.value.run == bad


async def test_wait_that_times_out_can_be_resumed(client: Any, emulator: Emulator) -> None:
    """The handle of a timeout resumes the wait, also with the client of another workspace."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=1)
    triggered = await client.pipelines.trigger(pipeline_id)
    with pytest.raises(WaitTimeoutError) as caught:
        await client.runs.wait(pipeline_id, triggered.run_id, timeout=0)
    assert isinstance(caught.value, TimeoutError)
    handle = caught.value.handle
    assert handle == triggered.handle()
    run = await client.runs.resume(handle, timeout=30)
    assert (run.id, run.status) == (triggered.run_id, "success")
    assert await client.workspace(1).runs.resume(handle, timeout=30) == run


@pytest.mark.parametrize("handle", ["", "wsr1:1:a", "wsr1:1:a/b:7", None])
async def test_resume_with_an_invalid_handle_raises(client: Any, handle: Any) -> None:
    """Only strings returned by `handle()` are accepted."""
    with pytest.raises(ValidationError, match="handle"):
        await client.runs.resume(handle)


async def test_wait_many_yields_one_entry_per_run(client: Any, emulator: Emulator) -> None:
    """Each run has one entry, with errors as values, and `on_progress` is called."""
    first, second, third = emulator.seed(pipelines=3, runs=0)
    emulator.fail_next_run(second)
    triggered = [await client.pipelines.trigger(pipeline_id) for pipeline_id in (first, second)]
    keys = [*((run.pipeline_id, run.run_id) for run in triggered), (third, 999_999)]
    updates: list[Any] = []
    entries = [entry async for entry in client.runs.wait_many(keys, timeout=30, on_progress=updates.append)]
    assert all(isinstance(entry, WaitedRun) for entry in entries)
    by_pipeline = {entry.pipeline_id: entry for entry in entries}
    assert by_pipeline[first].run.status == "success"
    assert by_pipeline[first].error is None
    assert isinstance(by_pipeline[second].error, RunFailedError)
    assert isinstance(by_pipeline[third].error, NotFoundError)
    assert (updates[-1].done, updates[-1].failed, updates[-1].total) == (3, 2, 3)


async def test_wait_many_for_runs_of_one_pipeline(client: Any, emulator: Emulator) -> None:
    """Each of several runs of one pipeline has its own entry."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=10, failed_every=3)
    runs = [run async for run in client.runs.list(pipeline_id)]
    keys = [(pipeline_id, run.id) for run in runs]
    entries = {entry.run_id: entry async for entry in client.runs.wait_many(keys)}
    assert {run_id: entry.run for run_id, entry in entries.items()} == {run.id: run for run in runs}
    assert {entry.run.status for entry in entries.values() if entry.error} == {"failed"}
    assert {entry.run.status for entry in entries.values() if not entry.error} == {"success"}


async def test_watch_yields_changes(client: Any, emulator: Emulator) -> None:
    """The first round yields every pipeline; later rounds yield changes."""
    ids = emulator.seed(pipelines=2, runs=1)
    changes = client.watch(ids, every=timedelta(milliseconds=1))
    first = [await anext(changes), await anext(changes)]
    assert sorted(change.pipeline_id for change in first) == ids
    assert all(change.previous is None and not change.stale for change in first)
    triggered = await client.pipelines.trigger(ids[0])
    change = await anext(changes)
    await changes.aclose()
    assert change.pipeline_id == ids[0]
    assert change.report.latest_pipeline_run.id == triggered.run_id
    assert change.previous is not None
    assert change.observed_on > datetime(2023, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("every", [0, -1, True, "1", float("inf"), timedelta()])
async def test_watch_with_an_invalid_interval_raises(client: Any, every: Any) -> None:
    """An invalid argument raises at the call."""
    with pytest.raises(ValidationError, match="every"):
        client.watch(["customers"], every=every)


@pytest.mark.parametrize("ids", ["customers", ["a b"]])
async def test_watch_with_invalid_ids_raises(client: Any, ids: Any) -> None:
    """An invalid id raises at the call."""
    with pytest.raises(ValidationError, match="pipeline_ids"):
        client.watch(ids, every=1)


async def test_waits_call_on_poll_after_each_poll(client: Any, emulator: Emulator) -> None:
    """Each wait for one run calls `on_poll` with the run, first as it starts, last as it ended."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=1)
    updates: list[Run] = []
    run = await client.pipelines.trigger_and_wait(pipeline_id, timeout=30, on_poll=updates.append)
    assert updates[-1] == run
    assert {each.id for each in updates} == {run.id}
    for wait in (
        client.runs.wait(pipeline_id, run.id, on_poll=updates.append),
        client.runs.resume(f"wsr1:{client.workspace_id}:{pipeline_id}:{run.id}", on_poll=updates.append),
    ):
        updates.clear()
        assert await wait == run
        assert updates == [run]


async def test_runs_are_listed_by_status_and_limit(client: Any, emulator: Emulator) -> None:
    """`status`, `limit` and `first` select runs, also across pages."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=12)
    runs = [run async for run in client.runs.list(pipeline_id)]
    statuses = {run.status for run in runs}
    for status in statuses:
        expected = [run.id for run in runs if run.status == status]
        for wanted in (status, str(status), [status]):
            pager = client.runs.list(pipeline_id, status=wanted, page_size=2)
            assert [run.id async for run in pager] == expected
    for limit in (1, 5, 12, 40):
        assert [run async for run in client.runs.list(pipeline_id, limit=limit)] == runs[:limit]
        pager = client.runs.list(pipeline_id, limit=limit, page_size=2, status=list(statuses))
        assert [run async for run in pager] == runs[:limit]
    assert await client.runs.list(pipeline_id).first() == runs[0]
    assert await client.runs.list(pipeline_id, status="queued").first() is None


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"status": "done"}, "status: must be one of queued, .*, not 'done'"),
        ({"status": ["success", 7]}, "status: must be one of .*, not 7"),
        ({"status": 7}, "status: must be a status or several, not int"),
        ({"limit": 0}, "limit: must be a whole number from 1 on"),
        ({"limit": "5"}, "limit: must be a whole number"),
    ],
)
async def test_list_with_an_invalid_selection_raises(client: Any, options: Any, field: str) -> None:
    """A typed status must be a known one, and the limit a number above 0."""
    with pytest.raises(ValidationError, match=field):
        client.runs.list("p", **options)
    client.runs.list("p", status=RunStatus("brand_new"))
