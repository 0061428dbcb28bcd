"""A plugin of pytest that measures coverage: `python -m pytest -p tests.support.coverage_start`.

It starts in each process that runs tests, before pytest loads the package's own plugin: the package's first import counts.
"""

from coverage import Coverage

_coverage = Coverage(data_suffix=True)
_coverage.start()


def pytest_unconfigure() -> None:
    """Write what this process measured to a file of its own, for `coverage combine`."""
    _coverage.stop()
    _coverage.save()
