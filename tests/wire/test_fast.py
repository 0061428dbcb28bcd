"""The fast and the lenient decoder return the same models."""

import json
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse_sync.errors import DecodeError
from warehouse_sync.models import Page, PipelineReport, Run
from warehouse_sync.wire import fast, lenient

Reader = Callable[[bytes], Any]

VECTORS = Path(__file__).parents[1] / "vectors"
READERS: dict[type[Any], tuple[Reader, Any]] = {
    cls: (read, json.loads((VECTORS / f"{name}.response.json").read_bytes()))
    for cls, read, name in (
        (Run, fast.run, "runs/get"),
        (PipelineReport, fast.report, "pipelines/report"),
        (Page, fast.page, "runs/list"),
    )
}
DATES = (
    "2023-10-25T18:11:57",
    "2023-10-25T:18:11:57Z",
    "2023-10-25T18:11:57.1234565Z",
    "2023-10-25T18:11:57.9999999+02:00",
    "2023-10-25T18:11:57.12345678901Z",
    "2023-10-25T18:11:57+00:00",
    "2023-10-25 18:11Z",
    "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59.9999999Z",
    "2023-02-30T00:00:00Z",
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(10**30), 10**30)
    | st.sampled_from(["", "251", " 7 ", "-3", "1.0", "brand_new", "SUCCESS", "queued", "\u0665", *DATES])
    | st.text(st.characters(codec="utf-8"), max_size=8)
    | st.datetimes(timezones=st.timezones() | st.none()).map(lambda moment: moment.isoformat())
)
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=1), inner),
    max_leaves=4,
)


