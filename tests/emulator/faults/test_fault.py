"""Faults and the routes that manage them."""

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


async def test_status_applies_to_count_requests(emulator: Emulator, api: Api) -> None:
    """The next `count` requests get the status, headers and message; the one after them works."""
    emulator.fault(
        "GET */connections", status=429, count=2, headers={"Retry-After": "3"}, message="Slow down."
    )
    for _ in range(2):
        response = await api.get("/connections")
        assert (response.status, response.messages, response.headers["Retry-After"]) == (
            429,
            ["Slow down."],
            "3",
        )
    assert (await api.get("/connections")).status == 200


async def test_other_routes_are_not_affected(emulator: Emulator, api: Api) -> None:
    """A fault applies only to its own method and path."""
    emulator.fault("GET */connections/*", status=500)
    assert (await api.get("/connections")).status == 200
    assert (await api.delete("/connections/a")).status == 404
    assert (await api.get("/connections/a")).status == 500


async def test_login_error_has_the_documented_message(emulator: Emulator, api: Api, vector: Vector) -> None:
    """A 505 has the reference's explanation, and nothing is created."""
    emulator.fault("POST */connections", status=505)
    response = await api.post("/connections", vector("connections/create-redshift.request"))
    assert response.status == 505
    assert response.messages[0].startswith("The request failed to connect to the warehouse account.")
    assert (await api.get("/connections")).document == []


@pytest.mark.parametrize(("when", "applied"), [("drop", False), ("apply_then_drop", True)])
async def test_connection_is_dropped_before_or_after(
    emulator: Emulator,
    api: Api,
    vector: Vector,
    when: str,
    applied: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """The connection is reset; the change is made only if it is reset after the request."""
    dropping: dict[str, Any] = {when: True}
    emulator.fault("POST */data-models", **dropping)
    with pytest.raises(aiohttp.ClientOSError, match="reset"):
        await api.post("/data-models", vector("data-models/create.request"))
    assert (await api.get("/data-models/example-data-model")).status == (200 if applied else 404)


async def test_fault_without_count_lasts_until_cleared(emulator: Emulator, api: Api) -> None:
    """A fault without a count applies until faults are cleared."""
    emulator.fault("* /platform/*", status=503, count=None)
    assert [(await api.get("/connections")).status for _ in range(3)] == [503] * 3
    emulator.clear_faults()
    assert (await api.get("/connections")).status == 200


async def test_faults_apply_in_order(emulator: Emulator, api: Api) -> None:
    """Of two faults of a route the older applies first."""
    for status in (500, 502):
        emulator.fault("GET */connections", status=status)
    assert [(await api.get("/connections")).status for _ in range(3)] == [500, 502, 200]


async def test_delay_precedes_other_effects(
    emulator: Emulator, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delayed request is handled after the delay, with the fault's other effects."""
    delays: list[float] = []

    async def record(seconds: float) -> None:
        delays.append(seconds)

    monkeypatch.setattr(injector, "sleep", record)
    emulator.fault("GET */connections", delay=60)
    emulator.fault("GET */connections", delay=30, status=503)
    assert [(await api.get("/connections")).status for _ in range(3)] == [200, 503, 200]
    assert delays == [60, 30]


async def test_faults_are_managed_over_http(api: Api) -> None:
    """Faults can be added, listed and cleared over HTTP, on routes that faults do not affect."""
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
        "A fault's count must be a whole number from 1 to 1000000000, or null for every request, not 0.",
    ),
    (
        {"route": "GET *", "drop": True, "count": 1.5},
        "A fault's count must be a whole number from 1 to 1000000000, or null for every request, not 1.5.",
    ),
    (
        {"route": "GET *", "delay": -1},
        "A fault's delay must be a number of seconds from 0 to 1000000000, not -1.",
    ),
    (
        {"route": "GET *", "delay": "1"},
        "A fault's delay must be a number of seconds from 0 to 1000000000, not '1'.",
    ),
    (
        {"route": "GET *", "throttle": True},
        "A fault's throttle must be a number of seconds from 0 to 1000000000, not True.",
    ),
    (
        {"route": "GET *", "new_runs": -1},
        "A fault's new_runs must be a whole number from 0 to 10000, not -1.",
    ),
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
async def test_invalid_fault_is_rejected(api: Api, fault: Document, message: str) -> None:
    """An invalid fault is rejected and not activated, with the same message over HTTP and in Python."""
    response = await api.post("/_emulator/faults", fault)
    assert (response.status, response.messages) == (400, [message])
    assert (await api.get("/_emulator/faults")).document == []
    with pytest.raises((TypeError, ValueError)) as caught:
        Fault(**fault)
    assert str(caught.value) == message


async def test_fault_without_route_is_rejected(api: Api) -> None:
    """A body without a route is told what a route is, not a Python signature."""
    response = await api.post("/_emulator/faults", {"status": 503})
    assert response.status == 400
    assert response.messages[0].startswith(
        "A fault's route must be a method and a path, such as `GET /platform/*`, not "
    )


@pytest.mark.parametrize("seconds", [float("nan"), float("inf")])
def test_fault_seconds_must_be_finite(seconds: float) -> None:
    """Seconds that are NaN or infinite are rejected."""
    for name in ("delay", "throttle", "hide_report"):
        with pytest.raises(ValueError, match=f"A fault's {name} must be a number of seconds"):
            Fault(route="GET *", **{name: seconds})  # type: ignore[arg-type]  # one of the fields


def test_fault_can_be_copied_and_pickled() -> None:
    """A fault can be copied and pickled."""
    fault = Fault(route="GET *", drop=True)
    assert copy.deepcopy(fault) == fault
    assert pickle.loads(pickle.dumps(fault)) == fault  # noqa: S301 - our own


def test_fault_is_read_from_the_command_line() -> None:
    """A route and NAME=VALUE words are a fault; quotes keep a message together."""
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
def test_invalid_fault_text_is_rejected(text: str, message: str) -> None:
    """Text that is not a fault is a ValueError that says what is wrong."""
    with pytest.raises(ValueError, match=re.escape(message)):
        Fault.read(text)
