"""Messages and exception classes of error responses."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sync import errors
from warehouse_sync.wire.error_responses import error_class, error_messages, without_secrets


@pytest.mark.parametrize(
    ("status", "messages", "expected"),
    [
        (400, [], errors.BadRequestError),
        (400, ["id is taken"], errors.BadRequestError),
        (400, ["Pipeline p is already in progress."], errors.PipelineBusyError),
        (400, ["other", "ALREADY RUNNING"], errors.PipelineBusyError),
        (409, ["Pipeline p is already in progress."], errors.ConflictError),
        (401, [], errors.UnauthorizedError),
        (403, [], errors.ForbiddenError),
        (404, [], errors.NotFoundError),
        (429, [], errors.RateLimitedError),
        (500, [], errors.ServerError),
        (503, [], errors.ServerError),
        (505, [], errors.WarehouseLoginError),
        (599, [], errors.ServerError),
        (302, [], errors.APIError),
        (418, [], errors.APIError),
        (499, [], errors.APIError),
    ],
)
def test_status_selects_the_exception(status: int, messages: list[str], expected: type) -> None:
    """Each status has its exception class; a busy pipeline is recognized by its message."""
    assert error_class(status, messages) is expected


@pytest.mark.parametrize(
    ("document", "messages"),
    [
        ({"statusCode": 400, "errors": [{"message": "one"}, {"message": "two"}]}, ("one", "two")),
        ({"errors": ["bare"]}, ("bare",)),
        ({"data": None, "errors": [{"code": "X", "message": "coded"}]}, ("coded",)),
        ({"message": "loose"}, ("loose",)),
        ({"error": "access_denied", "error_description": "Unauthorized"}, ("access_denied", "Unauthorized")),
        ({"errors": [{"message": "listed"}], "message": "loose"}, ("listed", "loose")),
        (
            {"errors": ["same"], "error": "code", "message": "same", "error_description": "same"},
            ("same", "code"),
        ),
        ({"errors": [{"message": None}, {"code": 1}, 5, None, [], ""]}, ()),
        ({"errors": {"message": "not a list"}}, ()),
        ({"message": ["not a string"]}, ()),
        ({}, ()),
        ([], ()),
        ("text", ()),
        (None, ()),
    ],
)
def test_messages_are_decoded_from_every_known_shape(document: Any, messages: tuple[str, ...]) -> None:
    """Every shape of error body that the platform sends has messages; other shapes have none."""
    assert error_messages(json.dumps(document).encode()) == messages


@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b"\xff\xfe", b"[" * 100_000, b"NaN"])
def test_body_that_is_not_json_has_no_messages(body: bytes) -> None:
    """A body that is not JSON has no messages, and raises no error."""
    assert error_messages(body) == ()


def test_echoed_secret_is_redacted() -> None:
    """An echoed secret is redacted completely, also if it contains another secret."""
    body = json.dumps({"message": "login with hunter2-long failed, hunter2 too"}).encode()
    assert error_messages(body, ["", "hunter2", "hunter2-long"]) == (
        "login with [secret] failed, [secret] too",
    )


def test_longest_echoed_secret_is_redacted_first() -> None:
    """The longest secret is redacted first, whatever its first letter."""
    body = json.dumps({"message": "login with hunter2 failed"}).encode()
    assert error_messages(body, ["ter2", "hunter2"]) == ("login with [secret] failed",)


@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_echoed_secret_is_redacted_in_a_quoted_request(*, ensure_ascii: bool) -> None:
    """A server that quotes the request body echoes the secret with JSON escapes, which are redacted too."""
    secret = 'p"\u00e4\\"'
    quoted = json.dumps({"password": secret}, ensure_ascii=ensure_ascii)
    body = json.dumps({"message": f"cannot read {quoted}"}).encode()
    assert error_messages(body, [secret]) == ('cannot read {"password": "[secret]"}',)


def test_header_that_echoes_a_secret_is_redacted() -> None:
    """The value of a header is redacted and on one line; a missing header stays missing."""
    assert without_secrets("id-hunter2\n", ["ter2", "hunter2"]) == "id-[secret] "
    assert without_secrets(None, ["hunter2"]) is None


def test_messages_are_shortened_and_printable() -> None:
    """Messages are limited in length and number, and each is on one line."""
    body = json.dumps(
        {"errors": ["a\n\x1b[31mb\u2028c", "x" * 500, "y" * 501, *map(str, range(30))]}
    ).encode()
    first, second, third, *rest = error_messages(body)
    assert first == "a  [31mb c"
    assert second == "x" * 500
    assert third == "y" * 499 + "…"
    assert rest == [*map(str, range(17))]


@given(body=st.binary(), secrets=st.lists(st.text()))
def test_any_body_is_accepted(body: bytes, secrets: list[str]) -> None:
    """No body of an error response raises an error."""
    assert isinstance(error_messages(body, secrets), tuple)
