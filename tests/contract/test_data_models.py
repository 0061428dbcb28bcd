"""`client.data_models`, as `AsyncClient` and `Client` both have it."""

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


async def test_data_model_lives_from_create_to_delete(client: Any) -> None:
    """A data model can be created, read, listed, changed and deleted."""
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


async def test_what_was_read_is_no_spec(client: Any) -> None:
    """Sending what was read, not its spec, is refused with the mend."""
    read = await client.data_models.create(SPEC)
    with pytest.raises(ValidationError, match=r"pass its \.to_spec\(\)"):
        await client.data_models.update(read)
    with pytest.raises(ValidationError, match="must be a DataModelSpec, not dict"):
        await client.data_models.create({"id": "customers"})
