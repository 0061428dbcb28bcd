"""Who may call: requests that name this machine, and no web page of another site.

A page in a browser can send requests to loopback addresses. Where DNS is made to point a foreign name at one
(rebinding), the name shows in ``Host``; where the page calls by address, its own site shows in ``Origin``.
"""

import re
from collections.abc import Iterable
from http import HTTPStatus
from ipaddress import ip_address

from warehouse_sync.emulator.responses import HttpError

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:/@]+)(?::\d{1,5})?", re.ASCII)


class HostCheck:
    """Accepts loopback names, and more where the emulator listens to the network on purpose.

    Args:
        any_address: Accept any IP address as well; rebinding needs a name.
        names: Further names to accept.
    """

    def __init__(self, *, any_address: bool = False, names: Iterable[str] = ()) -> None:
        self._any_address = any_address
        self._names = {"localhost", *(name.lower() for name in names)}
        self._accepted: set[str] = set()

    def check(self, host: str | None, origin: str | None) -> None:
        """Refuse a request by its ``Host`` and ``Origin`` headers."""
        # Nearly every request repeats a header that was accepted before.
        if host not in self._accepted:
            self._check_host(host)
        if origin is not None and not self._accepts(origin.partition("://")[2]):
            raise HttpError(
                HTTPStatus.FORBIDDEN, f"Web pages of other sites may not call the emulator: {origin}"
            )

    def _check_host(self, host: str | None) -> None:
        if host is None or not self._accepts(host):
            raise HttpError(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"The emulator answers to loopback names such as 127.0.0.1 and localhost, not to {host or 'no host'}.",
            )
        self._accepted.add(host)

    def _accepts(self, authority: str) -> bool:
        match = _HOST.fullmatch(authority)
        if match is None:
            return False
        name = match.group(1).strip("[]").lower()
        return name in self._names or self._accepts_address(name)

    def _accepts_address(self, name: str) -> bool:
        try:
            address = ip_address(name)
        except ValueError:
            return False
        return self._any_address or address.is_loopback
