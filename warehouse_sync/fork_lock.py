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
        """A property of a client that imports what it returns, at first use. No fork happens meanwhile.

        The property itself, as an attribute of the class, has the methods of what it returns, so that
        `unittest.mock.create_autospec` of the class finds them.
        """

        def __set_name__(self, owner: type[Any], name: str) -> None:
            super().__set_name__(owner, name)
            self._owner = owner

        def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:  # noqa: ANN401 - as in the base class
            """Return the value."""
            with FORK_LOCK:
                return super().__get__(instance, owner)

        def __dir__(self) -> list[str]:
            return [*super().__dir__(), *dir(self._example())]

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - an attribute of anything
            if name.startswith("_"):
                raise AttributeError(name)
            return getattr(self._example(), name)

        def _example(self) -> Any:  # noqa: ANN401 - what the property returns
            """Return the value for a client that can send nothing."""
            url = "http://127.0.0.1:9"  # the port of the discard service
            client = self._owner(
                workspace_id=1,
                client_id="example",
                client_secret="example",  # noqa: S106 - sent nowhere
                api_url=url,
                token_url=url,
            )
            return getattr(client, self.attrname)


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(
        before=FORK_LOCK.acquire, after_in_parent=FORK_LOCK.release, after_in_child=FORK_LOCK.release
    )
