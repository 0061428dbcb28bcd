"""Requests, base URLs and headers."""

from typing import get_args

import pytest
from yarl import URL

from warehouse_sync.transport.request import ApiRequest, BaseUrl, Method, RequestHeaders


def test_request_repr_shows_no_content() -> None:
    """The repr is the method and the path."""
    request = ApiRequest("PUT", "/x", bytes, query="q=canary", body=b"canary", secrets=("canary",))
    assert repr(request) == "<ApiRequest PUT /x>"


def test_request_method_is_never_patch() -> None:
    """The reference mentions "patch or put", but has no PATCH endpoint."""
    assert get_args(Method) == ("GET", "POST", "PUT", "DELETE")


@pytest.mark.parametrize("prefix", ["", "/gate%20way"])
def test_base_url_prefix_precedes_the_path(prefix: str) -> None:
    """Nothing is encoded twice, with and without a query."""
    base_url = BaseUrl(URL("https://api.example:8443"), prefix)
    assert str(base_url.url("/x%20y")) == f"https://api.example:8443{prefix}/x%20y"
    assert str(base_url.url("/x%20y", "a=%2F")) == f"https://api.example:8443{prefix}/x%20y?a=%2F"


def test_base_url_prefix_is_not_in_host_and_port() -> None:
    """The prefix is optional, and excluded from error messages."""
    assert BaseUrl(URL("https://api.example")).url("/x").raw_path == "/x"
    assert BaseUrl(URL("https://api.example"), "/secret").host_and_port == "api.example:443"


def test_base_url_parse_drops_the_trailing_slash() -> None:
    """An encoded path stays as it is."""
    base_url = BaseUrl.parse("https://api.example:8443/gate%20way/")
    assert (base_url.origin, base_url.prefix) == (URL("https://api.example:8443"), "/gate%20way")
    assert str(base_url) == "https://api.example:8443/gate%20way"


def test_headers_contain_common_headers_and_token() -> None:
    """With a body they contain its type. The token is a secret to mask."""
    base_url, common = BaseUrl(URL("https://api.example")), {"Accept": "a"}
    headers = RequestHeaders(base_url, common, "t1")
    assert dict(headers.bare) == {"Accept": "a", "Authorization": "Bearer t1"}
    assert dict(headers.json) == {**headers.bare, "Content-Type": "application/json"}
    assert headers.secrets == ("t1",)
    assert headers.request_head is None
    without = RequestHeaders(base_url, common)
    assert dict(without.bare) == {"Accept": "a"}
    assert without.secrets == ()
