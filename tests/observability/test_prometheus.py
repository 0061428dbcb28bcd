"""Metrics of clients for Prometheus."""

import pytest
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest

from tests.support.kinds import CONNECTION, READ
from tests.support.peer import TOKEN, Peer, hang_up, reply
from warehouse_sync import AsyncClient, ForbiddenError, RetryPolicy
from warehouse_sync.emulator import Emulator
from warehouse_sync.events import ResponseRecovered, RunEnded
from warehouse_sync.observability.prometheus import PrometheusListener

TEMPLATE = "/platform/v2/workspaces/{workspace_id}/connections/{connection_id}"
FAST = RetryPolicy(base_delay=0.0, throttled_base_delay=0.0)


@pytest.fixture
def registry() -> CollectorRegistry:
    """A registry of this test."""
    return CollectorRegistry()


async def test_requests_and_operations_are_counted(registry: CollectorRegistry, peer: Peer) -> None:
    """Each attempt, retry, error and token has its series."""
    peer.serve(READ.route, hang_up(), reply(503), reply(403, {"message": "no"}))
    async with AsyncClient(**peer.options(listeners=[PrometheusListener(registry)], retry=FAST)) as client:
        with pytest.raises(ForbiddenError):
            await client.connections.get("c1")

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"warehouse_sync_{name}", labels)

    for status in ("ReadError", "503", "403"):
        labels = {"method": "GET", "url_template": TEMPLATE, "status": status}
        assert value("request_duration_seconds_count", **labels) == 1
    assert value("operation_duration_seconds_count", operation="connections.get") == 1
    assert value("operation_errors_total", operation="connections.get", error_type="ForbiddenError") == 1
    for reason in ("ReadError", "ServerError"):
        assert value("retries_total", operation="connections.get", reason=reason) == 1
    assert value("tokens_fetched_total", source="endpoint") == 1


async def test_runs_are_counted_without_ids(registry: CollectorRegistry) -> None:
    """A wait counts its run by status, and its records; no label has the id of a pipeline."""
    async with Emulator() as emulator:
        [pipeline_id] = emulator.seed(pipelines=1)
        options = emulator.client_options()
        async with AsyncClient(**options, listeners=[PrometheusListener(registry)]) as client:
            run = await client.pipelines.trigger_and_wait(pipeline_id)
    assert registry.get_sample_value("warehouse_sync_runs_ended_total", {"status": "success"}) == 1
    loaded = registry.get_sample_value("warehouse_sync_run_records_total", {"outcome": "successful"})
    assert loaded == run.successful_records
    assert pipeline_id not in generate_latest(registry).decode()


@pytest.mark.parametrize(("status", "label"), [("failed", "failed"), ("exploded-4711", "other")])
def test_unknown_status_has_one_label(registry: CollectorRegistry, status: str, label: str) -> None:
    """Labels do not grow with what a server sends."""
    ended = RunEnded(
        workspace_id=1,
        pipeline_id="p1",
        run_id=7,
        status=status,
        seconds=None,
        successful_records=-1,
        failed_records=None,
    )
    PrometheusListener(registry)(ended)
    assert registry.get_sample_value("warehouse_sync_runs_ended_total", {"status": label}) == 1
    assert registry.get_sample_value("warehouse_sync_run_records_total", {"outcome": "successful"}) == 0


def test_listeners_of_a_registry_share_its_metrics(registry: CollectorRegistry) -> None:
    """Each client can have a listener of its own, also with the global registry."""
    for listener in (PrometheusListener(registry), PrometheusListener(registry)):
        listener(ResponseRecovered(operation="pipelines.create"))
    labels = {"operation": "pipelines.create"}
    assert registry.get_sample_value("warehouse_sync_responses_recovered_total", labels) == 2
    before = REGISTRY.get_sample_value("warehouse_sync_responses_recovered_total", labels) or 0
    for listener in (PrometheusListener(), PrometheusListener()):
        listener(ResponseRecovered(operation="pipelines.create"))
    assert REGISTRY.get_sample_value("warehouse_sync_responses_recovered_total", labels) == before + 2


async def test_no_secret_is_a_label(registry: CollectorRegistry, peer: Peer) -> None:
    """Not even if the server sends it back."""
    peer.serve(TOKEN, reply(200, {"access_token": "canary-token", "expires_in": 900}))
    peer.serve(READ.route, reply(200, CONNECTION, X_Request_Id="canary-token"))
    options = peer.options(listeners=[PrometheusListener(registry)], headers={"X-Key": "canary-header"})
    options["client_secret"] = "canary-secret"
    async with AsyncClient(**options) as client:
        await client.connections.get("c1")
    text = generate_latest(registry).decode()
    assert "canary" not in text
    assert TEMPLATE in text
