"""A workspace as its resources see it: what it expects, and how long it looks."""

import itertools

import pytest

from tests.support.clock import FakeClock
from warehouse_sync import AsyncClient, RetryPolicy
from warehouse_sync.resources.workspace import Workspace


@pytest.fixture
def workspace(clock: FakeClock) -> Workspace:
    """A workspace on which nothing is sent, with ten seconds for things to settle."""
    client = AsyncClient(
        workspace_id=5,
        client_id="i",
        client_secret="s",
        clock=clock.as_clock(),
        retry=RetryPolicy(reconcile_timeout=10),
    )
    return client._workspace


def test_expectation_ends(workspace: Workspace, clock: FakeClock) -> None:
    """What was just created is expected for as long as the policy says, and then forgotten."""
    workspace.expect("a")
    clock.now += 9.9
    assert workspace.expects("a")
    workspace.expect("b")
    clock.now += 0.1
    assert (workspace.expects("a"), workspace.expects("b")) == (False, True)
    workspace.expect("c")
    assert (workspace.id, "a") not in workspace.expected


def test_sibling_is_another_workspace_or_this_one(workspace: Workspace) -> None:
    """Another number gives another workspace over the same transport."""
    assert workspace.sibling(5) is workspace
    other = workspace.sibling(6)
    assert (other.path, other.sender) == ("/platform/v2/workspaces/6", workspace.sender)


def test_pauses_double_up_to_the_longest_and_end_in_time(workspace: Workspace, clock: FakeClock) -> None:
    """The first look is at once, and no pause begins that would end after the time to settle."""
    began, pauses = clock.now, []
    for pause in itertools.islice(workspace.reconcile_delays(0.5, 2.0), 100):
        pauses.append(pause)
        clock.now += pause
    assert pauses == [0.0, 0.5, 1.0, 2.0, 2.0, 2.0, 2.0]
    assert clock.now - began <= 10
