"""Arbitrary bytes for whatever reads what others wrote: a value or an error of the SDK.

`make soak` runs them with the profile `fuzz`, which has many more examples.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.kinds import CONNECTION, READ
from tests.support.peer import Peer, PeerConnection
from warehouse_sync import AsyncClient, RetryPolicy, Timeout, WarehouseSyncError
from warehouse_sync.declarative.errors import InvalidFilesError
from warehouse_sync.declarative.files.load import PLAN_KEY
from warehouse_sync.declarative.files.parse_json import parse_json
from warehouse_sync.declarative.files.parse_yaml import parse_yaml
from warehouse_sync.declarative.planning.plan_file import FORMAT, find_plan
from warehouse_sync.transport.response import read_plain_response

BODY = json.dumps(CONNECTION).encode()
GOOD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)
PARTS = [
    *(b"HTTP/1.1 200 OK", b"HTTP/1.0 204 No", b"HTTP/1.1 100 Continue", b"HTTP/1.1 999 X", b"\r\n", b"\n", b"\r\n\r\n"),
    *(b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 99999999999999999999", b"content-length:"),
    *(b"Transfer-Encoding: chunked", b"Content-Encoding: gzip", b"Connection: close", b"Set-Cookie: a=b", b"Retry-After: 9"),
    *(b"5\r\nhello\r\n", b"0\r\n\r\n", b"ffffffffffffffffff\r\n", BODY, b"[", b"{}", b"\x00", b"\xff", b"\x1f\x8b"),
]  # fmt: skip
CHANGED = st.tuples(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)), st.binary(max_size=8)).map(
    lambda cut: GOOD[: min(cut[:2])] + cut[2] + GOOD[max(cut[:2]) :]
)
RESPONSES = st.one_of(
    st.binary(max_size=200), st.lists(st.sampled_from(PARTS), max_size=10).map(b"".join), CHANGED
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PLAN: dict[str, Any] = {
    PLAN_KEY: FORMAT,
    "folder": "a",
    "environment": None,
    "workspace_id": 1,
    "api_url": "https://a",
    "files": "x",
    "remote": "y",
    "options": {"prune": False, "rotate": [], "max_deletes": None, "adopt": [], "targets": []},
    "summary": {},
    "changes": [],
    "notes": [],
    "blockers": [],
    "unmanaged": [],
}
TOKENS = st.sampled_from([*"{}[]:,-#&*!|>'\"\n\t \\%@`?~", "a", "id: x", "- ", "---\n", "...", "1e999", "\x85", "\u2028"])  # fmt: skip


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    """A server that sends what a test wants, on connections that may have served a good response before."""
    with Peer() as running:
        yield running


@given(first=st.booleans(), data=RESPONSES)
async def test_any_response_is_a_value_or_an_error(peer: Peer, *, first: bool, data: bytes) -> None:
    """Whatever the server sends, and then the client is usable."""

    async def send(connection: PeerConnection) -> None:
        await connection.send(data)
        connection.close()

    options = peer.options(retry=RetryPolicy(attempts=1), timeout=Timeout(total=30))
    async with AsyncClient(**options) as client:
        peer.serve(READ.route, READ.success)
        if not first:  # the next response arrives on the fast path
            await READ.call(client)
        peer.serve(READ.route, send)
        with suppress(WarehouseSyncError):
            assert (await READ.call(client)).id == "c1"
        peer.serve(READ.route, READ.success)
        again = client.with_options(
            retry=RetryPolicy(base_delay=0)
        )  # the server may have closed the connection just now
        assert (await READ.call(again)).id == "c1"


@given(data=RESPONSES)
def test_plain_response_is_all_of_the_data(data: bytes) -> None:
    """What is read as a plain response has the announced length, and no data after it."""
    response = read_plain_response(data)
    if response is not None:
        assert int(response.headers["Content-Length"]) == len(response.body)
        assert data.endswith(b"\r\n\r\n" + response.body)
    assert (response is None) == (read_plain_response(memoryview(data)) is None)


@pytest.mark.parametrize("parse", [parse_json, parse_yaml])
@given(text=st.one_of(st.text(max_size=60), st.lists(TOKENS, max_size=30).map("".join)))
def test_any_text_is_read_or_reported(parse: Any, text: str) -> None:
    """A document, or at least one problem with a line."""
    problems: list[Any] = []
    parse(text, "a.yaml", problems.append)
    assert all(str(problem) for problem in problems)


@given(field=st.sampled_from([*PLAN, *PLAN["options"], "new"]), value=JSON, cut=st.integers(0, 40))
def test_any_plan_is_read_or_rejected(field: str, value: object, cut: int) -> None:
    """A changed or cut plan raises the error of a plan."""
    document = {**PLAN, "options": dict(PLAN["options"])}
    (document["options"] if field in PLAN["options"] else document)[field] = value
    text = json.dumps(document)
    with TemporaryDirectory() as folder:
        file = Path(folder, "plan.json")
        file.write_text(text[: len(text) - cut] if cut > 30 else text, "utf-8")
        with suppress(InvalidFilesError):
            find_plan(file)
