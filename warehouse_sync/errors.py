"""All exceptions of the SDK.

```text
WarehouseSyncError
├── ConfigurationError           a setting of the client is missing or invalid
├── ValidationError              a value was rejected before a request was sent
├── TransportError               a request failed without a complete response
│   ├── ConnectError             no connection: refused, or the host name is unknown
│   ├── TLSError                 TLS verification of the server failed
│   ├── ReadError                the connection broke before the response was complete
│   └── TimeoutError             a timeout expired: see `phase`
├── DecodeError                  the response is not what the API documents
│   └── ResponseTooLargeError    the response is larger than the SDK reads
├── TokenError                   the token endpoint rejected the credential or sent an invalid response
├── APIError                     the API responded with an error
│   ├── BadRequestError          400
│   │   └── PipelineBusyError    400, the pipeline is already in progress
│   ├── UnauthorizedError        401, also with a fresh token
│   ├── ForbiddenError           403
│   ├── NotFoundError            404
│   ├── ConflictError            409
│   ├── RateLimitedError         429
│   └── ServerError              5xx
│       └── WarehouseLoginError  505, the warehouse rejected the login
├── OutcomeUnknownError          a change may or may not have been made
├── PaginationError              the server repeats pages; items already yielded are valid
├── RunFailedError               an awaited run did not succeed
└── WaitTimeoutError             an awaited run did not end in time
```

No exception contains a secret, and all can be pickled. All can also be built from their text alone, as Celery's JSON
backend does; attributes then have default values.
"""

import builtins
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from warehouse_sync.models import Run

Sent = Literal["no", "maybe"]
Phase = Literal["pool", "connect", "read", "total"]


class WarehouseSyncError(Exception):
    """The base class of all exceptions of the SDK."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by state: `Exception` would call the constructor without its keywords."""
        return restore, (type(self), self.args, dict(self.__dict__))


def restore(
    cls: type[WarehouseSyncError], args: tuple[Any, ...], state: dict[str, Any]
) -> WarehouseSyncError:
    """Build an error from its state, without calling its constructor."""
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(WarehouseSyncError, ValueError):
    """A setting is missing or invalid, or the client was closed.

    No create or trigger was sent; one that was sent before the client was closed raises `OutcomeUnknownError`.
    """


class ValidationError(WarehouseSyncError, ValueError):
    """A value was rejected before a request was sent.

    Attributes:
        problems: All invalid fields as `(field, message)`, in the order of the fields. A field is a path such as
            `config.password`.
    """

    def __init__(self, subject: str, problems: Iterable[tuple[str, str]] | None = None) -> None:
        self.problems: tuple[tuple[str, str], ...] = tuple(problems or ())
        if problems is None:  # the subject is the whole text
            super().__init__(subject)
            return
        listing = "; ".join(f"{field}: {message}" for field, message in self.problems)
        super().__init__(f"{subject} was not sent: {listing}")

    @property
    def fields(self) -> tuple[str, ...]:
        """The paths of the invalid fields."""
        return tuple(field for field, _ in self.problems)


class TransportError(WarehouseSyncError):
    """A request failed without a complete response.

    Attributes:
        sent: `"no"` if the server cannot have processed the request, `"maybe"` if it may have.
        attempts: The number of HTTP requests made for the call, including this one.
    """

    def __init__(self, message: str, *, sent: Sent = "maybe", attempts: int = 1) -> None:
        super().__init__(message)
        self.sent: Sent = sent
        self.attempts = attempts


class ConnectError(TransportError):
    """No connection: refused, unreachable or an unknown host name.

    The request was not sent.
    """

    def __init__(self, message: str, *, sent: Sent = "no", attempts: int = 1) -> None:
        super().__init__(message, sent=sent, attempts=attempts)


class TLSError(TransportError):
    """TLS verification of the server failed.

    The request was not sent and is never retried.
    """

    def __init__(self, message: str, *, sent: Sent = "no", attempts: int = 1) -> None:
        super().__init__(message, sent=sent, attempts=attempts)


