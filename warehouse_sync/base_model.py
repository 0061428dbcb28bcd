"""Conversion of models to JSON documents and back, and their short forms.

It uses `wire` at the time of a call only, because `wire` imports the models.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

import attrs

from warehouse_sync.numeric import shorten

MAX_TEXT = 60  # characters of a value in a `repr`
MAX_ITEMS = 3  # items of a list in a `repr`
MAX_ROWS = 50  # rows of a table in a notebook


class BaseModel:
    """A model that can be converted to a JSON document and back.

    Its `repr` shortens long fields, and omits the empty ones of what was read.
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON document: the API's names, dates in ISO 8601, secrets masked."""
        from warehouse_sync.wire import documents  # noqa: PLC0415 - `wire` imports the models

        return documents.to_document(self, reveal_secrets=False)

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the document of `to_dict` as JSON text.

        Args:
            indent: The number of spaces per level; on one line by default.
        """
        import json  # noqa: PLC0415 - not needed to use the API

        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Build a model from a document, as `to_dict` returns it or as the API sends it.

        Raises:
            DecodeError: The document does not fit the model; the message names each wrong field, and no values.
        """
        from warehouse_sync.wire import documents  # noqa: PLC0415 - `wire` imports the models

        return documents.from_document(document, cls)

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={_short(value)}" for name, value in shown_fields(self).items())
        return f"{type(self).__name__}({fields})"

    def _repr_html_(self) -> str:
        rows = ((name, _cell(value)) for name, value in shown_fields(self).items())
        return _html_table(("field", "value"), rows, type(self).__name__)


class SentModel(BaseModel):
    """A model that is sent, so that its document can also show its secrets."""

    __slots__ = ()

    def to_dict(self, *, reveal_secrets: bool = False) -> dict[str, Any]:
        """Return the JSON document: the API's names, dates in ISO 8601.

        Fields that are `None` are left out.

        Args:
            reveal_secrets: Whether to show secrets, as they are sent. By default they are masked, and the SDK refuses to
                send a masked secret.
        """
        from warehouse_sync.wire import documents  # noqa: PLC0415 - `wire` imports the models

        return documents.to_document(self, reveal_secrets=reveal_secrets)


class Table(list[Any]):
    """A list of models that notebooks show as a table."""

    def _repr_html_(self) -> str:
        items = [shown_fields(item) for item in self[:MAX_ROWS]]
        names = list(dict.fromkeys(name for item in items for name in item))
        rows = ([_cell(item.get(name)) for name in names] for item in items)
        return _html_table(names, rows, f"{len(self)} rows" if len(self) > MAX_ROWS else "")


class ReadText(str):
    """A text unlike any known one that the API sent, so that it can be sent back."""

    __slots__ = ()


def shown_fields(model: Any) -> dict[str, Any]:  # noqa: ANN401 - any model
    """Return the fields that `repr` shows: of what was read, those that are not empty."""
    values = {field.name: getattr(model, field.name) for field in attrs.fields(type(model)) if field.repr}
    if isinstance(model, SentModel):
        return values
    return {name: value for name, value in values.items() if value is not None and value != ()}


def _short(value: object) -> str:
    match value:
        case datetime():
            return _iso(value)
        case StrEnum():
            return repr(value.value)
        case str() if len(value) > MAX_TEXT:
            return repr(value[: MAX_TEXT - 1] + "…")
        case tuple():
            items = [_short(item) for item in value[:MAX_ITEMS]]
            more = [f"… {len(value)} items"] if len(value) > MAX_ITEMS else []
            return f"({', '.join([*items, *more])})"
        case Exception():
            return f"{type(value).__name__}({_short(str(value))})"
        case _:
            return shorten(value) if isinstance(value, int) else repr(value)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return _iso(value)
        case str():
            return str(value)
        case tuple():
            return "; ".join(_cell(item) for item in value[:MAX_ITEMS]) + (
                f"; … {len(value)} items" if len(value) > MAX_ITEMS else ""
            )
        case _:
            return shorten(value) if isinstance(value, int) else str(value)


def _iso(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


def _html_table(names: Iterable[str], rows: Iterable[Iterable[str]], caption: str) -> str:
    from html import escape  # noqa: PLC0415 - slow to import, and only notebooks need it

    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in rows)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
