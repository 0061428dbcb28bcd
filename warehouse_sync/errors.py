"""Every exception the SDK raises.

```text
WarehouseSyncError
├── ConfigurationError           the client was given settings that cannot work
├── ValidationError              a value was refused before any request was sent
├── TransportError               the request or its answer did not get through
│   ├── ConnectError             no connection: refused, or the name is unknown
│   ├── TLSError                 the server's certificate or protocol was refused
│   ├── ReadError                the connection broke before the answer was whole
│   └── TimeoutError             time ran out: see `phase`
├── DecodeError                  the answer is not what the API documents
│   └── ResponseTooLargeError    the answer is larger than the SDK reads
├── TokenError                   the token endpoint refused, or answered nonsense
├── APIError                     the API answered with an error
│   ├── BadRequestError          400
│   │   └── PipelineBusyError    400, the pipeline is already in progress
│   ├── UnauthorizedError        401, also with a fresh token
│   ├── ForbiddenError           403
│   ├── NotFoundError            404
│   ├── ConflictError            409
│   ├── RateLimitedError         429
│   └── ServerError              5xx
│       └── WarehouseLoginError  505, the warehouse refused the login
├── OutcomeUnknownError          a change may or may not have happened
├── PaginationError              the server repeats itself; what was yielded stays valid
├── RunFailedError               a run that was waited for did not succeed
└── WaitTimeoutError             a run did not finish in the time allowed
```

No exception holds a secret, and every one survives pickling.
"""

import builtins
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from warehouse_sync.models import Run

Sent = Literal["no", "maybe"]
Phase = Literal["pool", "connect", "read", "total"]


class WarehouseSyncError(Exception):
    """The base of every exception the SDK raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by state: constructors take keywords that `Exception` would not replay."""
        return _revive, (type(self), self.args, dict(self.__dict__))


def _revive(
    cls: type[WarehouseSyncError], args: tuple[Any, ...], state: dict[str, Any]
) -> WarehouseSyncError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(WarehouseSyncError, ValueError):
    """The client's settings cannot work; nothing was sent."""


class ValidationError(WarehouseSyncError, ValueError):
    """A value was refused before any request was sent.

    Attributes:
        problems: Every `(field, message)` that is wrong, in the order of the fields, not just the first.
            A field is a path such as `config.password`.
    """

    def __init__(self, subject: str, problems: Iterable[tuple[str, str]]) -> None:
        self.problems: tuple[tuple[str, str], ...] = tuple(problems)
        listing = "; ".join(f"{field}: {message}" for field, message in self.problems)
        super().__init__(f"{subject} was not sent: {listing}")

    @property
    def fields(self) -> tuple[str, ...]:
        """The paths of the fields that are wrong."""
        return tuple(field for field, _ in self.problems)


class TransportError(WarehouseSyncError):
    """The request or its answer did not get through.

    Attributes:
        sent: `"no"` when the server cannot have seen the request, `"maybe"` when it can have.
        attempts: How many requests were made for this call, this one included.
    """

    def __init__(self, message: str, *, sent: Sent, attempts: int = 1) -> None:
        super().__init__(message)
        self.sent: Sent = sent
        self.attempts = attempts


class ConnectError(TransportError):
    """No connection could be made: refused, unreachable, or an unknown name. The request was not sent."""

    def __init__(self, message: str, *, sent: Sent = "no", attempts: int = 1) -> None:
        super().__init__(message, sent=sent, attempts=attempts)


class TLSError(TransportError):
    """The server's certificate or protocol was refused. The request was not sent, and is never retried."""

    def __init__(self, message: str, *, sent: Sent = "no", attempts: int = 1) -> None:
        super().__init__(message, sent=sent, attempts=attempts)


class ReadError(TransportError):
    """The connection broke before the answer was whole."""

    def __init__(self, message: str, *, sent: Sent = "maybe", attempts: int = 1) -> None:
        super().__init__(message, sent=sent, attempts=attempts)


class TimeoutError(TransportError, builtins.TimeoutError):  # noqa: A001 - the contract's name; it is the builtin, too
    """Time ran out. Also a builtin `TimeoutError`.

    Attributes:
        phase: Which limit ended the call: `"pool"` no connection came free before the deadline, `"connect"` no
            connection was made within `Timeout.connect`, `"read"` the server sent nothing for `Timeout.read`,
            `"total"` the whole call took longer than `Timeout.total`.
    """

    def __init__(self, message: str, *, phase: Phase, sent: Sent, attempts: int = 1) -> None:
        super().__init__(message, sent=sent, attempts=attempts)
        self.phase: Phase = phase


class DecodeError(WarehouseSyncError):
    """The answer is not what the API documents. The message says where, and never shows a value."""


