"""The JSON names of fields."""

from warehouse_sync.models import Connection, SyncMode, TriggeredRun
from warehouse_sync.wire.names import json_names


def test_json_names_are_those_of_the_fields_but_for_a_few() -> None:
    """A Python keyword has an underscore, the API names the run of a trigger differently, and `extra` has no name."""
    assert json_names(SyncMode)["from_"] == "from"
    assert json_names(TriggeredRun)["run_id"] == "pipeline_run_id"
    assert json_names(Connection)["id"] == "id"
    assert "extra" not in json_names(Connection)
