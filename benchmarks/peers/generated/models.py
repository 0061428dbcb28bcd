"""Pydantic models with the `from_dict` of generated code: each level is built by hand, then validated again."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt, StrictStr


class RunStatus(StrEnum):
    """Status of a run."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    STOPPED = "stopped"
    RETRYING = "retrying"


class GeneratedModel(BaseModel):
    """The configuration every generated model carries."""

    model_config = ConfigDict(populate_by_name=True, validate_assignment=True, protected_namespaces=())

    @classmethod
    def from_dict(cls, obj: dict[str, Any] | None) -> Self | None:
        """Build the model from parsed JSON."""
        return None if obj is None else cls.model_validate(cls.fields_of(obj))

    @classmethod
    def fields_of(cls, obj: dict[str, Any]) -> dict[str, Any]:
        """Return the model's fields with nested models built."""
        return {name: obj.get(name) for name in cls.model_fields}


class ErrorMessage(GeneratedModel):
    """An entry of an `errors` list."""

    message: StrictStr


class PipelineRun(GeneratedModel):
    """A pipeline run."""

    id: StrictInt
    pipeline_id: StrictStr
    type: StrictStr
    status: RunStatus
    errors: list[ErrorMessage] | None = None
    logical_date: datetime | None = None
    started_on: datetime | None = None
    ended_on: datetime | None = None
    range_start: datetime | None = None
    range_end: datetime | None = None
    successful_records: StrictInt | None = None
    failed_records: StrictInt | None = None

    @classmethod
    def fields_of(cls, obj: dict[str, Any]) -> dict[str, Any]:
        """Return the run's fields with its errors built."""
        return {**super().fields_of(obj), "errors": _messages(obj, "errors")}


class PipelineReport(GeneratedModel):
    """A pipeline report."""

    pipeline_id: StrictStr
    status: StrictStr
    errors: list[ErrorMessage] | None = None
    connection_status: StrictStr | None = None
    connection_errors: list[ErrorMessage] | None = None
    data_model_status: StrictStr | None = None
    data_model_errors: list[ErrorMessage] | None = None
    latest_successful_pipeline_run_id: StrictInt | None = None
    latest_pipeline_run: PipelineRun | None = None

    @classmethod
    def fields_of(cls, obj: dict[str, Any]) -> dict[str, Any]:
        """Return the report's fields with its errors and latest run built."""
        return {
            **super().fields_of(obj),
            "errors": _messages(obj, "errors"),
            "connection_errors": _messages(obj, "connection_errors"),
            "data_model_errors": _messages(obj, "data_model_errors"),
            "latest_pipeline_run": PipelineRun.from_dict(obj.get("latest_pipeline_run")),
        }


class PipelineRunPage(GeneratedModel):
    """A page of runs."""

    items: list[PipelineRun]
    current_page: StrictInt
    page_size: StrictInt
    total_pages: StrictInt
    total_items: StrictInt
    has_previous_page: StrictBool
    has_next_page: StrictBool

    @classmethod
    def fields_of(cls, obj: dict[str, Any]) -> dict[str, Any]:
        """Return the page's fields with its runs built."""
        return {**super().fields_of(obj), "items": [PipelineRun.from_dict(item) for item in obj["items"]]}


def _messages(obj: dict[str, Any], name: str) -> list[ErrorMessage | None] | None:
    entries = obj.get(name)
    return None if entries is None else [ErrorMessage.from_dict(entry) for entry in entries]
