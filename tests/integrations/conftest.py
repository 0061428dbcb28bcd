"""The tests of the integrations. Those that need a host are skipped where it is not installed."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of tests that take minutes."""
    config.addinivalue_line(
        "markers", "large: real processes, for minutes; `make integrations` runs it, `--quick` does not"
    )
