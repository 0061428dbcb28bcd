"""The documents of models: masked fields, and errors as parts of them."""

from typing import Any

import pytest

from warehouse_sync.errors import DecodeError
from warehouse_sync.models import ConnectionSpec, UnknownConfig, WaitedRun
from warehouse_sync.secret import MASK


def test_unknown_fields_of_a_provider_are_masked_at_every_level() -> None:
    """Any string in them may be a secret; other values are shown."""
    config = UnknownConfig(
        service_provider="Oracle", extra={"user": "u", "pool": {"size": 3, "keys": ["k", None]}}
    )
    document = ConnectionSpec(id="c1", name="C", config=config).to_dict()
    assert document["config"] == {"user": MASK, "pool": {"size": 3, "keys": [MASK, None]}}


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        ({"message": "x"}, "expected a string, not null @ document.error"),
        ({"type": "RunFailedError"}, "expected a string, not null @ document.error"),
        ({"type": "print", "message": "x"}, "not an error of the SDK @ document.error"),
        (
            {"type": "RunFailedError", "message": "x", "run": {"id": "canary"}},
            "a required field is missing @ document.error.run.pipeline_id",
        ),
    ],
)
def test_invalid_error_in_a_document_is_a_decode_error(error: dict[str, Any], problem: str) -> None:
    """The message names the path of what is wrong."""
    with pytest.raises(DecodeError) as caught:
        WaitedRun.from_dict({"pipeline_id": "p", "run_id": 1, "error": error})
    assert str(caught.value).startswith("the document is not a valid WaitedRun: ")
    assert problem in str(caught.value)
    assert "canary" not in str(caught.value)
