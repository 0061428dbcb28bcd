"""The JSON names of the models' fields, for both encoding and decoding."""

from typing import Any

import attrs

from warehouse_sync.models import TriggeredRun

_RENAMED: dict[type[Any], dict[str, str]] = {TriggeredRun: {"run_id": "pipeline_run_id"}}


def json_names(model: type[Any]) -> dict[str, str]:
    """Return the JSON name of each field except `extra`, in the order of the class.

    A field ends with an underscore where its JSON name is a Python keyword: `from_` is `from`.
    """
    names = (field.name for field in attrs.fields(model))
    return {name: name.removesuffix("_") for name in names if name != "extra"} | _RENAMED.get(model, {})
