"""Files of an event pipeline with its field transformation."""

from pathlib import Path

FILES = """
connections:
  - id: warehouse
    name: Warehouse
    service_provider: Databricks
    config: {provider: organization, schema: analytics}
data_models:
  - id: screens
    name: Screens
    sql_query: SELECT eventId, eventType, customer_id, note, updated_at FROM a.b.screens
pipelines:
  - id: screens
    name: Screens
    pipeline_type: events
    connection_id: warehouse
    data_model_id: screens
    field_transformation_id: screens
    state: active
    sync_mode: {type: incremental, iterator_field: updated_at, iterator_data_type: timestamp}
    schedule: {type: on_demand}
    environment: development
"""
TRANSFORMATION = """\
kind: field_transformation
id: screens
name: Screens
destination_type: event_batch
mappings:
  - {mapping_type: column, source: eventid, destination: event_id}
  - {mapping_type: static, destination: event_type, value: screen_view, source: null}
  - mapping_type: ignore
    source: note
"""


def write(folder: Path, *replaced: tuple[str, str], files: str = FILES) -> None:
    """Write the files of a pipeline and of its transformation, with some text replaced."""
    text = TRANSFORMATION
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    (folder / "all.yaml").write_text(files)
    (folder / "transformation.yaml").write_text(text)
