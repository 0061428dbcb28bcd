"""Fetching of tokens from the token endpoint or the token cache.

Source: the overview's "Authentication" and "Using your Bearer Token".
"""

import logging
import re
from typing import TYPE_CHECKING, Any, Literal

import attrs
from yarl import URL

from warehouse_sync.errors import APIError, DecodeError, TokenError
from warehouse_sync.events import TokenFetched
from warehouse_sync.settings import Settings
from warehouse_sync.transport.request import ApiRequest, BaseUrl
from warehouse_sync.transport.sender import RetryingSender
from warehouse_sync.transport.token_source import (
    AUDIENCE,
    AccessToken,
    TokenResponse,
    credential_key,
    is_token,
)
from warehouse_sync.wire import json_codec

if TYPE_CHECKING:
    from warehouse_sync.transport.token_cache import TokenCache

TOTAL_TIMEOUT = 60.0  # seconds; not that of one request, since a token serves every caller
DEFAULT_LIFETIME = 300.0  # seconds, if the response has no `expires_in`
MAX_LIFETIME = 1e9  # seconds; no token is valid for 30 years

_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?", re.ASCII)

_log = logging.getLogger("warehouse_sync")


@attrs.frozen(eq=False, repr=False)
class TokenEndpoint:
    """Fetches tokens for one credential.

    Attributes:
        settings: The credential and the URL of the endpoint.
        cache: The token cache on disk, or `None`.
    """

    settings: Settings
    cache: "TokenCache | None" = None

    async def fetch(self, sender: RetryingSender, refused: AccessToken | None) -> TokenResponse:
        """Fetch a token: from the cache if there is one, otherwise from the endpoint.

        Args:
            sender: The sender whose pool and retry policy to use.
            refused: The token that the API rejected last, which must not be returned.

        Raises:
            TokenError: The endpoint rejected the credential or sent an invalid response.
            TransportError: The endpoint could not be reached.
        """
        started = sender.clock.monotonic()
        source: Literal["endpoint", "cache"] = "cache"

        async def request_token() -> TokenResponse:
            nonlocal source
            source = "endpoint"
            return await self._request_token(sender)

        if self.cache is None:
            fetched = await request_token()
        else:
            key, unwanted = credential_key(self.settings), None if refused is None else refused.reveal()
            fetched = await self.cache.get(key, request_token, refused=unwanted, clock=sender.clock)
        if sender.observer is not None:
            seconds = sender.clock.monotonic() - started
            sender.observer.emit(TokenFetched(seconds=seconds, source=source))
        return fetched

    async def _request_token(self, sender: RetryingSender) -> TokenResponse:
        url = URL(self.settings.token_url)
        request = ApiRequest(
            "POST",
            url.raw_path,
            parse_token_response,
            body=token_request_body(self.settings),
            secrets=(self.settings.client_secret.reveal(),),
        )
        token_sender = attrs.evolve(
            sender,
            base_url=BaseUrl(url.origin()),
            timeout=attrs.evolve(sender.timeout, total=TOTAL_TIMEOUT),
            auth=None,
            extra_headers=None,
        )
        try:
            return await token_sender.send(request)
        except APIError as error:
            problem = _token_error(error)
        except DecodeError as error:
            problem = TokenError(f"the token endpoint sent an invalid response: {error}")
        raise problem


def token_request_body(settings: Settings) -> bytes:
    """Return the JSON body that requests a token."""
    return json_codec.encode(
        {
            "client_id": settings.client_id,
            "client_secret": settings.client_secret.reveal(),
            "audience": AUDIENCE,
            "grant_type": "client_credentials",
        }
    )


def parse_token_response(body: bytes) -> TokenResponse:
    """Parse the body of a token response.

    Raises:
        DecodeError: The body is not JSON.
        TokenError: The response is invalid. The message says why, and shows no value.
    """
    document = json_codec.decode(body)
    if not isinstance(document, dict):
        raise TokenError("the token endpoint sent an invalid response: not a JSON object")
    _check_type(document)
    return TokenResponse(access_token=_access_token(document), lifetime=_lifetime(document))


def _access_token(document: dict[str, Any]) -> str:
    token = document.get("access_token")
    if not is_token(token):
        raise TokenError("the token endpoint sent no usable access_token")
    return token


def _check_type(document: dict[str, Any]) -> None:
    kind = document.get("token_type", "Bearer")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise TokenError("the token endpoint sent a token_type other than Bearer")


def _lifetime(document: dict[str, Any]) -> float:
    value = document.get("expires_in")
    if value is None:
        _log.warning("the token endpoint sent no expires_in: assuming %d s", DEFAULT_LIFETIME)
        return DEFAULT_LIFETIME
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < MAX_LIFETIME:
        raise TokenError("the token endpoint sent an expires_in that is not a positive number")
    return float(value)


def _token_error(error: APIError) -> TokenError:
    reason = "; ".join(message.rstrip(".") for message in error.messages)
    hint = ": check client_id and client_secret" if error.status in (400, 401, 403) else ""
    return TokenError(
        f"the token endpoint responded with {error.status}{hint}. Response: {reason or 'no reason given'}",
        status=error.status,
        reason=reason,
    )
