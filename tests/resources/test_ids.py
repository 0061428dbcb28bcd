"""Ids never change the structure of a URL."""

import re
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from warehouse_sync import ValidationError
from warehouse_sync.models.references import require_id
from warehouse_sync.transport.request import BaseUrl

SITE = BaseUrl(URL("https://api.example"), "/gate")
texts = st.text(st.sampled_from("aZ9_-./\\%2fF?#&=;:@ \t\n\r\0é\u2028")) | st.text()


@given(value=texts | st.binary() | st.none() | st.integers())
@example("..")
@example("a\n")
@example("%2e%2e")
@example("\u0661")
def test_id_never_changes_the_structure_of_a_path(value: Any) -> None:
    """An id is rejected, or is exactly one segment of the path."""
    try:
        resource_id = require_id("id", value)
    except ValidationError:
        assert not (isinstance(value, str) and re.fullmatch("[A-Za-z0-9_-]+", value))
        return
    path = f"/connections/{resource_id}/runs"
    assert SITE.url(path).raw_path == f"/gate/connections/{value}/runs"
    url = URL(str(SITE.url(path)))  # as a proxy would parse it
    assert url.raw_parts == ("/", "gate", "connections", value, "runs")
    assert (url.raw_host, url.raw_query_string, url.raw_fragment) == ("api.example", "", "")
