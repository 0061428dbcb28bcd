"""The proxy variables of the environment, read as curl does.

The netrc file is never read.
"""

import base64
import ipaddress
import os
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

import attrs

from warehouse_sync.errors import ConfigurationError

VARIABLES: Final = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
"""The variables for https URLs, in order of precedence. Plain http is for loopback hosts and never uses a proxy."""


@attrs.frozen(kw_only=True)
class Proxy:
    """A proxy from the environment.

    Attributes:
        variable: The environment variable.
        url: The URL, without a login.
        authorization: The value of the Proxy-Authorization header, or `None`; excluded from the `repr`.
    """

    variable: str
    url: str
    authorization: str | None = attrs.field(default=None, repr=False)

    @property
    def host_and_port(self) -> str:
        """The host and port, for messages."""
        return urlsplit(self.url).netloc


def find_proxy(url: str, environ: Mapping[str, str] | None = None) -> Proxy | None:
    """Return the proxy that the environment sets for a URL, or `None`.

    Raises:
        ConfigurationError: The variable holds no URL of an http or https proxy. The message does not show it.
    """
    values = os.environ if environ is None else environ
    variable = next((name for name in VARIABLES if values.get(name)), None)
    if variable is None or not uses_proxy(url, values):
        return None
    return parse_proxy(variable, values[variable])


def uses_proxy(url: str, environ: Mapping[str, str]) -> bool:
    """Return whether a proxy may be used for a URL.

    The URL must be https, and `no_proxy` must not list its host.
    """
    parts = urlsplit(url)
    excluded = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    if parts.scheme != "https" or excluded.strip() == "*":
        return False
    host = (parts.hostname or "").rstrip(".")
    return not any(_excludes(name, host) for name in re.split(r"[\s,]+", excluded.lower()) if name)


def _excludes(name: str, host: str) -> bool:
    """Return whether an entry of `no_proxy` matches a host: a domain, an IP address or a network."""
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(name.strip("[]"), strict=False)
    except ValueError:
        domain = name.lstrip(".").rstrip(".")
        return host == domain or host.endswith(f".{domain}")


def parse_proxy(variable: str, value: str) -> Proxy:
    """Return the proxy of a variable, whose scheme and login are optional.

    Raises:
        ConfigurationError: The value is no URL of an http or https proxy. The message does not show it.
    """
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or not value.isascii() or not value.isprintable():
        raise ConfigurationError(
            f"{variable} must be the URL of an http or https proxy, such as http://proxy.example:3128"
        )
    address = f"[{host}]" if ":" in host else host
    default = 443 if parts.scheme == "https" else 1080  # as curl does
    authorization = None
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = f"Basic {base64.b64encode(login.encode()).decode('ascii')}"
    return Proxy(
        variable=variable, url=f"{parts.scheme}://{address}:{port or default}", authorization=authorization
    )
