"""Faults on demand: which requests are answered badly, and how."""

import re
from asyncio import sleep
from collections.abc import Awaitable, Callable, Mapping
from fnmatch import fnmatchcase

from aiohttp import web
from attrs import asdict, define, field
from attrs.validators import deep_mapping, instance_of, optional

from warehouse_sync.emulator.answers import Document, RefusalError

_ROUTE = re.compile(r"[A-Z*]+ /?\S+")
_ONCE: int | None = 1
_LOGIN_REFUSED = 505
# What the reference says this status means here.
_LOGIN_MESSAGE = (
    "The request failed to connect to the warehouse account. Check the username and password, and make sure the "
    "source account ID, region, warehouse, and database entries are correct."
)


@define(kw_only=True)
class Fault:
    """What happens to the next requests of a route.

    Attributes:
        route: A method and a path, either with ``*``, such as ``GET /platform/v2/workspaces/*/connections``.
        count: To how many requests it happens; None for all.
        delay: Seconds to wait before anything else.
        status: Answer with this status in place of the real answer.
        headers: Headers of that answer, such as ``Retry-After``.
        message: The message of that answer.
        drop: Close the connection before the request is handled.
        apply_then_drop: Handle the request, then close the connection: the change is made, the answer lost.
    """

    route: str = field(validator=instance_of(str))
    count: int | None = field(default=_ONCE, validator=optional(instance_of(int)))
    delay: float = field(default=0.0, validator=instance_of((int, float)))
    status: int | None = field(default=None, validator=optional(instance_of(int)))
    headers: Mapping[str, str] = field(
        factory=dict, validator=deep_mapping(instance_of(str), instance_of(str))
    )
    message: str | None = field(default=None, validator=optional(instance_of(str)))
    drop: bool = field(default=False, validator=instance_of(bool))
    apply_then_drop: bool = field(default=False, validator=instance_of(bool))

    def __attrs_post_init__(self) -> None:
        if not _ROUTE.fullmatch(self.route):
            raise ValueError(
                f"A fault's route is a method and a path, such as `GET /platform/*`; not {self.route!r}."
            )
        if self.count is not None and self.count < 1:
            raise ValueError("A fault's count is at least 1, or None for every request.")
        if self.status is not None and not 400 <= self.status <= 599:  # noqa: PLR2004  # the statuses of errors
            raise ValueError(f"A fault's status is one of an error, 400 to 599; not {self.status}.")
        if self.delay < 0:
            raise ValueError("A fault's delay is not negative.")

    def matches(self, method: str, path: str) -> bool:
        """Tell whether a request is one of the route's."""
        wanted_method, _, wanted_path = self.route.partition(" ")
        return fnmatchcase(method, wanted_method) and fnmatchcase(path, wanted_path)

    def show(self) -> Document:
        """Return the fault as the control route lists it."""
        return asdict(self)

    async def happen(
        self, request: web.Request, handle: Callable[[], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Answer a request the way this fault has it."""
        if self.delay:
            await sleep(self.delay)
        if self.drop:
            return _drop(request)
        if self.status is not None:
            raise self._refusal(self.status)
        answer = await handle()
        return _drop(request) if self.apply_then_drop else answer

    def _refusal(self, status: int) -> RefusalError:
        usual = _LOGIN_MESSAGE if status == _LOGIN_REFUSED else f"The emulator was told to answer {status}."
        return RefusalError(status, self.message or usual, headers=self.headers)


class Faults:
    """The faults in force, oldest first; the first that matches a request happens to it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Let every request be answered properly again."""
        self._faults.clear()

    def show(self) -> list[Document]:
        """Return the faults in force."""
        return [fault.show() for fault in self._faults]

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that happens to a request, and count it as used."""
        fault = next((fault for fault in self._faults if fault.matches(method, path)), None)
        if fault is not None and fault.count is not None:
            fault.count -= 1
            if not fault.count:
                self._faults.remove(fault)
        return fault


def _drop(request: web.Request) -> web.StreamResponse:
    """Close the connection with nothing sent; the answer returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
