"""The token endpoint's question and answer, as pure functions.

Source: the overview's "Authentication" and "Using your Bearer Token".
"""

import logging
import re
from typing import Any, TypeGuard

import attrs

from warehouse_sync.errors import TokenError
from warehouse_sync.settings import Settings
from warehouse_sync.wire import json_codec

AUDIENCE = "https://api.mparticle.com"  # a constant, also for regional API hosts
ASSUMED_LIFETIME = 300.0  # seconds, when the answer does not say
LONGEST = 1e9  # seconds; no token is valid for 30 years
RENEWAL_MARGIN = 300.0  # seconds before expiry at which a renewal begins, at most

_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?", re.ASCII)

_log = logging.getLogger("warehouse_sync")


@attrs.frozen(kw_only=True)
class Grant:
    """What the token endpoint grants.

    Attributes:
        access_token: The token; not shown.
        lifetime: Seconds for which it is valid, from when it was asked for.
    """

    access_token: str = attrs.field(repr=False)
    lifetime: float


def renewal_margin(lifetime: float) -> float:
    """Return how long before its expiry a token is renewed: five minutes, or a tenth of its lifetime if that is less."""
    return min(RENEWAL_MARGIN, lifetime / 10)


def is_token(value: object) -> TypeGuard[str]:
    """Tell whether this can be sent as a token: printable ASCII without spaces, and not absurdly long."""
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def grant_request(settings: Settings) -> bytes:
    """Return the body that asks for a token."""
    return json_codec.encode(
        {
            "client_id": settings.client_id,
            "client_secret": settings.client_secret.reveal(),
            "audience": AUDIENCE,
            "grant_type": "client_credentials",
        }
    )


def parse_grant(body: bytes) -> Grant:
    """Read a token answer.

    Raises:
        DecodeError: It is not JSON.
        TokenError: It makes no sense. The message says why, and shows no value.
    """
    document = json_codec.decode(body)
    if not isinstance(document, dict):
        raise TokenError("the token endpoint answered nonsense: not an object")
    _check_type(document)
    return Grant(access_token=_token(document), lifetime=_lifetime(document))


def _token(document: dict[str, Any]) -> str:
    token = document.get("access_token")
    if not is_token(token):
        raise TokenError("the token endpoint answered without a usable access_token")
    return token


def _check_type(document: dict[str, Any]) -> None:
    kind = document.get("token_type", "Bearer")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise TokenError("the token endpoint answered with a token_type other than Bearer")


def _lifetime(document: dict[str, Any]) -> float:
    value = document.get("expires_in")
    if value is None:
        _log.warning(
            "the token endpoint did not say how long the token is valid: assuming %d s", ASSUMED_LIFETIME
        )
        return ASSUMED_LIFETIME
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < LONGEST:
        raise TokenError("the token endpoint answered with an expires_in that is not a positive number")
    return float(value)
