"""`unittest.mock.create_autospec` of both clients."""

import inspect
from typing import Any
from unittest.mock import AsyncMock, create_autospec, patch

import pytest

import warehouse_sync
from warehouse_sync import AsyncClient, Client

RESOURCES = sorted(
    name
    for name in dir(AsyncClient)
    if not name.startswith("_") and hasattr(inspect.getattr_static(AsyncClient, name), "attrname")
)


async def test_methods_of_an_autospec_are_awaitable() -> None:
    """A resource of the mock has the methods of the resource, with their signatures."""
    client = create_autospec(AsyncClient, instance=True)
    client.pipelines.report.return_value = "report"
    assert await client.pipelines.report("orders") == "report"
    client.pipelines.report.assert_awaited_once_with("orders")
    with pytest.raises(TypeError, match="too many positional arguments"):
        client.pipelines.report("orders", 2)
    with pytest.raises(AttributeError, match="raport"):
        client.pipelines.raport("orders")
    client.runs.list.return_value.__aiter__.return_value = [1, 2]
    assert [run async for run in client.runs.list("orders")] == [1, 2]


def test_methods_of_a_blocking_autospec_block() -> None:
    """A mock of `Client` is not awaitable."""
    client = create_autospec(Client, instance=True)
    client.pipelines.report.return_value = "report"
    assert client.pipelines.report("orders") == "report"
    assert not isinstance(client.pipelines.report, AsyncMock)
    with pytest.raises(TypeError, match="pipeline_id"):
        client.pipelines.report()


@pytest.mark.parametrize("cls", [AsyncClient, Client])
def test_every_resource_has_its_methods(cls: type) -> None:
    """The mock knows every method of every resource, also of the resources of the v1 draft."""
    client, real = create_autospec(cls, instance=True), create(cls)
    assert {"connections", "ingest_v1", "pipelines", "runs"} <= set(RESOURCES)
    for name in RESOURCES:
        assert set(dir(getattr(real, name))) - {"__annotations__"} <= set(dir(getattr(client, name))), name
    assert client.ingest_v1.pipelines.status
    assert isinstance(client, cls)


def test_patched_class_returns_an_autospec() -> None:
    """`patch(..., autospec=True)` works for code that creates its own client."""
    with patch("warehouse_sync.Client", autospec=True) as mocked:
        mocked.return_value.connections.list.return_value = []
        assert warehouse_sync.Client(workspace_id=1).connections.list() == []


def test_resource_of_the_class_is_still_a_property() -> None:
    """Documentation tools see a documented property; an unknown attribute is an error."""
    attribute: Any = inspect.getattr_static(AsyncClient, "pipelines")
    assert getattr(AsyncClient, "pipelines") is attribute  # noqa: B009 - mypy knows only the value of an instance
    assert attribute.__doc__ == "The pipelines, their triggers and their reports."
    with pytest.raises(AttributeError):
        attribute.unknown  # noqa: B018 - the access is what is tested
    with pytest.raises(AttributeError):
        attribute._unknown  # noqa: B018 - the access is what is tested


def create(cls: Any) -> Any:
    """Return a client that sends nothing."""
    return cls(workspace_id=1, client_id="id", client_secret="secret")
