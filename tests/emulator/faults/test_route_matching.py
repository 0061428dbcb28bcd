"""Routes of faults that some request can match."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync.emulator import Emulator
from warehouse_sync.emulator.app import injectable_routes
from warehouse_sync.emulator.faults.route_matching import unmatchable_reason

ROUTES = injectable_routes()
ID = st.text("abzAZ09_-", min_size=1, max_size=4)


def test_every_served_route_is_injectable() -> None:
    """Faults apply to every served route but the control routes."""
    served = {(route.method, route.path) for route in Emulator()._middleware()._router.routes()}
    assert set(ROUTES) == {pair for pair in served if not pair[1].startswith("/_emulator/")}


@pytest.mark.parametrize(
    "route",
    [
        "* *",
        "GET *",
        "P* */connections/*",
        "GET */report",
        "GET *runs/1?",
        "GET */runs/[0-9]",
        "GET */pipelines/orders/status/runs",
        "POST /oauth/token",
        "GET /",
        "GET /openapi.json",
        "DELETE /platform/v2/workspaces/5328/inputs/data-pipelines/orders",
        "GET *?",
        "DELETE */report",  # of a resource with that id
    ],
)
def test_matchable_route_is_accepted(route: str) -> None:
    """A route that some request matches is accepted."""
    assert unmatchable_reason(route) is None


@pytest.mark.parametrize(
    ("route", "reason"),
    [
        (
            "GET /connections",
            "the emulator has no such path outside of /_emulator/, where faults do not apply",
        ),
        (
            "GET connections",
            "the emulator has no such path outside of /_emulator/, where faults do not apply",
        ),
        ("GET /_emulator/health", "outside of /_emulator/, where faults do not apply"),
        ("GET /platform/*/inputs/data-pipelines/*/reports", "faults do not apply; did you mean 'report'?"),
        ("GET */workspaces/{workspace}/connections", "faults do not apply; write * for an id"),
        ("GET */runs/latest", "the emulator has no such path"),
        ("GET */connections/a.b", "the emulator has no such path"),
        ("GET */connections/[.]", "the emulator has no such path"),
        ("GET */connections/", "the emulator has no such path"),
        ("DELETE /oauth/token", "the emulator serves POST there, not DELETE"),
        ("HEAD */connections/a", "the emulator serves GET, PUT, DELETE there, not HEAD"),
    ],
)
def test_unmatchable_route_gets_a_reason(route: str, reason: str) -> None:
    """A route that no request can match is rejected with a reason and a hint."""
    assert reason in (unmatchable_reason(route) or "")


@given(st.data())
def test_route_made_from_a_path_is_accepted(data: st.DataObject) -> None:
    """A real path with any characters replaced by wildcards is accepted."""
    method, path = data.draw(st.sampled_from(ROUTES))
    for part, values in (("{workspace}", ID), ("{id}", ID), ("{run}", st.integers(0, 999).map(str))):
        path = path.replace(part, data.draw(values))
    kept = data.draw(st.lists(st.sampled_from("=?*"), min_size=len(path), max_size=len(path)))
    wanted = "".join(letter if how == "=" else how for letter, how in zip(path, kept, strict=True))
    assert fnmatchcase(path, wanted)
    assert unmatchable_reason(f"{method} {wanted}") is None
