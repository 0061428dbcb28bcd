"""Faults on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from warehouse_sync.emulator import effects
from warehouse_sync.emulator.faults import Fault

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document, Vector
    from warehouse_sync.emulator import Emulator


async def test_status_is_answered_for_so_many_requests(emulator: Emulator, api: Api) -> None:
    """The next requests of the route get the status, its headers and message; the one after them works."""
    emulator.fault(
        "GET */connections", status=429, count=2, headers={"Retry-After": "3"}, message="Slow down."
    )
    for _ in range(2):
        answer = await api.get("/connections")
        assert (answer.status, answer.messages, answer.headers["Retry-After"]) == (429, ["Slow down."], "3")
    assert (await api.get("/connections")).status == 200


async def test_other_routes_are_not_touched(emulator: Emulator, api: Api) -> None:
    """A fault waits for its own method and path."""
    emulator.fault("GET */connections/*", status=500)
    assert (await api.get("/connections")).status == 200
    assert (await api.delete("/connections/a")).status == 404
    assert (await api.get("/connections/a")).status == 500


async def test_login_refusal_says_what_the_reference_says(
    emulator: Emulator, api: Api, vector: Vector
) -> None:
    """A 505 carries the reference's explanation, and nothing is created."""
    emulator.fault("POST */connections", status=505)
    answer = await api.post("/connections", vector("connections/create-redshift.request"))
    assert answer.status == 505
    assert answer.messages[0].startswith("The request failed to connect to the warehouse account.")
    assert (await api.get("/connections")).document == []


@pytest.mark.parametrize(("when", "applied"), [("drop", False), ("apply_then_drop", True)])
async def test_connection_is_dropped_before_or_after(
    emulator: Emulator,
    api: Api,
    vector: Vector,
    when: str,
    applied: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    """The connection is reset; whether the change was made depends on when the connection was dropped."""
    dropping: dict[str, Any] = {when: True}
    emulator.fault("POST */data-models", **dropping)
    with pytest.raises(aiohttp.ClientOSError, match="reset"):
        await api.post("/data-models", vector("data-models/create.request"))
    assert (await api.get("/data-models/example-data-model")).status == (200 if applied else 404)


async def test_fault_without_count_lasts_until_cleared(emulator: Emulator, api: Api) -> None:
    """A fault for every request stays in force until faults are cleared."""
    emulator.fault("* /platform/*", status=503, count=None)
    assert [(await api.get("/connections")).status for _ in range(3)] == [503] * 3
    emulator.clear_faults()
    assert (await api.get("/connections")).status == 200


async def test_faults_happen_in_the_order_they_were_added(emulator: Emulator, api: Api) -> None:
    """Of two faults of a route the older is used up first."""
    for status in (500, 502):
        emulator.fault("GET */connections", status=status)
    assert [(await api.get("/connections")).status for _ in range(3)] == [500, 502, 200]


async def test_delay_holds_the_answer_back(
    emulator: Emulator, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delayed request is answered when the delay is over, with whatever else the fault has in store."""
    delays: list[float] = []

    async def record(seconds: float) -> None:
        delays.append(seconds)

    monkeypatch.setattr(effects, "sleep", record)
    emulator.fault("GET */connections", delay=60)
    emulator.fault("GET */connections", delay=30, status=503)
    assert [(await api.get("/connections")).status for _ in range(3)] == [200, 503, 200]
    assert delays == [60, 30]


async def test_faults_are_managed_over_http(api: Api) -> None:
    """Faults can be added, listed and cleared over HTTP, and the routes that do it are immune."""
    added = await api.post("/_emulator/faults", {"route": "* *", "status": 503, "count": None})
    listed = await api.get("/_emulator/faults")
    assert added.document == listed.document
    assert (listed.document[0]["route"], listed.document[0]["status"]) == ("* *", 503)
    assert (await api.get("/connections")).status == 503
    assert (await api.delete("/_emulator/faults")).status == 204
    assert (await api.get("/connections")).status == 200


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"route": "/connections"},
        {"route": 5},
        {"route": "GET *", "unknown": 1},
        {"route": "GET *", "status": 200},
        {"route": "GET *", "status": "500"},
        {"route": "GET *", "count": 0},
        {"route": "GET *", "count": 1.5},
        {"route": "GET *", "delay": -1},
        {"route": "GET *", "delay": "1"},
        {"route": "GET *", "drop": "yes"},
        {"route": "GET *", "headers": {"Retry-After": 3}},
    ],
)
async def test_fault_that_makes_no_sense_is_refused(api: Api, fault: Document) -> None:
    """A fault that could not happen is refused with a message and never put in force."""
    answer = await api.post("/_emulator/faults", fault)
    assert answer.status == 400
    assert answer.messages[0].startswith("This is no fault: ")
    assert (await api.get("/_emulator/faults")).document == []


def test_fault_is_read_from_the_command_line() -> None:
    """A route and words of the form name=value are a fault; quotes hold a message together."""
    fault = Fault.read(
        "POST */trigger status=503 count=null header.Retry-After=3 message='Not now.' drop=true"
    )
    assert fault == Fault(
        route="POST */trigger",
        status=503,
        count=None,
        headers={"Retry-After": "3"},
        message="Not now.",
        drop=True,
    )


@pytest.mark.parametrize("text", ["", "GET", "GET * colour=red", "GET * status=soon", "GET * status"])
def test_words_that_are_no_fault_are_refused(text: str) -> None:
    """Words that make no fault are a ValueError or TypeError with a sentence."""
    with pytest.raises((ValueError, TypeError)):
        Fault.read(text)
