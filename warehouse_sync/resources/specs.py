"""Validation and encoding of the specs that are sent."""

from typing import TypeVar

from warehouse_sync.errors import ValidationError
from warehouse_sync.models import ConnectionSpec, DataModelSpec, FeedSpec, PipelineSpec
from warehouse_sync.models.common import MASKED
from warehouse_sync.numeric import shorten
from warehouse_sync.wire import encode, json_codec

SpecT = TypeVar("SpecT", ConnectionSpec, DataModelSpec, PipelineSpec, FeedSpec)


def to_body(
    spec: SpecT | None, cls: type[SpecT], *, noun: str, identifier: str, was_read: bool = False
) -> bytes:
    """Return the JSON of a valid spec.

    Args:
        spec: The spec; anything that is not an instance of `cls` is refused.
        cls: The class that it must have.
        noun: The kind of resource in error messages.
        identifier: The field that identifies the spec in error messages.
        was_read: Whether the API sent the fields. Of these, only masked secrets are refused.

    Raises:
        ValidationError: The spec is invalid. Its traceback holds no frame with the secrets of the spec.
    """
    valid = _validated(spec, cls, noun, identifier, was_read=was_read)
    body, problem = _encode(valid)
    if problem:
        label = f"{noun} {shorten(getattr(valid, identifier))}"
        raise ValidationError(label, [("extra", f"contains a value that is not JSON ({problem})")])
    return body


def _validated(spec: SpecT | None, cls: type[SpecT], noun: str, identifier: str, *, was_read: bool) -> SpecT:
    if not isinstance(spec, cls):
        hint = "; pass its .to_spec()" if hasattr(spec, "to_spec") else ""
        raise ValidationError(
            f"the {noun}", [("spec", f"must be a {cls.__name__}, not {type(spec).__name__}{hint}")]
        )
    try:
        problems = [problem for problem in spec.problems() if not was_read or problem[1] == MASKED]
    except RecursionError:
        problems = [("extra", "is nested too deeply to be sent as JSON")]
    if problems:
        raise ValidationError(f"{noun} {shorten(getattr(spec, identifier))}", problems)
    return spec


def _encode(spec: ConnectionSpec | DataModelSpec | PipelineSpec | FeedSpec) -> tuple[bytes, str]:
    """Return the JSON of a spec, or the problem. An error raised here would hold the secrets in its traceback."""
    try:
        return json_codec.encode(encode.spec(spec)), ""
    except (TypeError, ValueError, RecursionError) as error:
        return b"", type(error).__name__
