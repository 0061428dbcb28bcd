"""Which handler a request is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from warehouse_sync.emulator.errors import NotFoundError
from warehouse_sync.emulator.responses import HttpError, error_response
from warehouse_sync.emulator.routing import Route, Router
from warehouse_sync.emulator.state.access import Access

if TYPE_CHECKING:
    from warehouse_sync.emulator.routing import Request


def answer(_: Request) -> web.Response:
    """Answer anything."""
    return web.Response()


ROUTES = [
    Route("GET", "/a/{id}", answer),
    Route("POST", "/a/run", answer),
    Route("GET", "/b.json", answer, stateless=True),
]


def test_named_parts_of_the_path_are_returned() -> None:
    """A route is found by its method and its path, and the named parts come with it."""
    assert Router(ROUTES).find("GET", "/a/x_1") == (ROUTES[0], {"id": "x_1"})
    assert Router(ROUTES).find("POST", "/a/run") == (ROUTES[1], {})


@pytest.mark.parametrize("path", ["/", "/a", "/a/", "/a/x/y", "/a/x%2Fy", "/a/é", "/bxjson", "/a/x\n"])
def test_path_that_fits_none_is_not_found(path: str) -> None:
    """A path has to fit as a whole, and what is no name in a route stands for itself."""
    with pytest.raises(NotFoundError) as caught:
        Router(ROUTES).find("GET", path)
    assert error_response(caught.value).status == 404


def test_other_method_is_told_the_right_ones() -> None:
    """Where only the method does not fit, the answer names those that do."""
    with pytest.raises(HttpError) as refused:
        Router(ROUTES).find("PUT", "/a/run")
    assert (refused.value.status, refused.value.headers) == (405, {"Allow": "GET, POST"})


def test_only_get_leaves_the_state_alone() -> None:
    """A GET looks, every other method changes, and what is apart does neither."""
    assert [route.access for route in ROUTES] == [Access.READ, Access.WRITE, Access.NONE]
