"""Delivery of events to the listeners of a client.

Without listeners there is no observer: methods are not wrapped, and requests are sent without one.
"""

import functools
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from typing import Any, TypeVar

import attrs

from warehouse_sync.errors import ConfigurationError
from warehouse_sync.events import Event, Listener, OperationEnded, OperationStarted, installed
from warehouse_sync.settings import Clock

T = TypeVar("T")

_log = logging.getLogger("warehouse_sync")


@attrs.define(eq=False)
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
