"""ActiveFaults on demand."""

from __future__ import annotations

import copy
import pickle
import re
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from warehouse_sync.emulator.faults import injector
from warehouse_sync.emulator.faults.fault import Fault

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

    monkeypatch.setattr(injector, "sleep", record)
    emulator.fault("GET */connections", delay=60)
    emulator.fault("GET */connections", delay=30, status=503)
    assert [(await api.get("/connections")).status for _ in range(3)] == [200, 503, 200]
    assert delays == [60, 30]


async def test_faults_are_managed_over_http(api: Api) -> None:
    """ActiveFaults can be added, listed and cleared over HTTP, and the routes that do it are immune."""
    added = await api.post("/_emulator/faults", {"route": "* *", "status": 503, "count": None})
    listed = await api.get("/_emulator/faults")
    assert added.document == listed.document
    assert (listed.document[0]["route"], listed.document[0]["status"]) == ("* *", 503)
    assert (await api.get("/connections")).status == 503
    assert (await api.delete("/_emulator/faults")).status == 204
    assert (await api.get("/connections")).status == 200


FIELDS = (
    "route, count, delay, drop, expire_token, throttle, status, headers, message, junk, new_runs, apply_then_drop, "
    "truncate, unknown, hide_report"
)
EFFECTS = "delay, drop, expire_token, throttle, status, junk, new_runs, apply_then_drop, truncate, unknown, hide_report"
NONSENSE: list[tuple[Document, str]] = [
    (
        {"route": "/connections"},
        "A fault's route must be a method and a path, such as `GET /platform/*`, not '/connections'.",
    ),
    ({"route": 5}, "A fault's route must be a method and a path, such as `GET /platform/*`, not 5."),
    (
        {"route": "GET *", "status": 200},
        "A fault's status must be a redirect or an error, 300 to 599, not 200.",
    ),
    (
        {"route": "GET *", "status": "500"},
        "A fault's status must be a redirect or an error, 300 to 599, not '500'.",
    ),
    (
        {"route": "GET *", "status": True},
        "A fault's status must be a redirect or an error, 300 to 599, not True.",
    ),
    (
        {"route": "GET *", "drop": True, "count": 0},
        "A fault's count must be a whole number of at least 1, or null for every request, not 0.",
    ),
    (
        {"route": "GET *", "drop": True, "count": 1.5},
        "A fault's count must be a whole number of at least 1, or null for every request, not 1.5.",
    ),
    ({"route": "GET *", "delay": -1}, "A fault's delay must be a number of seconds of at least 0, not -1."),
    ({"route": "GET *", "delay": "1"}, "A fault's delay must be a number of seconds of at least 0, not '1'."),
    (
        {"route": "GET *", "throttle": True},
        "A fault's throttle must be a number of seconds of at least 0, not True.",
    ),
    ({"route": "GET *", "new_runs": -1}, "A fault's new_runs must be a whole number of at least 0, not -1."),
    ({"route": "GET *", "junk": 5}, "A fault's junk must be true, or the text to respond with, not 5."),
    ({"route": "GET *", "message": 5, "drop": True}, "A fault's message must be a string, not 5."),
    ({"route": "GET *", "drop": "yes"}, "A fault's drop must be true or false, not 'yes'."),
    (
        {"route": "GET *", "drop": True, "headers": {"Retry-After": 3}},
        "A fault's headers must be a mapping from names to strings, not {'Retry-After': 3}.",
    ),
    (
        {"route": "GET *", "statis": 503},
        f"A fault has no field 'statis'; its fields are {FIELDS}. Did you mean 'status'?",
    ),
    *(
        (
            {"route": "GET *", **nothing},
            f"A fault needs an effect: one of {EFFECTS}.",
        )
        for nothing in (
            {},
            {"count": 3},
            {"delay": 0},
            {"drop": False},
            {"message": "hi", "headers": {"A": "b"}},
        )
    ),
    (
        {"route": "PATCH */report", "drop": True},
        "No request can match the fault's route 'PATCH */report': the emulator serves GET, PUT, DELETE there, not PATCH.",
    ),
]


@pytest.mark.parametrize(("fault", "message"), NONSENSE)
async def test_fault_that_makes_no_sense_is_refused(api: Api, fault: Document, message: str) -> None:
    """A fault that could not happen is refused and never put in force, over HTTP in the same words as in Python."""
    answer = await api.post("/_emulator/faults", fault)
    assert (answer.status, answer.messages) == (400, [message])
    assert (await api.get("/_emulator/faults")).document == []
    with pytest.raises((TypeError, ValueError)) as caught:
        Fault(**fault)
    assert str(caught.value) == message


async def test_fault_without_route_is_refused(api: Api) -> None:
    """A body that names no route is told what a route is, without a word of Python."""
    answer = await api.post("/_emulator/faults", {"status": 503})
    assert answer.status == 400
    assert answer.messages[0].startswith(
        "A fault's route must be a method and a path, such as `GET /platform/*`, not "
    )


@pytest.mark.parametrize("seconds", [float("nan"), float("inf")])
def test_fault_lasts_a_time_that_ends(seconds: float) -> None:
    """Seconds that are no number, or have no end, are refused."""
    for name in ("delay", "throttle", "hide_report"):
        with pytest.raises(ValueError, match=f"A fault's {name} must be a number of seconds"):
            Fault(route="GET *", **{name: seconds})  # type: ignore[arg-type]  # one of the fields


def test_fault_is_copied() -> None:
    """A fault can be copied and pickled like any value."""
    fault = Fault(route="GET *", drop=True)
    assert copy.deepcopy(fault) == fault
    assert pickle.loads(pickle.dumps(fault)) == fault  # noqa: S301  # our own


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "A fault's route must be a method and a path"),
        ("GET", "A fault's route must be a method and a path"),
        ("GET * colour=red", "A fault has no field 'colour'; its fields are count, delay, drop,"),
        ("GET * route=x drop=true", "A fault has no field 'route'"),
        ("GET * headers=x drop=true", "header.NAME. Did you mean 'header.NAME'?"),
        ("GET * status=soon", "A fault's status must be a redirect or an error, 300 to 599, not 'soon'."),
        ("GET * status", "A fault's fields have the form NAME=VALUE, such as status=503, not 'status'."),
        ("GET * message='Not now", "A quotation mark in the fault is not closed."),
        ("GET *", "A fault needs an effect"),
    ],
)
def test_words_that_are_no_fault_are_refused(text: str, message: str) -> None:
    """Words that make no fault are a ValueError that says what is wrong."""
    with pytest.raises(ValueError, match=re.escape(message)):
        Fault.read(text)
