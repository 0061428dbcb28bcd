"""Property-based tests: any content is loaded or reported."""

import json
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse_sync import PipelineSpec, Schedule, SyncMode
from warehouse_sync.declarative import Problem, lint_files, read
from warehouse_sync.declarative.files.fields import CONFIGS, KINDS, fields_of

FIELDS = [
    field.name.rstrip("_")
    for cls in (*(kind.spec for kind in KINDS), *CONFIGS.values(), SyncMode, Schedule)
    for field in attrs.fields(cls)
]
KEYS = st.sampled_from(
    sorted({*FIELDS, "kind", "lint", "ignore", "sql_file", "service_provider", "nonsense", ""})
)
DATES = ["2026-01-01", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"]
WORDS = st.sampled_from(
    [
        "pipeline",
        "connection",
        "data_model",
        "Snowflake",
        "active",
        "events",
        "interval",
        "env:A",
        "a.sql",
        "a/b",
        *DATES,
    ]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)
RUNS = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])

PIPELINE: dict[str, Any] = {
    "id": "p",
    "name": "P",
    "pipeline_type": "user_attributes",
    "connection_id": "c",
    "data_model_id": "m",
    "state": "active",
    "sync_mode": {"type": "full"},
    "schedule": {"type": "once"},
    "environment": "production",
}


def problems_of(name: str, content: bytes) -> list[Problem]:
    """Return the problems of a file."""
    with TemporaryDirectory() as folder:
        Path(folder, name).write_bytes(content)
        return read(Path(folder))[1]


@RUNS
@given(
    st.dictionaries(
        st.sampled_from(["connections", "data_models", "pipelines", "kind", "x"]), VALUES, max_size=3
    )
)
def test_any_document_is_loaded_or_reported(document: dict[str, Any]) -> None:
    """Any JSON with known keys is loaded, or reported with locations."""
    assert all(problem.location.line >= 1 for problem in problems_of("a.json", json.dumps(document).encode()))


@RUNS
@given(st.sampled_from([kind.name for kind in KINDS]), st.dictionaries(KEYS, VALUES))
def test_any_resource_is_loaded_or_reported(kind: str, fields: dict[str, Any]) -> None:
    """Any fields of a resource are loaded or reported, without secrets."""
    problems = problems_of("a.json", json.dumps({**fields, "kind": kind, "password": "canary-9"}).encode())
    assert problems
    assert not [problem for problem in problems if "canary-9" in str(problem)]


@RUNS
@given(st.text("abc: -[]{}&*!|>'\"#%@`,?\n\t01nosy.\\\x00\x85\ufeff"))
def test_any_text_is_loaded_or_reported(text: str) -> None:
    """Any text in a YAML file is loaded or reported."""
    problems_of("a.yaml", text.encode())


@RUNS
@given(st.binary(max_size=60))
def test_any_bytes_are_loaded_or_reported(content: bytes) -> None:
    """Any bytes are loaded or reported, as YAML and as JSON."""
    problems_of("a.yaml", content)
    problems_of("a.json", content)


@pytest.mark.parametrize(
    "name", [field.name for field in attrs.fields(PipelineSpec) if field.default is attrs.NOTHING]
)
def test_missing_required_field_is_reported(name: str) -> None:
    """Each required field of a pipeline is reported if it is missing."""
    fields = dict(PIPELINE)
    assert problems_of("a.json", json.dumps({"kind": "pipeline", **fields}).encode()) == []
    del fields[name]
    problems = problems_of("a.json", json.dumps({"kind": "pipeline", **fields}).encode())
    assert [problem.message for problem in problems] == ["is required"]


_PIECES = """
    SELECT FROM WHERE ( ) , * a.b.c x AS JOIN ON IN WITH UNION DELETE DROP CREATE TABLE ; -- /* */ ' " ` 1 = CASE END
    VALUES INSERT INTO CALL $ @ { } [ ] :: LIMIT ORDER BY ( ( SELECT
"""


@RUNS
@given(
    st.sampled_from(list(CONFIGS)),
    st.lists(st.sampled_from(_PIECES.split()) | st.text(max_size=3), max_size=14),
)
def test_any_query_is_linted(provider: str, words: list[str]) -> None:
    """Linting any query in any dialect returns findings."""
    config = {field.name: "env:A" if field.secret else "x" for field in fields_of(CONFIGS[provider])}
    document = {
        "connections": [{"id": "c", "name": "C", "service_provider": provider, "config": config}],
        "data_models": [{"id": "m", "name": "M", "sql_query": " ".join(["SELECT", *words])}],
        "pipelines": [PIPELINE],
    }
    with TemporaryDirectory() as folder:
        Path(folder, "a.json").write_text(json.dumps(document))
        findings = lint_files(Path(folder), now=datetime(2026, 1, 1, tzinfo=UTC))
    assert "WS001" not in [finding.rule.code for finding in findings]