class ResponseTooLargeError(DecodeError):
    """The answer is larger than 16 MiB once decompressed; the rest of it was not read."""


class TokenError(WarehouseSyncError):
    """The token endpoint refused the credential, or answered nonsense. Only 408, 429 and 5xx are retried first.

    Attributes:
        status: The token endpoint's HTTP status; `None` where it answered nonsense.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class APIError(WarehouseSyncError):
    """The API answered with an error.

    Attributes:
        status: The HTTP status.
        messages: What the server said, in its order; empty when it said nothing readable.
        method: The HTTP method of the request.
        path: The path of the request, with the workspace, without the query.
        request_id: The server's id of the request, when it sent one.
        attempts: How many requests were made for this call.
        elapsed: Seconds from the start of the call to this answer.
        retry_after: Seconds the server asked to wait, or `None` when it did not say.
    """

    def __init__(  # noqa: PLR0913 - the public attributes of every API error
        self,
        *,
        status: int,
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
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        said = "; ".join(message.rstrip(".") for message in self.messages) or "the server gave no reason"
        trail = f" (request id {self.request_id})" if self.request_id else ""
        tries = f" after {self.attempts} attempts" if self.attempts > 1 else ""
        return f"{self.method} {self.path} answered {self.status}{tries}: {said}{trail}{self._mend()}"

    def _mend(self) -> str:
        return ""


class BadRequestError(APIError):
    """400: the request was refused, or the resource is in a state that does not allow it."""


class PipelineBusyError(BadRequestError):
    """400: the pipeline is already in progress. Wait for its run to end, then trigger again."""


class UnauthorizedError(APIError):
    """401, also after one replay with a fresh token."""

    def _mend(self) -> str:
        return ". The token is fresh, so check that the credential may use this workspace."


class ForbiddenError(APIError):
    """403: the credential may not do this."""


class NotFoundError(APIError):
    """404: there is no such resource, or none yet (a new pipeline's report takes about a minute to appear)."""


class ConflictError(APIError):
    """409, or a create that found a different resource under its id."""


class RateLimitedError(APIError):
    """429, and waiting as long as the server asks would outlast the deadline or the retry policy."""

    def _mend(self) -> str:
        return "" if self.retry_after is None else f". Try again in {self.retry_after:g} s."


class ServerError(APIError):
    """5xx: the server failed."""


class WarehouseLoginError(ServerError):
    """505: the warehouse refused the login or could not be reached. Never retried: repeated logins lock accounts."""

    def _mend(self) -> str:
        return ". Check the connection's user, password, account, region, warehouse and database before trying again."


class OutcomeUnknownError(WarehouseSyncError):
    """A change was sent and its answer lost or unreadable: it may or may not have happened.

    `__cause__` is what happened to the answer.

    Attributes:
        operation: What was attempted, such as `"create connection"`.
        resource_id: The id of the connection, data model or pipeline.
        candidates: For a trigger, the ids of the runs that may be its own, newest first.
    """

    def __init__(
        self, message: str, *, operation: str, resource_id: str, candidates: Sequence[int] = ()
    ) -> None:
        super().__init__(message)
        self.operation = operation
        self.resource_id = resource_id
        self.candidates: tuple[int, ...] = tuple(candidates)


class PaginationError(WarehouseSyncError):
    """The server repeats itself, so going on would never end. What was yielded stays valid.

    Attributes:
        pipeline_id: The pipeline whose runs were being listed.
        page: The number of the page that repeated.
    """

    def __init__(self, message: str, *, pipeline_id: str, page: int) -> None:
        super().__init__(message)
        self.pipeline_id = pipeline_id
        self.page = page


class RunFailedError(WarehouseSyncError):
    """A run that was waited for ended as `failed` or `stopped`.

    Attributes:
        run: The run as last read, with its `errors`.
    """

    def __init__(self, run: "Run") -> None:
        self.run = run
        reasons = "; ".join(error.message for error in run.errors) or "the run gives no reason"
        super().__init__(f"run {run.id} of pipeline {run.pipeline_id} ended as {run.status}: {reasons}")


class WaitTimeoutError(WarehouseSyncError, builtins.TimeoutError):
    """A run did not finish in the time allowed. The run itself goes on; wait again with `runs.resume(handle)`.

    Attributes:
        pipeline_id: The pipeline.
        run_id: The run that was waited for.
        run: The run as last read, or `None` when no read succeeded.
        handle: A short string without secrets from which any process can go on waiting.
    """

    def __init__(
        self, message: str, *, pipeline_id: str, run_id: int, handle: str, run: "Run | None" = None
    ) -> None:
        super().__init__(message)
        self.pipeline_id = pipeline_id
        self.run_id = run_id
        self.run = run
        self.handle = handle
