"""Delivery of events to the listeners of a client.

Without listeners there is no observer: methods are not wrapped, and requests are sent by `exchange` alone.
"""

import asyncio
import functools
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, TypeVar

import attrs

from warehouse_sync.errors import ConfigurationError
from warehouse_sync.events import AttemptEnded, Event, Listener, OperationEnded, OperationStarted, installed
from warehouse_sync.settings import Clock
from warehouse_sync.transport.deadlines import Deadline
from warehouse_sync.transport.exchange import exchange
from warehouse_sync.transport.pool import LoopSession
from warehouse_sync.transport.request import ApiRequest, RequestHeaders
from warehouse_sync.transport.response import ApiResponse, request_id_of

T = TypeVar("T")

_log = logging.getLogger("warehouse_sync")


@attrs.define(eq=False, repr=False)
class Operation:
    """A call of a public method.

    Attributes:
        name: The public name of the method.
        observer: The observer of the client.
        attempts: The number of API requests sent so far.
    """

    name: str
    observer: "Observer"
    attempts: int = 0


_current: ContextVar[Operation | None] = ContextVar("warehouse_sync_operation", default=None)


def current_operation() -> str:
    """Return the name of the running operation, or an empty string."""
    operation = _current.get()
    return "" if operation is None else operation.name


def to_observer(listeners: Iterable[Listener], clock: Clock) -> "Observer | None":
    """Return an observer for listeners and installed ones, or `None` without any.

    Raises:
        ConfigurationError: A listener cannot be called.
    """
    if not isinstance(listeners, Iterable):
        raise ConfigurationError(f"listeners must be a list of callables, not {type(listeners).__name__}")
    found = tuple(listeners)
    for listener in found:
        if not callable(listener):
            raise ConfigurationError(f"a listener must be callable, not {type(listener).__name__}")
    found += installed()
    return Observer(found, clock) if found else None


@attrs.frozen(eq=False, repr=False)
class Observer:
    """Calls the listeners of a client.

    Attributes:
        listeners: The listeners, in the order of their calls. An exception of one is logged and changes nothing.
        clock: The time.
    """

    listeners: tuple[Listener, ...]
    clock: Clock

    def emit(self, event: Event) -> None:
        """Pass an event to each listener."""
        for listener in self.listeners:
            try:
                listener(event)
            except Exception as error:  # noqa: BLE001 - a listener must not change what the client does
                _log.error("a listener raised an error for %s", type(event).__name__, exc_info=error)

    def count_attempt(self) -> None:
        """Count an API request of the running operation."""
        operation = _current.get()
        if operation is not None:
            operation.attempts += 1

    def wrap(
        self, name: str, workspace_id: int, method: Callable[..., Awaitable[T]]
    ) -> Callable[..., Awaitable[T]]:
        """Return a method that emits an event when a call starts and when it ends.

        A call within another operation of the same client belongs to that operation.
        """

        @functools.wraps(method)
        async def observed(*args: Any, **kwargs: Any) -> T:  # noqa: ANN401 - those of any method
            current = _current.get()
            if current is not None and current.observer is self:
                return await method(*args, **kwargs)
            return await self._run(Operation(name, self), workspace_id, lambda: method(*args, **kwargs))

        return observed

    def wrap_methods(self, name: str, workspace_id: int, resource: object) -> None:
        """Wrap each public coroutine method of a resource client, for this instance only."""
        for method_name, method in inspect.getmembers(resource, inspect.iscoroutinefunction):
            if not method_name.startswith("_"):
                setattr(resource, method_name, self.wrap(f"{name}.{method_name}", workspace_id, method))

    async def _run(self, operation: Operation, workspace_id: int, call: Callable[[], Awaitable[T]]) -> T:
        started, error_type = self.clock.monotonic(), None
        token = _current.set(operation)
        try:
            self.emit(OperationStarted(operation=operation.name, workspace_id=workspace_id))
            return await call()
        except BaseException as error:
            error_type = type(error).__name__
            raise
        finally:
            self.emit(
                OperationEnded(
                    operation=operation.name,
                    workspace_id=workspace_id,
                    seconds=self.clock.monotonic() - started,
                    attempts=operation.attempts,
                    error_type=error_type,
                )
            )
            _current.reset(token)


@attrs.define(eq=False, repr=False)
class ObservedExchange:
    """Sends one HTTP request, as `exchange` does, then logs it and emits an event.

    Attributes:
        observer: The observer of the client, or `None` to log only.
        clock: The time.
        resend_count: The number of earlier attempts.
        deadline: The deadline of the request.
        request_id: The server's id of the request, once its response has begun.
    """

    observer: Observer | None
    clock: Clock
    resend_count: int
    deadline: Deadline
    request_id: str | None = None

    async def send(
        self, session: LoopSession, request: ApiRequest[Any], headers: RequestHeaders
    ) -> ApiResponse:
        """Send the request, exactly once, and read its response completely."""

        def on_headers(received: Mapping[str, str]) -> None:
            self.request_id = request_id_of(received)
            if request.on_headers is not None:
                request.on_headers(received)

        started = self.clock.monotonic()
        status, error_type = None, None
        try:
            response = await exchange(session, attrs.evolve(request, on_headers=on_headers), headers)
        except BaseException as error:
            error_type = self._error_type(error)
            raise
        else:
            status = response.status
            error_type = str(status) if status >= 400 else None  # noqa: PLR2004 - an HTTP status
            return response
        finally:
            self._report(request, headers, status, error_type, self.clock.monotonic() - started)

    def _error_type(self, error: BaseException) -> str:
        expired = isinstance(error, asyncio.CancelledError) and self.deadline.expired
        return "TimeoutError" if expired else type(error).__name__

    def _report(
        self,
        request: ApiRequest[Any],
        headers: RequestHeaders,
        status: int | None,
        error_type: str | None,
        seconds: float,
    ) -> None:
        from warehouse_sync.wire.error_responses import without_secrets  # noqa: PLC0415 - see `to_api_error`

        template = headers.base_url.prefix + (request.template or request.path)
        request_id = without_secrets(self.request_id, (*request.secrets, *headers.secrets))
        outcome = error_type if status is None else status
        _log.debug(
            "%s %s: %s in %.0f ms, request id %s",
            request.method,
            template,
            outcome,
            seconds * 1000,
            request_id or "-",
        )
        if self.observer is not None:
            event = AttemptEnded(
                operation=current_operation(),
                method=request.method,
                url_template=template,
                server=headers.base_url.host_and_port,
                status=status,
                seconds=seconds,
                resend_count=self.resend_count,
                error_type=error_type,
                request_id=request_id,
            )
            self.observer.emit(event)
