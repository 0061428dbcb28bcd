"""The request to the token endpoint, and parsing of its response."""

import json
import logging
from typing import Any

import pytest

from warehouse_sync.errors import DecodeError, TokenError
from warehouse_sync.settings import resolve
from warehouse_sync.transport.token_endpoint import (
    parse_token_response,
    token_request_body,
)
from warehouse_sync.transport.token_source import is_token, refresh_margin

GOOD = {"access_token": "t0k.en-_~+/=", "expires_in": 28800, "token_type": "Bearer"}


def body(**changes: Any) -> bytes:
    """Return a token response with changed fields; a change to `...` removes the field."""
    return json.dumps({key: value for key, value in {**GOOD, **changes}.items() if value is not ...}).encode()


def test_token_request_body_is_as_documented() -> None:
    """It has the four documented fields; the audience is constant, also for a regional host."""
    settings = resolve(
        workspace_id=1, client_id="i", client_secret="s", api_url="https://api.eu1.mparticle.com"
    )
    assert json.loads(token_request_body(settings)) == {
        "client_id": "i",
        "client_secret": "s",
        "audience": "https://api.mparticle.com",
        "grant_type": "client_credentials",
    }


@pytest.mark.parametrize(
    ("changes", "lifetime"),
    [
        ({}, 28800.0),
        ({"expires_in": "3600"}, 3600.0),
        ({"expires_in": " 3600.5 "}, 3600.5),
        ({"expires_in": 0.5}, 0.5),
        ({"expires_in": 10**9 - 1}, 999_999_999.0),
        ({"token_type": "bearer"}, 28800.0),
        ({"token_type": ...}, 28800.0),
        ({"scope": "x", "extra": {}}, 28800.0),
    ],
)
def test_parse_token_response_accepts_variants(changes: dict[str, Any], lifetime: float) -> None:
    """Numbers may be strings, the type's case does not matter, and unknown fields are ignored."""
    parsed = parse_token_response(body(**changes))
    assert (parsed.access_token, parsed.lifetime) == (GOOD["access_token"], lifetime)
    assert "t0k" not in repr(parsed)


@pytest.mark.parametrize("missing", [..., None])
def test_parse_token_response_without_expires_in_warns(
    missing: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The lifetime is then five minutes."""
    with caplog.at_level(logging.WARNING, "warehouse_sync"):
        assert parse_token_response(body(expires_in=missing)).lifetime == 300.0
    assert caplog.messages == ["the token endpoint sent no expires_in: assuming 300 s"]


LIFETIME = "the token endpoint sent an expires_in that is not a positive number"
TYPE = "the token endpoint sent a token_type other than Bearer"
TOKEN = "the token endpoint sent no usable access_token"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"expires_in": 0}, LIFETIME),
        ({"expires_in": -1}, LIFETIME),
        ({"expires_in": "0"}, LIFETIME),
        ({"expires_in": "-5"}, LIFETIME),
        ({"expires_in": "soon"}, LIFETIME),
        ({"expires_in": True}, LIFETIME),
        ({"expires_in": []}, LIFETIME),
        ({"expires_in": 10**9}, LIFETIME),
        ({"token_type": "mac"}, TYPE),
        ({"token_type": None}, TYPE),
        ({"token_type": 7}, TYPE),
        ({"access_token": ...}, TOKEN),
        ({"access_token": None}, TOKEN),
        ({"access_token": ""}, TOKEN),
        ({"access_token": 7}, TOKEN),
        ({"access_token": "a b"}, TOKEN),
        ({"access_token": "a\nb"}, TOKEN),
        ({"access_token": "a\r\nX-Evil: 1"}, TOKEN),
        ({"access_token": "\u00e9"}, TOKEN),
        ({"access_token": "x" * 20_000}, TOKEN),
    ],
)
def test_parse_token_response_rejects_invalid_fields(changes: dict[str, Any], said: str) -> None:
    """The error says what is wrong and shows no value."""
    with pytest.raises(TokenError) as caught:
        parse_token_response(body(**changes))
    assert str(caught.value) == said


def test_parse_token_response_rejects_a_huge_number() -> None:
    """A lifetime with hundreds of digits is an SDK error."""
    with pytest.raises((TokenError, DecodeError)):
        parse_token_response(body(expires_in=10**400))


@pytest.mark.parametrize("body", [b"[]", b"7", b'"t"', b"null"])
def test_parse_token_response_rejects_other_json(body: bytes) -> None:
    """The response must be an object."""
    with pytest.raises(TokenError, match=r"^the token endpoint sent an invalid response: not a JSON object$"):
        parse_token_response(body)


@pytest.mark.parametrize(("lifetime", "margin"), [(28800, 300), (3000, 300), (100, 10), (1, 0.1)])
def test_refresh_margin_is_five_minutes_or_a_tenth(lifetime: float, margin: float) -> None:
    """A short-lived token is refreshed a tenth of its lifetime before expiry."""
    assert refresh_margin(lifetime) == pytest.approx(margin)


def test_is_token_accepts_printable_ascii_only() -> None:
    """Other characters could break a header."""
    assert is_token("!~")
    assert not any(is_token(value) for value in ("", " ", "\x7f", "a\x00", None, b"a"))
