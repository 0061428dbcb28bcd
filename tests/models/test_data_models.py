"""Validation of data models."""

import pytest

from warehouse_sync.models import DataModel, DataModelSpec, DataModelStatus, ResourceState

SQL = "SELECT email FROM db.schema.users"


def test_complete_data_model_is_valid() -> None:
    """A data model requires an id, a name and a query, and the default state is active."""
    spec = DataModelSpec(id="m", name="M", sql_query=SQL)
    assert not list(spec.problems())
    assert spec.state is ResourceState.ACTIVE


def test_all_invalid_fields_are_reported() -> None:
    """All invalid fields are reported, in the order of the fields."""
    spec = DataModelSpec(id="", name=None, state="old", sql_query=" ", extra={b"k": 1})  # type: ignore[arg-type, dict-item]  # wrong on purpose
    assert list(spec.problems()) == [
        ("id", "'' is not an id: use ASCII letters, digits, '_' and '-' only, at least one"),
        ("name", "is required"),
        ("state", "must be one of new, active, inactive, not 'old'"),
        ("sql_query", "must not be empty"),
        ("extra", "keys must be strings, not bytes"),
    ]


@pytest.mark.parametrize("extra", [{}, {"tags": ["a"], "config": {"dialect": "x"}}])
def test_data_model_to_spec_keeps_the_users_fields(extra: dict[str, object]) -> None:
    """`to_spec` keeps the fields that the user sets."""
    model = DataModel(
        id="m",
        name="M",
        state=ResourceState.INACTIVE,
        sql_query=SQL,
        status=DataModelStatus.VALID,
        extra=extra,
    )
    assert model.to_spec() == DataModelSpec(id="m", name="M", state="inactive", sql_query=SQL, extra=extra)
