"""The workspace: its paths, what was created recently, and the delays of a reconciliation."""

import itertools

import pytest

import warehouse_sync.resources.workspace
from tests.support.clock import FakeClock
from warehouse_sync import AsyncClient, RetryPolicy
from warehouse_sync.resources.paths import V2
from warehouse_sync.resources.workspace import Workspace


@pytest.fixture
def workspace(clock: FakeClock) -> Workspace:
    """A workspace with a `reconcile_timeout` of ten seconds, to which nothing is sent."""
    client = AsyncClient(
        workspace_id=5,
        client_id="i",
        client_secret="s",
        clock=clock.as_clock(),
        retry=RetryPolicy(reconcile_timeout=10),
    )
    return client._workspace


def test_created_pipeline_is_recent_for_the_reconcile_timeout(workspace: Workspace, clock: FakeClock) -> None:
    """A created pipeline counts as recent for `reconcile_timeout`."""
    workspace.mark_created("a")
    clock.now += 9.9
    assert workspace.was_just_created("a")
    workspace.mark_created("b")
    clock.now += 0.1
    assert (workspace.was_just_created("a"), workspace.was_just_created("b")) == (False, True)


def test_created_runs_are_remembered_up_to_a_number(
    workspace: Workspace, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest are forgotten, but none for which a 404 is still expected."""
    monkeypatch.setattr(warehouse_sync.resources.workspace, "MAX_REMEMBERED", 2)
    for run_id in (1, 2, 3):
        workspace.mark_created("p", run_id)
    assert [run_id for run_id in (1, 2, 3) if workspace.has_created("p", run_id)] == [1, 2, 3]
    clock.now += 10
    workspace.mark_created("p", 1)  # again: now the latest
    assert [run_id for run_id in (1, 2, 3) if workspace.has_created("p", run_id)] == [1, 3]
    clock.now += 1e6
    assert workspace.has_created("p", 3)
    assert not workspace.for_workspace(6).has_created("p", 3)


def test_sibling_has_another_id_and_the_same_sender(workspace: Workspace) -> None:
    """`for_workspace` returns a workspace with the same sender, and the same object for the same id."""
    assert workspace.for_workspace(5) is workspace
    other = workspace.for_workspace(6)
    assert (other.path(V2), other.sender) == ("/platform/v2/workspaces/6", workspace.sender)


def test_reconcile_delays_double_until_the_timeout(workspace: Workspace, clock: FakeClock) -> None:
    """The first delay is 0, and no delay ends after `reconcile_timeout`."""
    started, delays = clock.now, []
    for delay in itertools.islice(workspace.reconcile_delays(0.5, 2.0), 100):
        delays.append(delay)
        clock.now += delay
    assert delays == [0.0, 0.5, 1.0, 2.0, 2.0, 2.0, 2.0]
    assert clock.now - started <= 10
