"""Protection from web pages: only requests that name this machine are accepted.

A page in a browser can send requests to loopback addresses. If DNS resolves a foreign name to one (DNS rebinding),
`Host` shows that name; if the page uses the address itself, `Origin` shows the page's site.
"""

import re
from collections.abc import Iterable
from http import HTTPStatus
from ipaddress import ip_address

from warehouse_sync.emulator.responses import HttpError

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:/@]+)(?::\d{1,5})?", re.ASCII)


class HostCheck:
    """Accepts loopback names, and others only if the caller permits them.

    Args:
        any_address: Accept any IP address as well; DNS rebinding needs a name.
        names: Further names to accept.
    """

    def __init__(self, *, any_address: bool = False, names: Iterable[str] = ()) -> None:
        self._any_address = any_address
        self._names = {"localhost", *(name.lower() for name in names)}
        self._accepted: set[str] = set()

    def check(self, host: str | None, origin: str | None) -> None:
        """Check the `Host` and `Origin` headers of a request.

        Raises:
            HttpError: 421 for the host, 403 for the origin.
        """
        # Nearly every request repeats a host that was accepted before.
        if host not in self._accepted:
            self._check_host(host)
        if origin is not None and not self._is_accepted(origin.partition("://")[2]):
            raise HttpError(
                HTTPStatus.FORBIDDEN, f"Web pages of other sites may not call the emulator: {origin}"
            )

    def _check_host(self, host: str | None) -> None:
        if host is None or not self._is_accepted(host):
            raise HttpError(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"The emulator accepts loopback names such as 127.0.0.1 and localhost, not {host or 'an empty host'}.",
            )
        self._accepted.add(host)

    def _is_accepted(self, authority: str) -> bool:
        match = _HOST.fullmatch(authority)
        if match is None:
            return False
        name = match.group(1).strip("[]").lower()
        return name in self._names or self._is_accepted_address(name)

    def _is_accepted_address(self, name: str) -> bool:
        try:
            address = ip_address(name)
        except ValueError:
            return False
        return self._any_address or address.is_loopback


def is_loopback(host: str) -> bool:
    """Return whether an address to listen on can only be reached from this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def callable_address(address: tuple[str, int]) -> tuple[str, int]:
    """Return the address that clients call.

    It is loopback if the server listens on every address.
    """
    host, port = address[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104 - compared, not bound
