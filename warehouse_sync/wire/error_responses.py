"""Error answers: what the server means by them."""

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
_LONGEST = 500  # characters of one message
_MOST = 20  # messages

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
    """Choose the exception for an error answer."""
    if status == 400 and any(_BUSY.search(message) for message in messages):  # noqa: PLR2004 - an HTTP status
        return PipelineBusyError
    return _ERRORS.get(status) or (ServerError if status >= 500 else APIError)  # noqa: PLR2004 - an HTTP status


def error_messages(body: bytes, secrets: Iterable[str] = ()) -> tuple[str, ...]:
    """Return what the server said, shortened, with any of `secrets` it echoes taken out.

    Reads `{"errors": [{"message": …}]}`, bare strings in that list, `{"message": …}`, and the token endpoint's
    `{"error": …, "error_description": …}`. A body that is not JSON says nothing.
    """
    hidden = _forms(secrets)
    return tuple(_clean(message, hidden) for message in _raw_messages(body)[:_MOST])


def without_secrets(text: str | None, secrets: Iterable[str]) -> str | None:
    """Return what a header of an error answer says, with any of `secrets` it echoes taken out."""
    return None if text is None else _clean(text, _forms(secrets))


def _forms(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return how secrets may come back, the longest first, so that one within another leaves no rest of it."""
    forms = {form for secret in secrets if secret for form in _as_echoed(secret)}
    return tuple(sorted(forms, key=len, reverse=True))


def _as_echoed(secret: str) -> tuple[str, ...]:
    """Return a secret as it may come back: itself, or as JSON writes it, when the whole request is quoted."""
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
    loose = [document.get(key) for key in ("message", "error", "error_description")]
    texts = [text for text in (*listed, *loose) if isinstance(text, str) and text]
    return list(dict.fromkeys(texts))  # the same reason may stand under several names


def _message_of(error: Any) -> Any:  # noqa: ANN401 - JSON is anything
    return error.get("message") if isinstance(error, Mapping) else error


def _clean(message: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        message = message.replace(secret, "[secret]")
    printable = "".join(character if character.isprintable() else " " for character in message)
    return printable if len(printable) <= _LONGEST else printable[: _LONGEST - 1] + "…"
