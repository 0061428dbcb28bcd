"""A lock that is held across each fork of the process.

A child that is forked while another thread imports a module waits forever when it imports the same module, because its
copy of the import lock is never released. A thread that holds this lock during an import delays the fork until its end.
"""

import os
import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")

FORK_LOCK = threading.RLock()

if TYPE_CHECKING:
    lazy_property = cached_property
else:

    class lazy_property(cached_property[T]):  # noqa: N801 - a decorator
        """A property that imports what it returns, at first use. No fork happens meanwhile."""

        def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:  # noqa: ANN401 - as in the base class
            """Return the value."""
            with FORK_LOCK:
                return super().__get__(instance, owner)


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(
        before=FORK_LOCK.acquire, after_in_parent=FORK_LOCK.release, after_in_child=FORK_LOCK.release
    )
