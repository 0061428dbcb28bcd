"""`client.data_models` of `AsyncClient` and `Client`."""

from typing import Any

import attrs
import pytest

from warehouse_sync import DataModel, DataModelSpec, NotFoundError, ValidationError

SPEC = DataModelSpec(
    id="customers",
    name="Customers",
    state="active",
    sql_query="SELECT email, updated_at FROM a.b.c",
)


async def test_data_model_create_get_list_update_and_delete(client: Any) -> None:
    """A data model can be created, read, listed, updated and deleted."""
    created = await client.data_models.create(SPEC)
    assert isinstance(created, DataModel)
    assert (created.id, created.sql_query, created.status) == ("customers", SPEC.sql_query, "valid")
    assert await client.data_models.get("customers") == created
    assert await client.data_models.list() == [created]
    changed = await client.data_models.update(
        attrs.evolve(created.to_spec(), sql_query="SELECT mpid FROM a.b.c")
    )
    assert changed.sql_query == "SELECT mpid FROM a.b.c"
    assert await client.data_models.delete("customers") is None
    with pytest.raises(NotFoundError):
        await client.data_models.get("customers")


async def test_read_model_as_spec_raises_with_a_hint(client: Any) -> None:
    """A read model in place of a spec raises an error with a hint."""
    read = await client.data_models.create(SPEC)
    with pytest.raises(ValidationError, match=r"pass its \.to_spec\(\)"):
        await client.data_models.update(read)
    with pytest.raises(ValidationError, match="must be a DataModelSpec, not dict"):
        await client.data_models.create({"id": "customers"})
