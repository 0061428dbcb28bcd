"""The router."""

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


def response(_: Request) -> web.Response:
    """Response anything."""
    return web.Response()


ROUTES = [
    Route("GET", "/a/{id}", response),
    Route("POST", "/a/run", response),
    Route("GET", "/b.json", response, stateless=True),
]


def test_route_is_found_with_path_parameters() -> None:
    """A route is found by method and path, and returned with its path parameters."""
    assert Router(ROUTES).find("GET", "/a/x_1") == (ROUTES[0], {"id": "x_1"})
    assert Router(ROUTES).find("POST", "/a/run") == (ROUTES[1], {})


@pytest.mark.parametrize("path", ["/", "/a", "/a/", "/a/x/y", "/a/x%2Fy", "/a/é", "/bxjson", "/a/x\n"])
def test_path_without_route_is_not_found(path: str) -> None:
    """A route must match the whole path, and its literal text exactly."""
    with pytest.raises(NotFoundError) as caught:
        Router(ROUTES).find("GET", path)
    assert error_response(caught.value).status == 404


def test_other_method_gets_the_allowed_ones() -> None:
    """If only the method does not match, the error names the allowed methods."""
    with pytest.raises(HttpError) as rejected:
        Router(ROUTES).find("PUT", "/a/run")
    assert (rejected.value.status, rejected.value.headers) == (405, {"Allow": "GET, POST"})


def test_access_follows_from_the_method() -> None:
    """A GET reads, every other method writes, and a stateless route does neither."""
    assert [route.access for route in ROUTES] == [Access.READ, Access.WRITE, Access.NONE]
