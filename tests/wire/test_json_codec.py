"""JSON documents to bytes and back."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync.errors import DecodeError
from warehouse_sync.secret import Secret
from warehouse_sync.wire import json_codec

CANARY = "canary-0451"


@pytest.mark.parametrize("document", [{}, [], {"a": [1, "é", None, True, 1.5]}, {"more": [2]}])
def test_json_document_is_encoded(document: Any) -> None:
    """A JSON document is encoded to JSON."""
    assert json.loads(json_codec.encode(document)) == document


@pytest.mark.parametrize("value", [object(), Secret("hunter2"), {"a": Secret("hunter2")}])
def test_value_that_is_not_json_raises_without_showing_it(value: Any) -> None:
    """A value that is not JSON, such as a `Secret`, raises a `TypeError` that does not show it."""
    with pytest.raises(TypeError) as caught:
        json_codec.encode(value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the response body is empty"),
        (b"<html>", "the response is not JSON: "),
        (b'{"password": "canary-0451', "the response is not JSON: "),
        (b'{"password": "canary-0451\xff"}', "the response is not JSON: "),
        (b'{"password": canary-0451}', "the response is not JSON: "),
        (b"[" * 100_000, "the response is JSON that is nested too deeply"),
        (b"NaN", "the response is not JSON: "),
        (b"\xef\xbb\xbf{}", "the response is not JSON: "),
    ],
)
def test_body_that_is_not_json_raises_without_showing_it(body: bytes, message: str) -> None:
    """A body that is not JSON raises an error that shows no part of it, without an exception of a library in its chain."""
    with pytest.raises(DecodeError) as caught:
        json_codec.decode(body)
    assert str(caught.value).startswith(message)
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert CANARY not in str(caught.value)


@given(body=st.binary())
def test_any_bytes_are_json_or_a_decode_error(body: bytes) -> None:
    """No bytes raise anything but a `DecodeError`."""
    with suppress(DecodeError):
        json_codec.decode(body)