class ReadError(TransportError):
    """The connection broke before the response was complete."""

    def __init__(self, message: str, *, sent: Sent = "maybe", attempts: int = 1) -> None:
        super().__init__(message, sent=sent, attempts=attempts)


class TimeoutError(TransportError, builtins.TimeoutError):  # noqa: A001 - the public name; it is a subclass of the builtin
    """A timeout expired. It is also a builtin `TimeoutError`.

    Attributes:
        phase: The timeout that expired: `"pool"` no connection became free within `Timeout.total`, `"connect"` no connection
            was opened within `Timeout.connect`, `"read"` the server sent no data within `Timeout.read`, `"total"` the call
            took longer than `Timeout.total`.
    """

    def __init__(
        self, message: str, *, phase: Phase = "total", sent: Sent = "maybe", attempts: int = 1
    ) -> None:
        super().__init__(message, sent=sent, attempts=attempts)
        self.phase: Phase = phase


class DecodeError(WarehouseSyncError):
    """The response is not what the API documents.

    The message names the location but no values.

    Attributes:
        status: The HTTP status of the response, or `None` if there is none, such as for a document that was not received.
        content_type: The media type that the response states, such as `text/html`; `None` if it states none.
    """

    def __init__(self, message: str, *, status: int | None = None, content_type: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.content_type = content_type


class ResponseTooLargeError(DecodeError):
    """The response is larger than 16 MiB once decompressed. The rest was not read."""


def _is_transient(status: int) -> bool:
    return status in (408, 429) or status >= 500  # noqa: PLR2004 - HTTP statuses


class TokenError(WarehouseSyncError):
    """The token endpoint rejected the credential or sent an invalid response.

    Attributes:
        status: The HTTP status of an error response, or `None` if the response was invalid.
        reason: The messages of an error response; empty if there are none.
    """

    def __init__(self, message: str, *, status: int | None = None, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason

    @property
    def is_transient(self) -> bool:
        """Whether the same request may succeed later: 408, 429 and 5xx."""
        return self.status is not None and _is_transient(self.status)


class APIError(WarehouseSyncError):
    """The API responded with an error.

    Attributes:
        status: The HTTP status; 0 if the error was built from its text.
        messages: The messages of the server in its order; empty if the response contains none.
        method: The HTTP method of the request.
        path: The path of the request, with the workspace, without the query.
        request_id: The server's id of the request, or `None`.
        attempts: The number of HTTP requests made for the call.
        elapsed: Seconds from the start of the call to this response.
        retry_after: Seconds that the server asked to wait, or `None`.
    """

    def __init__(  # noqa: PLR0913 - the public attributes of every API error
        self,
        message: str | None = None,
        *,
        status: int = 0,
        messages: Sequence[str] = (),
        method: str = "",
        path: str = "",
        request_id: str | None = None,
        attempts: int = 1,
        elapsed: float = 0.0,
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.messages: tuple[str, ...] = tuple(messages)
        self.method = method
        self.path = path
        self.request_id = request_id
        self.attempts = attempts
        self.elapsed = elapsed
        self.retry_after = retry_after
        super().__init__(self._text() if message is None else message)

    @property
    def is_transient(self) -> bool:
        """Whether the same request may succeed later: 408, 429 and 5xx."""
        return _is_transient(self.status)

    def _text(self) -> str:
        reason = "; ".join(message.rstrip(".") for message in self.messages) or "no reason given"
        request_id = f" (request id {self.request_id})" if self.request_id else ""
        attempts = f" after {self.attempts} attempts" if self.attempts > 1 else ""
        return (
            f"{self.method} {self.path} returned {self.status}{attempts}: {reason}{request_id}{self._hint()}"
        )

    def _hint(self) -> str:
        return ""


class BadRequestError(APIError):
    """400: the request is invalid, or the state of the resource does not allow it."""


class PipelineBusyError(BadRequestError):
    """400: the pipeline is already running.

    Wait for its run to end, then trigger it again.
    """


class UnauthorizedError(APIError):
    """401: the token was rejected, and so was a new one."""

    def _hint(self) -> str:
        account = " and that account_id is its account" if "/partnerfeeds" in self.path else ""
        return f". The token is new, so check that the credential has access to this workspace{account}."


class ForbiddenError(APIError):
    """403: the credential does not have the permission."""


class NotFoundError(APIError):
    """404: the resource does not exist, or not yet.

    The report of a new pipeline takes about a minute.
    """


class ConflictError(APIError):
    """409: the resource conflicts with another.

    Also raised if a create finds a different resource under its id.
    """


class RateLimitedError(APIError):
    """429: too many requests.

    Raised if the wait that the server asks for exceeds the deadline or the retry policy, or if the attempts are used up.
    """

    def _hint(self) -> str:
        return "" if self.retry_after is None else f". Retry after {self.retry_after:g} s."


class ServerError(APIError):
    """5xx: the server failed to process the request."""


class WarehouseLoginError(ServerError):
    """505: the warehouse rejected the login or is unreachable.

    It is never retried: repeated logins can lock the account.
    """

    @property
    def is_transient(self) -> bool:
        """Whether the same request may succeed later: never, because it is not retried."""
        return False

    def _hint(self) -> str:
        return ". Check the connection's user, password, account, region, warehouse and database before you retry."


class OutcomeUnknownError(WarehouseSyncError):
    """A change may or may not have been made: its response was lost or is invalid.

    `__cause__` is the error of the response.

    Attributes:
        operation: The operation, such as `"create connection"`.
        resource_id: The id of the connection, data model or pipeline; for the create of a feed its name.
        candidates: For a trigger, the ids of the runs that it may have started, newest first; for the create of a feed, the
            ids of the feeds that it may have created.
    """

    def __init__(
        self, message: str, *, operation: str = "", resource_id: str = "", candidates: Sequence[int] = ()
    ) -> None:
        super().__init__(message)
        self.operation = operation
        self.resource_id = resource_id
        self.candidates: tuple[int, ...] = tuple(candidates)


class PaginationError(WarehouseSyncError):
    """The server repeats pages, so that listing would never end.

    Items already yielded are valid.

    Attributes:
        pipeline_id: The pipeline whose runs were listed.
        page: The number of the repeated page.
    """

    def __init__(self, message: str, *, pipeline_id: str = "", page: int = 0) -> None:
        super().__init__(message)
        self.pipeline_id = pipeline_id
        self.page = page


class RunFailedError(WarehouseSyncError):
    """An awaited run ended as `failed` or `stopped`.

    Attributes:
        run: The run as last read, with its `errors`; missing if the error was built from its text.
    """

    def __init__(self, run: "Run | str") -> None:
        if isinstance(run, str):
            super().__init__(run)
            return
        self.run: Run = run
        reasons = "; ".join(error.message for error in run.errors) or "no reason given"
        super().__init__(f"run {run.id} of pipeline {run.pipeline_id} ended as {run.status}: {reasons}")


class WaitTimeoutError(WarehouseSyncError, builtins.TimeoutError):
    """An awaited run did not end within the timeout of the wait.

    The run continues. Use `runs.resume(handle)` to wait again.

    Attributes:
        pipeline_id: The pipeline.
        run_id: The awaited run.
        run: The run as last read, or `None` if no read succeeded.
        handle: A short string without secrets with which any process can resume the wait.
    """

    def __init__(
        self,
        message: str,
        *,
        pipeline_id: str = "",
        run_id: int = 0,
        handle: str = "",
        run: "Run | None" = None,
    ) -> None:
        super().__init__(message)
        self.pipeline_id = pipeline_id
        self.run_id = run_id
        self.run = run
        self.handle = handle