def locations(value: Any) -> list[tuple[Any, Any]]:
    """Return every `(container, key)` of a document, at any depth."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in list(keys) for place in ((value, key), *locations(value[key]))]


@st.composite
def documents(draw: st.DrawFn, cls: type[Any]) -> bytes:
    """Derive a document from an example of the reference: replaced, removed or added fields, or another document."""
    holder = [json.loads(json.dumps(READERS[cls][1]))]
    for _ in range(draw(st.integers(0, 3))):
        container, key = draw(st.sampled_from(locations(holder)))
        action = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        if action == "remove" and isinstance(container, dict):
            del container[key]
        elif action == "add" and isinstance(container, dict):
            container[draw(st.sampled_from(["novelty", "extra", "Status", ""]))] = draw(junk)
        else:
            container[key] = draw(junk)
    return json.dumps(holder[0], ensure_ascii=draw(st.booleans())).encode()


def outcome(read: Reader, body: bytes) -> Any:
    """Return the result of `read`: the value with the classes in its text, or the class of its exception."""
    try:
        value = read(body)
        return value, repr(value)
    except DecodeError as error:
        return type(error)


@pytest.mark.parametrize("cls", READERS)
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_both_decoders_return_the_same_model(cls: type[Any], data: st.DataObject) -> None:
    """For any variation of a documented response, both decoders return the same model or raise the same error."""
    body = data.draw(documents(cls))
    assert outcome(READERS[cls][0], body) == outcome(lambda body: lenient.decode(body, cls), body)


@pytest.mark.parametrize("date", DATES)
@pytest.mark.parametrize("field", ["logical_date", "started_on", "ended_on", "range_start", "range_end"])
def test_both_decoders_return_the_same_date(field: str, date: str) -> None:
    """Each date of a run, in each unusual form, is the same instant in UTC in both decoders."""
    body = json.dumps({**READERS[Run][1], field: date}).encode()
    assert outcome(fast.run, body) == outcome(lambda body: lenient.decode(body, Run), body)


def test_date_in_another_time_zone_is_converted_to_utc() -> None:
    """A date in another time zone is converted to UTC anywhere in the response."""
    odd = {**READERS[Run][1], "ended_on": "2023-10-25T20:11:57+02:00"}
    page = fast.page(json.dumps({"items": [READERS[Run][1], odd], "has_next_page": False}).encode())
    report = fast.report(
        json.dumps({"pipeline_id": "p", "status": "idle", "latest_pipeline_run": odd}).encode()
    )
    latest = report.latest_pipeline_run
    assert latest is not None
    for run in (fast.run(json.dumps(odd).encode()), page.items[1], latest):
        assert str(run.ended_on) == "2023-10-25 18:11:57+00:00"


def test_report_without_a_run_is_decoded() -> None:
    """The report of a pipeline has no run before its first one."""
    report = fast.report(b'{"pipeline_id": "p", "status": "idle", "latest_pipeline_run": null}')
    assert report == PipelineReport(pipeline_id="p", status=report.status)
    assert report.status == "idle"


def test_common_response_is_decoded_by_the_fast_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """A response as the API usually sends it never uses the lenient decoder."""
    monkeypatch.setattr(fast, "lenient", None)
    for read, document in READERS.values():
        assert read(json.dumps(document).encode())
    assert fast.run(b'{"id": 1, "pipeline_id": "p", "status": "brand_new"}').status == "brand_new"
    assert fast.page(b'{"items": [], "has_next_page": true}').has_next_page


@pytest.mark.parametrize("cls", READERS)
@given(body=st.binary())
def test_any_bytes_are_a_model_or_a_decode_error(cls: type[Any], body: bytes) -> None:
    """No bytes raise anything but a `DecodeError`."""
    outcome(READERS[cls][0], body)


RUN = b'{"id": 1, "pipeline_id": "p", "status": "success"'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"<html><body>502</body></html>",
        b"\xef\xbb\xbf" + RUN + b"}",
        RUN,
        RUN + b"} trailing",
        RUN + b', "x": NaN}',
        RUN + b", \"x\": 'single'}",
        RUN + b', "x": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}",
    ],
)
@pytest.mark.parametrize("cls", READERS)
def test_body_that_is_not_the_document_is_a_decode_error(cls: type[Any], body: bytes) -> None:
    """Bodies that servers and proxies send in place of the document raise a `DecodeError` in every decoder."""
    assert outcome(READERS[cls][0], body) is DecodeError
    assert outcome(lambda body: lenient.decode(body, cls), body) is DecodeError


@pytest.mark.parametrize(
    "field",
    [
        b'"failed_records": Infinity',
        b'"failed_records": 1e999',
        b'"failed_records": ' + b"9" * 10_000,
        b'"type": "\xff"',
        b'"type": "\\ud800"',
        b'"status": null',
    ],
)
def test_invalid_known_field_is_a_decode_error(field: bytes) -> None:
    """A value that is not JSON or UTF-8, and a null in a required field, raise a `DecodeError` in both decoders."""
    body = RUN + b", " + field + b"}"
    assert outcome(fast.run, body) is DecodeError
    assert outcome(lambda body: lenient.decode(body, Run), body) is DecodeError


def test_last_of_duplicate_keys_is_used() -> None:
    """A duplicate key has its last value in both decoders."""
    body = b'{"id": "x", "id": 2, "pipeline_id": "p", "status": "failed", "status": "success"}'
    assert fast.run(body) == lenient.decode(body, Run)
    assert (fast.run(body).id, fast.run(body).status) == (2, "success")


@pytest.mark.parametrize("dates", [{}, {"logical_date": None}, {"started_on": None}])
@pytest.mark.parametrize("zone", ["Z", "+02:00"])
def test_dates_in_any_time_zone_are_converted_to_utc(dates: dict[str, None], zone: str) -> None:
    """All dates of a run are in UTC, also if some are missing."""
    document = {"id": 1, "pipeline_id": "p", "status": "running", **dates}
    for field in ("logical_date", "started_on", "ended_on", "range_start", "range_end"):
        document.setdefault(field, f"2023-10-25T18:11:57{zone}")
    run = fast.run(json.dumps(document).encode())
    read = [run.logical_date, run.started_on, run.ended_on, run.range_start, run.range_end]
    assert [date.tzinfo for date in read if date is not None] == [UTC] * (5 - len(dates))
