"""What faults do beyond a status: answers that are spoiled, tokens that expire, pages that shift."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document, Vector
    from warehouse_sync.emulator import Emulator, VirtualClock

PIPELINES = "/inputs/data-pipelines"


async def test_throttling_carries_its_headers(emulator: Emulator, api: Api) -> None:
    """A throttled request answers 429 with the documented headers and how long to wait, in whole seconds."""
    emulator.fault("GET */connections", throttle=1.5)
    answer = await api.get("/connections")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "2")
    assert answer.headers["X-mp-rate-limit-exceeded"] == "true"
    assert answer.headers["X-mp-rate-limit-percentage-used"] == "100"
    assert (await api.get("/connections")).status == 200


async def test_junk_is_answered_with_success(emulator: Emulator, api: Api) -> None:
    """Junk comes with the status 200: a page of HTML, or whatever was asked for."""
    emulator.fault("GET */connections", junk=True)
    emulator.fault("GET */connections", junk="[" * 9)
    url, headers = f"{api.url}{api.base}/connections", {"Authorization": f"Bearer {api.token}"}
    texts = []
    for _ in range(2):
        async with api.session.get(url, headers=headers) as answer:
            assert answer.status == 200
            texts.append(await answer.text())
    assert texts[0].startswith("<!doctype html>")
    assert texts[1] == "[" * 9


async def test_answer_is_truncated_after_the_change(
    emulator: Emulator, api: Api, vector: Vector, caplog: pytest.LogCaptureFixture
) -> None:
    """The head announces the whole body, half of it comes, and the change was made."""
    emulator.fault("POST */data-models", truncate=True)
    with pytest.raises(aiohttp.ClientPayloadError):
        await api.post("/data-models", vector("data-models/create.request"))
    assert (await api.get("/data-models/example-data-model")).status == 200
    assert not caplog.records


async def test_token_expires_once(emulator: Emulator, api: Api) -> None:
    """The request's token is refused from then on; a new one works."""
    emulator.fault("GET */connections", expire_token=True)
    for _ in range(2):
        answer = await api.get("/connections")
        assert (answer.status, answer.messages) == (401, ["The access token has expired."])
    await api.sign_in()
    assert (await api.get("/connections")).status == 200


async def test_report_is_hidden_for_a_minute_after_a_create(
    emulator: Emulator, stocked: Api, pipeline: Document, clock: VirtualClock
) -> None:
    """The new pipeline is there at once, its report only when the time is over."""
    emulator.fault(f"POST *{PIPELINES}", hide_report=60, count=None)
    assert (await stocked.post(PIPELINES, pipeline)).status == 200
    assert (await stocked.get(f"{PIPELINES}/example-pipeline")).status == 200
    statuses = []
    for _ in range(3):
        statuses.append((await stocked.get(f"{PIPELINES}/example-pipeline/report")).status)
        clock.advance(timedelta(seconds=30))
    assert statuses == [404, 404, 200]
    assert (await stocked.post(PIPELINES, pipeline)).status == 409


async def test_unknown_values_and_fields_are_put_into_an_answer(emulator: Emulator, api: Api) -> None:
    """Every enumerated field has a value no document names and every object one more field; ids stay."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=2)
    emulator.fault("GET */runs", unknown=True)
    page = (await api.get(f"{PIPELINES}/{pipeline_id}/runs")).document
    assert {run["status"] for run in page["items"]} == {run["type"] for run in page["items"]}
    assert page["items"][0]["status"] == "value_of_tomorrow"
    assert page.keys() & page["items"][0].keys() == {"field_of_tomorrow"}
    assert [run["id"] for run in page["items"]] == [2, 1]


async def test_pages_shift_while_they_are_read(emulator: Emulator, api: Api) -> None:
    """Runs that happen between two requests push the others onto later pages."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=4)
    pages: list[list[int]] = []
    for number in (1, 2):
        answer = await api.get(f"{PIPELINES}/{pipeline_id}/runs?pageSize=2&currentPage={number}")
        pages.append([run["id"] for run in answer.document["items"]])
        emulator.fault("GET */runs", new_runs=1)
    assert pages == [[4, 3], [3, 2]]
    assert (await api.get(f"{PIPELINES}/{pipeline_id}/runs")).document["total_items"] == 6


@pytest.mark.parametrize(
    "effect", [{"new_runs": 1}, {"unknown": True}, {"hide_report": 1}, {"truncate": True}]
)
async def test_effect_on_a_failing_request_leaves_its_failure(
    emulator: Emulator, api: Api, effect: dict[str, Any]
) -> None:
    """A request that fails anyway fails as it would have."""
    emulator.fault("* *", **effect)
    assert (await api.get(f"{PIPELINES}/nowhere/runs")).status == 404


async def test_redirect_is_answered(emulator: Emulator, api: Api) -> None:
    """A redirect can be told to happen, with its place."""
    emulator.fault("GET */connections", status=307, headers={"Location": "/elsewhere"})
    url = f"{api.url}{api.base}/connections"
    async with api.session.get(url, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (307, "/elsewhere")
