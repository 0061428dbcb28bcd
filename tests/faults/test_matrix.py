"""Each fault for each kind of call and client: the outcome, and the number of requests on the wire.

A cell reads `outcome requests`: the outcome is `ok` or the error's name without `Error`; the requests are those of the
call itself, and after a `+` those of what else the API was asked meanwhile, which is the search for what a lost answer
would have said. The column `tokens` counts token requests where the call is not the token request itself. `once` is
followed by success, `always` by more of the same. After each cell the same client makes a call that succeeds.
"""

import gc
from typing import Any

import attrs
import pytest

from tests.faults.faults import faults
from tests.support.clock import FakeClock, warp
from tests.support.kinds import BASE, FETCH, KINDS, READ, Driver, Kind, driver
from tests.support.peer import TOKEN, Peer, refusal, reply, token
from warehouse_sync import (
    DecodeError,
    OutcomeUnknownError,
    Timeout,
    TimeoutError,
    TokenError,
    TransportError,
    WarehouseSyncError,
)
from warehouse_sync.transport import aiohttp_internals

MATRIX = """
fault                          | when   | read               | update           | delete         | create              | trigger            | token       | tokens
-------------------------------|--------|--------------------|------------------|----------------|---------------------|--------------------|-------------|-------
nothing                        | always | ok 1               | ok 1             | ok 1           | ok 1                | ok 1               | ok 1+1      | 1
refused                        | always | Connect 0          | Connect 0        | Connect 0      | Connect 0           | Connect 0          | Connect 0+0 | 1
reset                          | once   | ok 2               | ok 2             | ok 2           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | ok 2+1      | 1
reset                          | always | Read 3             | Read 3           | Read 3         | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Read 3+0    | 1
hang up                        | once   | ok 2               | ok 2             | ok 2           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | ok 2+1      | 1
hang up                        | always | Read 3             | Read 3           | Read 3         | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Read 3+0    | 1
half a status line             | once   | ok 2               | ok 2             | ok 2           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | ok 2+1      | 1
half a head                    | once   | ok 2               | ok 2             | ok 2           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | ok 2+1      | 1
half a body                    | once   | ok 2               | ok 2             | ok 2           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | ok 2+1      | 1
half a body                    | always | Read 3             | Read 3           | Read 3         | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Read 3+0    | 1
half a body, reset             | once   | ok 2               | ok 2             | ok 2           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | ok 2+1      | 1
no length, reset               | once   | ok 2               | ok 2             | ok 2           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | ok 2+1      | 1
half a chunk                   | once   | ok 2               | ok 2             | ok 2           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | ok 2+1      | 1
bad gzip                       | once   | ok 2               | ok 2             | ok 2           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | ok 2+1      | 1
not HTTP                       | once   | ok 2               | ok 2             | ok 2           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | ok 2+1      | 1
not HTTP                       | always | Read 3             | Read 3           | Read 3         | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Read 3+0    | 1
not JSON                       | always | Decode 1           | OutcomeUnknown 1 | ok 1           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Token 1+0   | 1
empty                          | always | Decode 1           | OutcomeUnknown 1 | ok 1           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Token 1+0   | 1
HTML                           | always | Decode 1           | OutcomeUnknown 1 | ok 1           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Token 1+0   | 1
deep                           | always | Decode 1           | OutcomeUnknown 1 | ok 1           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Token 1+0   | 1
NaN                            | always | Decode 1           | OutcomeUnknown 1 | ok 1           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Token 1+0   | 1
BOM                            | always | Decode 1           | OutcomeUnknown 1 | ok 1           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Token 1+0   | 1
UTF-16                         | always | Decode 1           | OutcomeUnknown 1 | ok 1           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Token 1+0   | 1
wrong shape                    | always | Decode 1           | OutcomeUnknown 1 | ok 1           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Token 1+0   | 1
bomb                           | always | ResponseTooLarge 1 | OutcomeUnknown 1 | ok 1           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Token 1+0   | 1
endless                        | always | ResponseTooLarge 1 | OutcomeUnknown 1 | ok 1           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Token 1+0   | 1
stall                          | once   | ok 2               | ok 2             | ok 2           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | ok 2+1      | 1
stall                          | always | Timeout 3          | Timeout 3        | Timeout 3      | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Timeout 3+0 | 1
stall in the body              | once   | ok 2               | ok 2             | ok 2           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | ok 2+1      | 1
400                            | always | BadRequest 1       | BadRequest 1     | BadRequest 1   | BadRequest 1        | BadRequest 1       | Token 1+0   | 1
busy                           | always | PipelineBusy 1     | PipelineBusy 1   | PipelineBusy 1 | PipelineBusy 1      | PipelineBusy 1     | Token 1+0   | 1
401                            | once   | ok 2               | ok 2             | ok 2           | ok 2                | ok 2               | Token 1+0   | 2
401                            | always | Unauthorized 2     | Unauthorized 2   | Unauthorized 2 | Unauthorized 2      | Unauthorized 2     | Token 1+0   | 2
403                            | always | Forbidden 1        | Forbidden 1      | Forbidden 1    | Forbidden 1         | Forbidden 1        | Token 1+0   | 1
404                            | always | NotFound 1         | NotFound 1       | NotFound 1     | NotFound 1          | NotFound 1         | Token 1+0   | 1
408                            | once   | ok 2               | ok 2             | ok 2           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | ok 2+1      | 1
408                            | always | API 3              | API 3            | API 3          | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Token 3+0   | 1
409                            | always | Conflict 1         | Conflict 1       | Conflict 1     | Conflict 1          | Conflict 1         | Token 1+0   | 1
418                            | always | API 1              | API 1            | API 1          | API 1               | API 1              | Token 1+0   | 1
429                            | once   | ok 2               | ok 2             | ok 2           | ok 2                | ok 2               | ok 2+1      | 1
429                            | always | RateLimited 3      | RateLimited 3    | RateLimited 3  | RateLimited 3       | RateLimited 3      | Token 3+0   | 1
asks for an hour               | always | RateLimited 1      | RateLimited 1    | RateLimited 1  | RateLimited 1       | RateLimited 1      | Token 1+0   | 1
asks too long for the deadline | always | RateLimited 1      | RateLimited 1    | RateLimited 1  | RateLimited 1       | RateLimited 1      | Token 2+0   | 1
500                            | once   | ok 2               | ok 2             | ok 2           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | ok 2+1      | 1
500                            | always | Server 3           | Server 3         | Server 3       | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Token 3+0   | 1
501                            | always | Server 1           | Server 1         | Server 1       | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Token 1+0   | 1
502                            | once   | ok 2               | ok 2             | ok 2           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | ok 2+1      | 1
503                            | always | Server 3           | Server 3         | Server 3       | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | Token 3+0   | 1
504                            | once   | ok 2               | ok 2             | ok 2           | OutcomeUnknown 1+13 | OutcomeUnknown 1+6 | ok 2+1      | 1
505                            | always | WarehouseLogin 1   | WarehouseLogin 1 | WarehouseLogin 1 | WarehouseLogin 1  | WarehouseLogin 1   | Token 1+0   | 1
301                            | always | API 1              | API 1            | API 1          | API 1               | API 1              | Token 1+0   | 1
302                            | always | API 1              | API 1            | API 1          | API 1               | API 1              | Token 1+0   | 1
303                            | always | API 1              | API 1            | API 1          | API 1               | API 1              | Token 1+0   | 1
307                            | always | API 1              | API 1            | API 1          | API 1               | API 1              | Token 1+0   | 1
308                            | always | API 1              | API 1            | API 1          | API 1               | API 1              | Token 1+0   | 1
"""

