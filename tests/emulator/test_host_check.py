"""Accepted and rejected hosts and origins."""

from __future__ import annotations

import pytest

from warehouse_sync.emulator.host_check import HostCheck
from warehouse_sync.emulator.responses import HttpError

LOOPBACK = ["127.0.0.1", "127.0.0.1:80", "127.9.9.9:1", "localhost:8080", "LOCALHOST", "[::1]", "[::1]:8080"]
FOREIGN = [
    None,
    "",
    "evil.example",
    "localhost.evil.example:80",
    "127.0.0.1.evil.example",
    "192.168.0.1",
    "[::2]:80",
    "user@localhost",
    "localhost:80:80",
    "localhost/",
    "[localhost",
]


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_is_accepted(host: str) -> None:
    """Loopback addresses and localhost are accepted with and without a port, repeatedly."""
    rule = HostCheck()
    rule.check(host, None)
    rule.check(host, f"http://{host}")


@pytest.mark.parametrize("host", FOREIGN)
def test_other_host_is_rejected(host: str | None) -> None:
    """Names and addresses that are not loopback are rejected, even similar ones."""
    with pytest.raises(HttpError) as caught:
        HostCheck().check(host, None)
    assert caught.value.status == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://127.0.0.1.evil.example"])
def test_foreign_origin_is_rejected(origin: str) -> None:
    """A page of another site is rejected although it names an accepted host."""
    with pytest.raises(HttpError) as caught:
        HostCheck().check("127.0.0.1", origin)
    assert caught.value.status == 403


def test_addresses_and_names_can_be_permitted() -> None:
    """With `any_address` any address is accepted, and the permitted names; no other name."""
    rule = HostCheck(any_address=True, names=["Emulator"])
    for host in ("192.168.0.1:80", "[fe80::1]:80", "emulator:80", "localhost"):
        rule.check(host, None)
    with pytest.raises(HttpError):
        rule.check("evil.example", None)
