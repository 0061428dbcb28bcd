"""JSON responses, and the documented error body."""

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from warehouse_sync.emulator.documents import Document, encode
from warehouse_sync.emulator.errors import (
    ApiError,
    ConflictError,
    InvalidRequestError,
    LoginError,
    NotFoundError,
)

_JSON = "application/json"
LOGIN_FAILED = 505
_STATUSES: Mapping[type[ApiError], int] = {
    InvalidRequestError: HTTPStatus.BAD_REQUEST,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    LoginError: LOGIN_FAILED,
}


class HttpError(ApiError):
    """A request fails with a status that no other error has.

    Args:
        status: The HTTP status of the response.
        messages: Everything that is wrong, one sentence each.
        headers: Headers the response needs, such as `WWW-Authenticate`.
        extra: Further fields of the body, beside the documented ones.
    """

    def __init__(
        self,
        status: int,
        *messages: str,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(*messages)
        self.status = status
        self.headers = headers
        self.extra: Mapping[str, str] = extra or {}


def error_response(error: ApiError, *, enveloped: bool = False) -> web.Response:
    """Return the response that reports an error.

    Args:
        error: The error.
        enveloped: Whether the body has the form of the platform's v1 API.
    """
    if enveloped:
        return _enveloped_error(error)
    if isinstance(error, HttpError):
        document = {**error_document(error.status, *error.messages), **error.extra}
        return json_response(document, status=error.status, headers=error.headers)
    status = _STATUSES[type(error)]
    return json_response(error_document(status, *error.messages), status=status)


def _enveloped_error(error: ApiError) -> web.Response:
    status = error.status if isinstance(error, HttpError) else _STATUSES[type(error)]
    headers = error.headers if isinstance(error, HttpError) else None
    code = HTTPStatus(status).name.lower()
    errors = [{"code": code, "message": message} for message in error.messages]
    return json_response({"data": None, "dataType": None, "errors": errors}, status=status, headers=headers)


def error_document(status: int, *messages: str) -> Document:
    """Return the documented error body."""
    return {"statusCode": int(status), "errors": [{"message": message} for message in messages]}


def json_response(
    document: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return a response with a document."""
    return web.Response(body=encode(document), status=status, headers=headers, content_type=_JSON)


def json_body_response(body: bytes) -> web.Response:
    """Return a response with an encoded document."""
    return web.Response(body=body, content_type=_JSON)


def no_content() -> web.Response:
    """Return the empty response to a deletion."""
    return web.Response(status=HTTPStatus.NO_CONTENT)