RUNS = f"GET {BASE}/inputs/data-pipelines/p1/runs"
NO_RUNS = reply(
    200,
    {
        "items": [],
        "current_page": 1,
        "page_size": 50,
        "total_pages": 0,
        "total_items": 0,
        "has_previous_page": False,
        "has_next_page": False,
    },
)


@attrs.frozen
class Cell:
    """The expectation for one call under one fault."""

    fault: str
    when: str
    kind: Kind
    outcome: str
    own: int
    other: int
    tokens: int

    @property
    def name(self) -> str:
        """The cell's name in a report."""
        return f"{self.fault} {self.when}-{self.kind.name}"


def cells() -> list[Cell]:
    """Parse the table."""
    head, _, *rows = ([part.strip() for part in row.split("|")] for row in MATRIX.strip().splitlines())
    found = []
    for fault, when, *row, tokens in rows:
        for name, cell in zip(head[2:-1], row, strict=True):
            outcome, requests = cell.split(" ")
            own, _, other = requests.partition("+")
            found.append(Cell(fault, when, KINDS[name], outcome, int(own), int(other or 0), int(tokens)))
    return found


async def outcome_of(client: Driver, kind: Kind) -> WarehouseSyncError | None:
    """Make a call. Return the error if it is one of the SDK."""
    try:
        await client.call(kind.call)
    except WarehouseSyncError as error:
        return error
    return None


