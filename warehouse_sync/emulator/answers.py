"""JSON in and out: request bodies, answers, and the documented error body."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

_JSON = "application/json"
Document = dict[str, Any]

LOGIN_REFUSED = 505
# What the reference says this status means here.
_LOGIN_MESSAGE = (
    "The request failed to connect to the warehouse account. Check the username and password, and make sure the "
    "source account ID, region, warehouse, and database entries are correct."
)

encode = msgspec.json.encode
_decode = msgspec.json.decode
# Deeper than anything documented; what nests deeper might be stored and then prove impossible to write out.
_DEEPEST = 32


class RefusalError(Exception):
    """A request is refused; becomes an answer with the documented error body.

    Args:
        status: The HTTP status of the answer.
        messages: Everything that is wrong, one sentence each.
        headers: Headers the answer needs, such as ``WWW-Authenticate``.
        extra: Further fields of the body, beside the documented ones.
    """

    def __init__(
        self,
        status: int,
        *messages: str,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, *messages)
        self.status = status
        self.messages = messages
        self.headers = headers
        self.extra = extra or {}

    def answer(self) -> web.Response:
        """Return the answer that tells the client."""
        document = {**error_document(self.status, *self.messages), **self.extra}
        return json_answer(document, status=self.status, headers=self.headers)


def bad_request(*messages: str) -> RefusalError:
    """Return the refusal of a request that is wrong in itself."""
    return RefusalError(HTTPStatus.BAD_REQUEST, *messages)


def not_found(message: str) -> RefusalError:
    """Return the refusal of a request for something that is not there."""
    return RefusalError(HTTPStatus.NOT_FOUND, message)


def conflict(message: str) -> RefusalError:
    """Return the refusal of a request that the stored state contradicts."""
    return RefusalError(HTTPStatus.CONFLICT, message)


def login_refused(detail: str | None = None) -> RefusalError:
    """Return the refusal that means: the warehouse cannot be reached, or refuses the login."""
    return RefusalError(LOGIN_REFUSED, _LOGIN_MESSAGE, *([detail] if detail else []))


def error_document(status: int, *messages: str) -> Document:
    """Return the documented error body."""
    return {"statusCode": status, "errors": [{"message": message} for message in messages]}


def json_answer(
    document: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return an answer that carries a document."""
    return web.Response(body=encode(document), status=status, headers=headers, content_type=_JSON)


def no_content() -> web.Response:
    """Return the empty answer to a deletion."""
    return web.Response(status=HTTPStatus.NO_CONTENT)


def read_object(body: bytes) -> Document:
    """Return what a request's body holds, which must be a JSON object.

    The content type is not looked at: ``curl --data`` names a form and sends JSON.
    """
    try:
        document = _decode(body)
    # Not every supported msgspec has its errors under ValueError.
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise bad_request("The request body is not valid JSON.") from error
    if not isinstance(document, dict):
        raise bad_request("The request body must be a JSON object.")
    if _nests_deeper(document, _DEEPEST):
        raise bad_request(f"The request body nests deeper than {_DEEPEST} levels.")
    return document


def _nests_deeper(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_nests_deeper(item, levels - 1) for item in inner)
