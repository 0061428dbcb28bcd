"""Feeds under each fault of the matrix: the outcome and the requests are those of connections."""

import attrs
import pytest

from tests.faults.test_matrix import Cell, cells, check_cell
from tests.support.clock import FakeClock
from tests.support.kinds import Kind
from tests.support.peer import Peer, reply
from warehouse_sync import FeedSpec

FEED = {"id": 1, "name": "F", "module_name": "M", "os": "Unknown", "is_debug": False, "settings": []}
SPEC = FeedSpec(module_name="M", name="F")
LIST = "/v1/workspace/1/partnerfeeds"
ONE = reply(200, {"data": [FEED], "dataType": "partner_feed", "errors": None})
FEEDS = {
    kind.name: kind
    for kind in (
        Kind("read", "GET /v1/partnerfeeds/1", ONE, lambda c: c.feeds.get(1)),
        Kind("update", f"PUT {LIST}/1", ONE, lambda c: c.feeds.update(1, SPEC)),
        Kind("delete", f"DELETE {LIST}/1", ONE, lambda c: c.feeds.delete(1)),
        Kind("create", f"POST {LIST}", ONE, lambda c: c.feeds.create(SPEC)),
    )
}


def feed_cells() -> list[Cell]:
    """Return the cells of the matrix for feeds. An update may have an empty response."""
    found = [attrs.evolve(cell, kind=FEEDS[cell.kind.name]) for cell in cells() if cell.kind.name in FEEDS]
    return [
        attrs.evolve(cell, outcome="ok") if (cell.fault, cell.kind.name) == ("empty", "update") else cell
        for cell in found
    ]


@pytest.mark.parametrize("sort", ["async", "sync"])
@pytest.mark.parametrize("cell", feed_cells(), ids=lambda cell: cell.name)
async def test_fault_matrix_of_feeds(peer: Peer, clock: FakeClock, cell: Cell, sort: str) -> None:
    """Retries, reconciliation and errors do not depend on the kind of resource."""
    await check_cell(peer, clock, cell, sort)
