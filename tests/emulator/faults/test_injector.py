"""Effects of faults beyond a status: corrupted responses, expired tokens, shifted pages."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Api, Document, Vector
    from warehouse_sync.emulator import Emulator, VirtualClock

PIPELINES = "/inputs/data-pipelines"


async def test_throttling_has_documented_headers(emulator: Emulator, api: Api) -> None:
    """A throttled request is 429 with the documented headers and whole seconds to wait."""
    emulator.fault("GET */connections", throttle=1.5)
    response = await api.get("/connections")
    assert (response.status, response.headers["Retry-After"]) == (429, "2")
    assert response.headers["X-mp-rate-limit-exceeded"] == "workspace"
    assert "X-mp-rate-limit-percentage-used" not in response.headers
    emulator.fault("GET */connections", throttle=1, headers={"X-mp-rate-limit-exceeded": "org"})
    assert (await api.get("/connections")).headers["X-mp-rate-limit-exceeded"] == "org"
    assert (await api.get("/connections")).status == 200


async def test_junk_is_a_success_response(emulator: Emulator, api: Api) -> None:
    """Junk has status 200 and an HTML page, or the given text."""
    emulator.fault("GET */connections", junk=True)
    emulator.fault("GET */connections", junk="[" * 9)
    url, headers = f"{api.url}{api.base}/connections", {"Authorization": f"Bearer {api.token}"}
    texts = []
    for _ in range(2):
        async with api.session.get(url, headers=headers) as response:
            assert response.status == 200
            texts.append(await response.text())
    assert texts[0].startswith("<!doctype html>")
    assert texts[1] == "[" * 9


async def test_truncated_response_follows_the_change(
    emulator: Emulator, api: Api, vector: Vector, caplog: pytest.LogCaptureFixture
) -> None:
    """The head announces the whole body, half of it is sent, and the change is made."""
    emulator.fault("POST */data-models", truncate=True)
    with pytest.raises(aiohttp.ClientPayloadError):
        await api.post("/data-models", vector("data-models/create.request"))
    assert (await api.get("/data-models/example-data-model")).status == 200
    assert not caplog.records


async def test_token_expires_once(emulator: Emulator, api: Api) -> None:
    """The request's token is rejected from then on; a new one works."""
    emulator.fault("GET */connections", expire_token=True)
    for _ in range(2):
        response = await api.get("/connections")
        assert (response.status, response.messages) == (401, ["The access token has expired."])
    await api.sign_in()
    assert (await api.get("/connections")).status == 200


async def test_report_is_hidden_after_a_create(
    emulator: Emulator, stocked: Api, pipeline: Document, clock: VirtualClock
) -> None:
    """The new pipeline exists at once, its report only after the given time."""
    emulator.fault(f"POST *{PIPELINES}", hide_report=60, count=None)
    assert (await stocked.post(PIPELINES, pipeline)).status == 200
    assert (await stocked.get(f"{PIPELINES}/example-pipeline")).status == 200
    statuses = []
    for _ in range(3):
        statuses.append((await stocked.get(f"{PIPELINES}/example-pipeline/report")).status)
        clock.advance(timedelta(seconds=30))
    assert statuses == [404, 404, 200]
    assert (await stocked.post(PIPELINES, pipeline)).status == 409


async def test_unknown_values_and_fields_are_added(emulator: Emulator, api: Api) -> None:
    """Every enumerated field has an undocumented value and every object one more field; ids stay."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=2)
    emulator.fault("GET */runs", unknown=True)
    page = (await api.get(f"{PIPELINES}/{pipeline_id}/runs")).document
    assert {run["status"] for run in page["items"]} == {run["type"] for run in page["items"]}
    assert page["items"][0]["status"] == "unknown_value"
    assert page.keys() & page["items"][0].keys() == {"unknown_field"}
    assert [run["id"] for run in page["items"]] == [2, 1]


async def test_pages_shift_while_they_are_read(emulator: Emulator, api: Api) -> None:
    """Runs added between two requests move the others to later pages."""
    [pipeline_id] = emulator.seed(pipelines=1, runs=4)
    pages: list[list[int]] = []
    for number in (1, 2):
        response = await api.get(f"{PIPELINES}/{pipeline_id}/runs?pageSize=2&currentPage={number}")
        pages.append([run["id"] for run in response.document["items"]])
        emulator.fault("GET */runs", new_runs=1)
    assert pages == [[4, 3], [3, 2]]
    assert (await api.get(f"{PIPELINES}/{pipeline_id}/runs")).document["total_items"] == 6


@pytest.mark.parametrize(
    "effect", [{"new_runs": 1}, {"unknown": True}, {"hide_report": 1}, {"truncate": True}]
)
async def test_failing_request_keeps_its_error(emulator: Emulator, api: Api, effect: dict[str, Any]) -> None:
    """A request that fails anyway keeps its error."""
    emulator.fault("* *", **effect)
    assert (await api.get(f"{PIPELINES}/nowhere/runs")).status == 404


async def test_redirect_has_its_location(emulator: Emulator, api: Api) -> None:
    """A redirect can be injected with its location."""
    emulator.fault("GET */connections", status=307, headers={"Location": "/elsewhere"})
    url = f"{api.url}{api.base}/connections"
    async with api.session.get(url, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (307, "/elsewhere")
