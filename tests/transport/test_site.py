"""Where requests go, and what they carry there."""

import pytest
from yarl import URL

from warehouse_sync.transport.site import Headers, Site


@pytest.mark.parametrize("prefix", ["", "/gate%20way"])
def test_site_puts_its_prefix_before_the_path(prefix: str) -> None:
    """The target and the address are the same request, with a query and without; nothing is encoded twice."""
    site = Site(URL("https://api.example:8443"), prefix)
    for query in ((), ("a=%2F",)):
        target = site.target("/x%20y", *query)
        assert target == f"{prefix}/x%20y" + "".join(f"?{part}" for part in query)
        assert str(site.url("/x%20y", *query)) == f"https://api.example:8443{target}"


def test_site_without_a_prefix_is_a_server_alone() -> None:
    """The prefix may be left out, and is not told in messages."""
    assert Site(URL("https://api.example")).target("/x") == "/x"
    assert str(Site(URL("https://api.example"), "/secret")) == "api.example:443"


def test_headers_carry_the_token_and_what_all_requests_have_in_common() -> None:
    """With a body its type is told as well; what must not be shown is the token, where there is one."""
    site, common = Site(URL("https://api.example")), {"Accept": "a"}
    headers = Headers(site, common, "t1")
    assert dict(headers.bare) == {"Accept": "a", "Authorization": "Bearer t1"}
    assert dict(headers.json) == {**headers.bare, "Content-Type": "application/json"}
    assert headers.secrets == ("t1",)
    assert headers.request_head is None
    without = Headers(site, common)
    assert dict(without.bare) == {"Accept": "a"}
    assert without.secrets == ()
