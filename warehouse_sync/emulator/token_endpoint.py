"""The token endpoint, and the check of the bearer token in each API request."""

import hmac
import secrets
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from warehouse_sync.emulator.clock import Clock
from warehouse_sync.emulator.documents import Document
from warehouse_sync.emulator.resources.validation import FieldErrors
from warehouse_sync.emulator.responses import HttpError

if TYPE_CHECKING:
    from datetime import datetime

# The reference gives one audience for all API hosts.
AUDIENCE = "https://api.mparticle.com"
GRANT_TYPE = "client_credentials"
TOKEN_SECONDS = 28_800
CLIENT_ID_PREFIX = "emu_"


class TokenEndpoint:
    """Issues tokens for one credential and checks them.

    Tokens are random and known to this process alone. They expire by the emulator's clock.
    """

    def __init__(self, clock: Clock, *, client_id: str, client_secret: str) -> None:
        self.client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._expiries: dict[str, datetime] = {}

    def issue(self, body: Document) -> Document:
        """Return the response document for a token request.

        Raises:
            HttpError: 400 or 401: a field is missing or invalid, or the credential is wrong.
        """
        _check_fields(body)
        self._check_credential(body["client_id"], body["client_secret"])
        return {"access_token": self._new_token(), "expires_in": TOKEN_SECONDS, "token_type": "Bearer"}

    def authorize(self, header: str | None) -> None:
        """Check the `Authorization` header of a request.

        Raises:
            HttpError: 401: the header has no valid token.
        """
        token = _bearer(header)
        if not token:
            raise _unauthorized(
                "Send the header `Authorization: Bearer <access_token>`; POST /oauth/token issues a token."
            )
        expiry = self._expiries.get(token)
        if expiry is None:
            raise _unauthorized("This emulator has not issued the access token since it started.")
        if self._clock.now() >= expiry:
            raise _unauthorized("The access token has expired.")

    def expire(self, header: str | None) -> None:
        """Expire the token of an `Authorization` header."""
        token = _bearer(header)
        if token in self._expiries:
            self._expiries[token] = self._clock.now()

    def expire_all(self) -> None:
        """Expire every token issued so far."""
        self._expiries.clear()

    def _new_token(self) -> str:
        now = self._clock.now()
        self._expiries = {token: expiry for token, expiry in self._expiries.items() if now < expiry}
        token = f"emu.{secrets.token_urlsafe(32)}"
        self._expiries[token] = now + timedelta(seconds=TOKEN_SECONDS)
        return token

    def _check_credential(self, client_id: str, client_secret: str) -> None:
        if not client_id.startswith(CLIENT_ID_PREFIX):
            raise _invalid_client(
                "This is the Warehouse Sync emulator, not mParticle. It accepts only its own credential, whose client_id "
                f"starts with `{CLIENT_ID_PREFIX}` (default `emu_client` / `emu_secret`). Never send it a real credential."
            )
        known = hmac.compare_digest(client_id.encode(), self.client_id.encode())
        if not (known and hmac.compare_digest(client_secret.encode(), self._client_secret.encode())):
            raise _invalid_client("The client_id or the client_secret is wrong.")


def _bearer(header: str | None) -> str:
    scheme, _, token = (header or "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _check_fields(body: Document) -> None:
    errors = FieldErrors(body)
    errors.text("client_id")
    errors.text("client_secret")
    errors.choice("audience", (AUDIENCE,))
    errors.choice("grant_type", (GRANT_TYPE,))
    if errors.messages:
        oauth_error = {"error": "invalid_request", "error_description": " ".join(errors.messages)}
        raise HttpError(HTTPStatus.BAD_REQUEST, *errors.messages, extra=oauth_error)


def _invalid_client(message: str) -> HttpError:
    # OAuth clients read `error` and `error_description` (RFC 6749, 5.2).
    oauth_error = {"error": "invalid_client", "error_description": message}
    return HttpError(HTTPStatus.UNAUTHORIZED, message, extra=oauth_error)


def _unauthorized(message: str) -> HttpError:
    return HttpError(HTTPStatus.UNAUTHORIZED, message, headers={"WWW-Authenticate": "Bearer"})
