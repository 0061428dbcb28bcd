"""The proxy variables of the environment."""

import pytest

from warehouse_sync import ConfigurationError
from warehouse_sync.proxies import Proxy, find_proxy

API = "https://api.mparticle.com"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"http_proxy": "http://p:1", "HTTP_PROXY": "http://p:1"}, None),
        ({"https_proxy": ""}, None),
        ({"https_proxy": "http://p:1"}, Proxy(variable="https_proxy", url="http://p:1")),
        ({"HTTPS_PROXY": "http://p:1"}, Proxy(variable="HTTPS_PROXY", url="http://p:1")),
        ({"HTTPS_PROXY": "a:1", "https_proxy": "b:1"}, Proxy(variable="https_proxy", url="http://b:1")),
        ({"ALL_PROXY": "p:1"}, Proxy(variable="ALL_PROXY", url="http://p:1")),
        ({"HTTPS_PROXY": "p"}, Proxy(variable="HTTPS_PROXY", url="http://p:1080")),
        ({"HTTPS_PROXY": "https://p"}, Proxy(variable="HTTPS_PROXY", url="https://p:443")),
        ({"HTTPS_PROXY": "http://[::1]:3128/"}, Proxy(variable="HTTPS_PROXY", url="http://[::1]:3128")),
    ],
)
def test_proxy_of_an_https_url(environ: dict[str, str], expected: Proxy | None) -> None:
    """The lower-case variable comes first; scheme and port have defaults, as with curl."""
    assert find_proxy(API, environ) == expected


@pytest.mark.parametrize(
    ("no_proxy", "url", "used"),
    [
        ("", API, True),
        ("*", API, False),
        ("mparticle.com", API, False),
        (".mparticle.com", API, False),
        ("example.com, API.mparticle.com", API, False),
        ("particle.com", API, True),
        ("10.0.0.0/8", "https://10.1.2.3", False),
        ("10.0.0.0/8", "https://11.1.2.3", True),
        ("10.1.2.3", "https://10.1.2.3", False),
        ("[::1]", "https://[::1]", False),
        ("", "http://127.0.0.1:8080", False),
    ],
)
def test_no_proxy_lists_hosts_without_a_proxy(no_proxy: str, url: str, *, used: bool) -> None:
    """Domains include their subdomains; plain http is for loopback hosts and uses no proxy."""
    environ = {"HTTPS_PROXY": "http://p:1", "NO_PROXY": no_proxy}
    assert (find_proxy(url, environ) is not None) is used


def test_login_is_separate_and_hidden() -> None:
    """The login becomes a header, and neither the URL nor the `repr` shows it."""
    proxy = find_proxy(API, {"HTTPS_PROXY": "http://me:p%40ss@p:1"})
    assert proxy is not None
    assert (proxy.url, proxy.authorization) == ("http://p:1", "Basic bWU6cEBzcw==")
    assert "bWU6" not in repr(proxy)
    without = find_proxy(API, {"HTTPS_PROXY": "http://me@p:1"})
    assert without is not None
    assert without.authorization == "Basic bWU6"


@pytest.mark.parametrize(
    "value",
    ["socks5://me:canary@p:1", "http://:canary@", "http://p:canary", "http://p\x00:1", "http://[canary"],
)
def test_invalid_proxy_is_an_error_without_its_value(value: str) -> None:
    """The message names the variable and shows an example."""
    with pytest.raises(ConfigurationError) as caught:
        find_proxy(API, {"HTTPS_PROXY": value})
    expected = "HTTPS_PROXY must be the URL of an http or https proxy, such as http://proxy.example:3128"
    assert str(caught.value) == expected