def name_of(error: WarehouseSyncError | None) -> str:
    """Return the name of an outcome in the table."""
    return "ok" if error is None else type(error).__name__.removesuffix("Error")


def stage(peer: Peer, cell: Cell, pass_time: Any) -> None:
    """Let the fault happen to the call of the cell only."""
    peer.serve("* *", refusal(404, "no such thing"))
    peer.serve(RUNS, NO_RUNS)
    peer.serve(TOKEN, token("token-1"))
    if cell.kind is FETCH:
        peer.serve(READ.route, READ.success)
    script = [cell.kind.success]
    if cell.fault not in ("nothing", "refused"):
        fault = faults(pass_time)[cell.fault]
        script = [fault, cell.kind.success] if cell.when == "once" else [fault]
    peer.serve(cell.kind.route, *script)


def closed(cell: Cell, options: dict[str, Any]) -> dict[str, Any]:
    """Point the call of the cell at a port that refuses connections."""
    if cell.fault != "refused":
        return options
    nowhere = "http://127.0.0.1:1"
    return (
        {**options, "token_url": f"{nowhere}/oauth/token"}
        if cell.kind is FETCH
        else {**options, "api_url": nowhere}
    )


@pytest.mark.parametrize("sort", ["async", "sync"])
@pytest.mark.parametrize("cell", cells(), ids=lambda cell: cell.name)
async def test_fault_matrix(peer: Peer, clock: FakeClock, cell: Cell, sort: str) -> None:
    """The table above holds, cell by cell; the error reports the attempts; and the client stays usable."""
    await check_cell(peer, clock, cell, sort)


@pytest.mark.parametrize("cell", [cell for cell in cells() if cell.kind is READ], ids=lambda cell: cell.name)
async def test_fault_matrix_holds_without_fast_get(
    peer: Peer, clock: FakeClock, cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reads have the same outcome if every request goes through aiohttp's session."""
    monkeypatch.setattr(aiohttp_internals, "SUPPORTED_AIOHTTP", "another version")
    await check_cell(peer, clock, cell, "async")


async def check_cell(peer: Peer, clock: FakeClock, cell: Cell, sort: str) -> None:
    """Make the call of a cell, and compare."""
    options = peer.options(account_id=1, clock=clock.as_clock(), timeout=Timeout(total=50, connect=5, read=1))
    if cell.fault == "deep":
        gc.collect()  # the finalizers of earlier tests' objects would fail inside the recursion of the parser
    async with driver(sort, **closed(cell, options)) as client:
        jump = warp(client.loop)
        stage(peer, cell, lambda: jump(1.05))
        error = await outcome_of(client, cell.kind)
        requests = peer.count() + peer.count("* /v1/*")
        other = requests - peer.count(cell.kind.route) if cell.kind is not FETCH else requests
        assert (name_of(error), peer.count(cell.kind.route), other) == (cell.outcome, cell.own, cell.other)
        if cell.kind is not FETCH:
            assert peer.count(TOKEN) == cell.tokens
        check_error(error, cell)
        assert not peer.on("* /elsewhere")
        if cell.fault != "refused":
            peer.serve(TOKEN, token("token-3"))
            peer.serve(cell.kind.route, cell.kind.success)
            assert await outcome_of(client, cell.kind) is None


def check_error(error: WarehouseSyncError | None, cell: Cell) -> None:
    """Check the attributes of an error."""
    match error:
        case TransportError():
            assert error.attempts == 3
            assert error.sent == ("no" if cell.fault == "refused" or cell.kind is FETCH else "maybe")
            assert not isinstance(error, TimeoutError) or error.phase == "read"
        case OutcomeUnknownError():
            assert isinstance(error.__cause__, WarehouseSyncError)
            assert isinstance(error.__cause__, DecodeError) or error.__cause__.__context__ is None
        case TokenError():
            assert error.status is None or str(error.status) in str(error)
