"""A machine in another time zone."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

needs_zones = pytest.mark.skipif(
    not hasattr(time, "tzset"), reason="the zone of a process can be set on POSIX alone"
)


@contextmanager
def abroad() -> Iterator[None]:
    """Set the machine's time zone to five and a half hours ahead of UTC."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "XXX-05:30")
        time.tzset()
        yield
    time.tzset()
