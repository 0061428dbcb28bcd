"""Field transformations in files: loaded and checked, and never sent."""

import json
from pathlib import Path

import pytest

from tests.declarative.event_pipeline import write
from warehouse_sync import FieldMapping, FieldTransformation
from warehouse_sync.declarative import (
    Snapshot,
    State,
    json_schema,
    load,
    make_plan,
    read,
    render_plan,
)


def test_transformation_is_loaded_beside_the_resources(tmp_path: Path) -> None:
    """A document with its `kind` becomes a model; the resources to send do not include it."""
    write(tmp_path)
    declarations = load(tmp_path)
    [declared] = declarations.field_transformations
    assert declared.spec == FieldTransformation(
        id="screens",
        name="Screens",
        mappings=[
            FieldMapping(mapping_type="column", source="eventid", destination="event_id"),
            FieldMapping(mapping_type="static", destination="event_type", value="screen_view"),
            FieldMapping(mapping_type="ignore", source="note"),
        ],
    )
    assert [each.kind.name for each in declarations.resources] == ["connection", "data_model", "pipeline"]


def test_documented_json_needs_only_its_kind(tmp_path: Path) -> None:
    """The JSON of mParticle's page is a document once it has a `kind`; a section takes it as it is."""
    mapping = {"mapping_type": "column", "source": "a", "destination": "event_id", "value": None}
    document = {"id": "t", "name": "T", "destination_type": "event_batch", "mappings": [mapping]}
    for content in ({"kind": "field_transformation", **document}, {"field_transformations": [document]}):
        (tmp_path / "all.json").write_text(json.dumps(content))
        [declared] = load(tmp_path).field_transformations
        assert declared.spec == FieldTransformation.from_dict(document)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (", destination: event_id", "", "6:5: field_transformation screens.mappings[0].destination: is required"),
        ("event_batch", "users", "4:19: field_transformation screens.destination_type: must be event_batch, not 'users'"),
        ("column", "columns", "6:20: field_transformation screens.mappings[0].mapping_type: must be one of column, static, ignore; did you mean column?"),
        ("source: note", "sauce: note", "9:5: field_transformation screens.mappings[2].sauce: is not a known field; did you mean source?"),
        ("screen_view", "5", "7:60: field_transformation screens.mappings[1].value: must be a string"),
        ("source: note", "source: EVENTID", "9:13: field_transformation screens.mappings[2].source: is also the source of mappings[0]"),
    ],
)  # fmt: skip
def test_mistake_is_reported_at_its_line(old: str, new: str, expected: str, tmp_path: Path) -> None:
    """A mistake in a mapping has its file, line and path."""
    write(tmp_path, (old, new))
    _, problems = read(tmp_path)
    assert any(f"transformation.yaml:{expected}" in str(each) for each in problems), list(map(str, problems))


def test_mappings_must_be_a_list(tmp_path: Path) -> None:
    """A mapping in place of the list of mappings is reported with its fix."""
    (tmp_path / "all.yaml").write_text("{kind: field_transformation, id: t, name: T, mappings: {source: a}}")
    _, [problem] = read(tmp_path)
    assert "must be a list: start each item with a dash" in str(problem)


def test_schema_describes_the_mappings() -> None:
    """The JSON Schema has the fields of a mapping and its types."""
    mappings = json_schema()["$defs"]["field_transformation"]["properties"]["mappings"]
    assert mappings["items"]["properties"]["mapping_type"]["anyOf"][0]["enum"] == [
        "column",
        "static",
        "ignore",
    ]
    assert mappings["items"]["required"] == ["mapping_type"]


def test_plan_says_that_it_is_not_sent(tmp_path: Path) -> None:
    """A plan changes nothing for a transformation, and says why."""
    write(tmp_path)
    plan = make_plan(load(tmp_path), Snapshot(models={}), State(), environ={})
    assert {change.kind.name for change in plan.changes} == {"connection", "data_model", "pipeline"}
    text = "\n".join(render_plan(plan))
    assert "Not sent: the field transformation screens, because mParticle documents no routes for it." in text
