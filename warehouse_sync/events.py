"""The events that listeners of a client receive.

A listener is a callable with one argument. Events hold no header, body or secret, and paths without ids.

```python
from warehouse_sync import AsyncClient
from warehouse_sync.events import AttemptEnded, Event

def print_attempt(event: Event) -> None:
    if isinstance(event, AttemptEnded):
        print(event.operation, event.status, event.seconds)

client = AsyncClient(listeners=[print_attempt])
```
"""

from collections.abc import Callable
from typing import Literal

import attrs


@attrs.frozen(kw_only=True)
class OperationStarted:
    """A method of a client was called.

    Attributes:
        operation: The public name of the method, such as `pipelines.report`.
        workspace_id: The number of the workspace.
    """

    operation: str
    workspace_id: int


@attrs.frozen(kw_only=True)
class OperationEnded:
    """A method of a client returned or raised.

    Attributes:
        operation: The public name of the method.
        workspace_id: The number of the workspace.
        seconds: The duration of the call, with all attempts and the delays between them.
        attempts: The number of API requests that were sent, without those for a token.
        error_type: The class name of the exception, or `None`.
    """

    operation: str
    workspace_id: int
    seconds: float
    attempts: int
    error_type: str | None


@attrs.frozen(kw_only=True)
class AttemptEnded:
    """One HTTP request ended, with or without a response.

    Attributes:
        operation: The public name of the method that sent it. A background request has the operation that started it.
        method: The HTTP method.
        url_template: The path with the names of ids in place of their values.
        server: The host and port.
        status: The HTTP status, or `None` without a response.
        seconds: The time from sending the request to the end of the response.
        resend_count: The number of earlier attempts of the same request.
        error_type: The class name of the error, the status of an error response, or `None`.
        request_id: The server's id of the request, or `None`.
    """

    operation: str
    method: str
    url_template: str
    server: str
    status: int | None
    seconds: float
    resend_count: int
    error_type: str | None
    request_id: str | None


@attrs.frozen(kw_only=True)
class RetryScheduled:
    """A request failed and will be sent again.

    Attributes:
        operation: The public name of the method that sends it.
        delay: Seconds until the next attempt.
        reason: The class name of the error.
    """

    operation: str
    delay: float
    reason: str


@attrs.frozen(kw_only=True)
class TokenFetched:
    """A token was fetched.

    Attributes:
        seconds: The duration, with retries.
        source: `endpoint`, or `cache` for the token cache on disk.
    """

    seconds: float
    source: Literal["endpoint", "cache"]


@attrs.frozen(kw_only=True)
class RunPolled:
    """A run that is waited for was read.

    Attributes:
        workspace_id: The number of the workspace.
        pipeline_id: The id of the pipeline.
        run_id: The number of the run.
        status: The status of the run.
    """

    workspace_id: int
    pipeline_id: str
    run_id: int
    status: str


@attrs.frozen(kw_only=True)
class RunEnded:
    """A run that is waited for ended.

    Attributes:
        workspace_id: The number of the workspace.
        pipeline_id: The id of the pipeline.
        run_id: The number of the run.
        status: The status of the run.
        seconds: The duration of the run, or `None` if the API reports no start or end.
        successful_records: The number of records that were loaded, or `None`.
        failed_records: The number of records that were not loaded, or `None`.
    """

    workspace_id: int
    pipeline_id: str
    run_id: int
    status: str
    seconds: float | None
    successful_records: int | None
    failed_records: int | None


@attrs.frozen(kw_only=True)
class ResponseRecovered:
    """The response to a change was lost, and its result was found.

    Attributes:
        operation: The public name of the method that sent the change.
    """

    operation: str


Event = (
    OperationStarted
    | OperationEnded
    | AttemptEnded
    | RetryScheduled
    | TokenFetched
    | RunPolled
    | RunEnded
    | ResponseRecovered
)
Listener = Callable[[Event], object]

_installed: list[Listener] = []


def install(listener: Listener) -> None:
    """Add a listener to every client that is created from now on in this process.

    Args:
        listener: The listener. Clients call it after their own.
    """
    _installed.append(listener)


def uninstall(listener: Listener) -> None:
    """Remove a listener from the clients that are created from now on.

    Args:
        listener: A listener passed to `install`. Unknown listeners are ignored.
    """
    if listener in _installed:
        _installed.remove(listener)


def installed() -> tuple[Listener, ...]:
    """Return the listeners that new clients call in addition to their own."""
    return tuple(_installed)
