"""A task has one run, whatever happens to its worker between a request and its response."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import attrs
import pytest

from warehouse_sync import Client, OutcomeUnknownError, PipelineBusyError, RetryPolicy, RunHandle
from warehouse_sync.emulator import Emulator
from warehouse_sync.integrations.task_runs import run_of_task


@attrs.define
class Store:
    """A document that outlives a try."""

    document: Mapping[str, str] = attrs.field(factory=dict)

    def read(self) -> Mapping[str, str]:
        """Return the document."""
        return self.document

    def write(self, document: Mapping[str, str]) -> None:
        """Replace the document."""
        self.document = document

    def clear(self) -> None:
        """Delete the document."""
        self.document = {}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator whose runs go on until the test ends."""
    with Emulator(queued=0, running=3600) as emulator:
        yield emulator


@pytest.fixture
def client(emulator: Emulator) -> Iterator[Client]:
    """A client that does not look for lost runs, as one whose worker was killed."""
    with Client(**emulator.client_options(), retry=RetryPolicy(attempts=1)) as client:
        yield client


@pytest.fixture
def pipeline(emulator: Emulator) -> str:
    """A pipeline without a past."""
    return emulator.seed(pipelines=1, runs=0)[0]


@pytest.fixture
def store() -> Store:
    """The store of a task."""
    return Store()


def run_count(client: Client, pipeline: str) -> int:
    """How many runs a pipeline has had."""
    return len(list(client.runs.list(pipeline)))


def test_second_try_takes_the_run_of_the_first(client: Client, pipeline: str, store: Store) -> None:
    """The handle is stored: a retry triggers nothing."""
    first = run_of_task(client, pipeline, store)
    assert run_of_task(client, pipeline, store) == first
    assert run_count(client, pipeline) == 1


def test_run_that_has_ended_is_not_triggered_again(store: Store) -> None:
    """The worker was killed after its run had succeeded: the retry returns that run."""
    with Emulator(queued=0, running=0) as emulator, Client(**emulator.client_options()) as client:
        [pipeline] = emulator.seed(pipelines=1, runs=0)
        first = run_of_task(client, pipeline, store)
        client.runs.resume(first)
        assert run_of_task(client, pipeline, store) == first


def test_run_that_failed_is_followed_by_another(store: Store) -> None:
    """A retry after a failed run is for another."""
    with Emulator(queued=0, running=0) as emulator, Client(**emulator.client_options()) as client:
        [pipeline] = emulator.seed(pipelines=1, runs=0)
        emulator.fail_next_run(pipeline)
        first = run_of_task(client, pipeline, store)
        assert run_of_task(client, pipeline, store) != first
        assert run_count(client, pipeline) == 2


def test_killed_after_the_request_finds_its_run(client: Client, pipeline: str, store: Store) -> None:
    """The worker was killed before it could store the handle: the only manual run since is the task's."""
    store.write({"requested_at": datetime.now(UTC).isoformat()})
    triggered = client.pipelines.trigger(pipeline)
    assert run_of_task(client, pipeline, store) == triggered.handle()
    assert store.read() == {"handle": triggered.handle()}


def test_killed_before_the_request_triggers(client: Client, pipeline: str, store: Store) -> None:
    """The worker was killed before it sent the request: there is no run since, and one is triggered."""
    store.write({"requested_at": datetime.now(UTC).isoformat()})
    handle = run_of_task(client, pipeline, store)
    assert RunHandle.parse(handle).pipeline_id == pipeline
    assert run_count(client, pipeline) == 1


def test_several_runs_since_the_request_are_not_guessed(store: Store) -> None:
    """Two runs may be the task's: nothing is triggered, and both are named."""
    with Emulator(queued=0, running=0) as emulator, Client(**emulator.client_options()) as client:
        [pipeline] = emulator.seed(pipelines=1, runs=0)
        store.write({"requested_at": datetime.now(UTC).isoformat()})
        ids = {client.pipelines.trigger(pipeline).run_id for _ in range(2)}
        with pytest.raises(OutcomeUnknownError) as caught:
            run_of_task(client, pipeline, store)
        assert set(caught.value.candidates) == ids
        assert run_count(client, pipeline) == 2


def test_refused_trigger_leaves_nothing_behind(client: Client, pipeline: str, store: Store) -> None:
    """Another run is under way: the next try asks again, and takes that run for none of its own."""
    client.pipelines.trigger(pipeline)
    with pytest.raises(PipelineBusyError):
        run_of_task(client, pipeline, store)
    assert store.read() == {}


def test_cleared_task_triggers_again(store: Store) -> None:
    """A run that has ended leaves nothing in the store: a task that a user clears starts another."""
    with Emulator(queued=0, running=0) as emulator, Client(**emulator.client_options()) as client:
        [pipeline] = emulator.seed(pipelines=1, runs=0)
        first = run_of_task(client, pipeline, store)
        store.clear()
        assert run_of_task(client, pipeline, store) != first
