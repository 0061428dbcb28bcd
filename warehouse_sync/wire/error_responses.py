"""Error responses: the exception class and the messages."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from warehouse_sync.errors import (
    APIError,
    BadRequestError,
    ConflictError,
    DecodeError,
    ForbiddenError,
    NotFoundError,
    PipelineBusyError,
    RateLimitedError,
    ServerError,
    UnauthorizedError,
    WarehouseLoginError,
)
from warehouse_sync.wire import json_codec

_BUSY = re.compile(r"already (in progress|running)", re.IGNORECASE)
_MAX_MESSAGE_LENGTH = 500  # characters
_MAX_MESSAGES = 20

_ERRORS: Mapping[int, type[APIError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitedError,
    505: WarehouseLoginError,
}


def error_class(status: int, messages: Iterable[str]) -> type[APIError]:
    """Return the exception class for an error response."""
    if status == 400 and any(_BUSY.search(message) for message in messages):  # noqa: PLR2004 - an HTTP status
        return PipelineBusyError
    return _ERRORS.get(status) or (ServerError if status >= 500 else APIError)  # noqa: PLR2004 - an HTTP status


def error_messages(body: bytes, secrets: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the shortened messages of an error response, with `secrets` masked.

    Accepts `{"errors": [{"message": …}]}`, strings in that list, `{"message": …}`, and the token endpoint's
    `{"error": …, "error_description": …}`. A body that is not JSON has no messages.
    """
    forms = _forms(secrets)
    return tuple(_clean(message, forms) for message in _raw_messages(body)[:_MAX_MESSAGES])


def without_secrets(text: str | None, secrets: Iterable[str]) -> str | None:
    """Return the shortened value of a response header, with `secrets` masked."""
    return None if text is None else _clean(text, _forms(secrets))


def _forms(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return the forms in which a server may echo secrets, longest first, so that overlapping ones are masked whole."""
    forms = {form for secret in secrets if secret for form in _echoed_forms(secret)}
    return tuple(sorted(forms, key=len, reverse=True))


def _echoed_forms(secret: str) -> tuple[str, ...]:
    """Return a secret and its JSON encodings, because a server may quote the request body."""
    return secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]


def _raw_messages(body: bytes) -> list[str]:
    try:
        document = json_codec.decode(body)
    except DecodeError:
        return []
    if not isinstance(document, Mapping):
        return []
    errors = document.get("errors")
    listed = [_message_of(error) for error in errors] if isinstance(errors, list) else []
    single = [document.get(key) for key in ("message", "error", "error_description")]
    texts = [text for text in (*listed, *single) if isinstance(text, str) and text]
    return list(dict.fromkeys(texts))  # without duplicates under several names


def _message_of(error: Any) -> Any:  # noqa: ANN401 - JSON is anything
    return error.get("message") if isinstance(error, Mapping) else error


def _clean(message: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        message = message.replace(secret, "[secret]")
    printable = "".join(character if character.isprintable() else " " for character in message)
    if len(printable) <= _MAX_MESSAGE_LENGTH:
        return printable
    return printable[: _MAX_MESSAGE_LENGTH - 1] + "…"
