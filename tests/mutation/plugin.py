"""A pytest plugin for the tests of one mutant: those of its module run first, and hanging tests end.

mutmut has pytest stop at the first failure, so most mutants cost the tests of one file. A mutant that hangs is given up
after as long as no healthy test takes, and says so by its exit code. Hypothesis draws the same examples each time, and
looks for no simpler one than that which killed.
"""

import os
import signal
from collections.abc import Generator

import pytest
from hypothesis import Phase, settings

LONGEST = 10.0  # seconds; the slowest test takes 3
KILLED, HANGS = 1, 36  # exit codes, as mutmut understands them

settings.register_profile(
    "mutation", phases=[Phase.explicit, Phase.generate], derandomize=True, database=None
)


def pytest_configure() -> None:
    """Configure hypothesis before a test uses it."""
    settings.load_profile("mutation")


def mirrors(node_id: str, mutant: str) -> bool:
    """Return whether a test's file is that of a mutant's module: `tests/wire/test_fast.py` of `warehouse_sync.wire.fast.…`."""
    folder, _, file = node_id.partition("::")[0].removeprefix("tests/").partition("/")
    _, package, module, *_ = (*mutant.split("."), "", "", "")
    return folder == package and file.removesuffix(".py").startswith(f"test_{module}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of the module first, and those of faults, which take longest, last."""
    mutant = os.environ.get("MUTANT_UNDER_TEST", "")
    items.sort(
        key=lambda item: (
            not mirrors(item.nodeid, mutant),
            item.nodeid.startswith("tests/faults"),
            item.location,
        )
    )


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Exit at the first failure, without teardown."""
    if report.failed and "__mutmut_" in os.environ.get("MUTANT_UNDER_TEST", ""):
        os._exit(KILLED)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """End the process if a test of a mutant hangs."""
    if "__mutmut_" not in os.environ.get("MUTANT_UNDER_TEST", ""):
        return (yield)  # all tests, which mutmut times first: a slow machine is no hang
    signal.signal(signal.SIGALRM, lambda *_: os._exit(HANGS))
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    result = yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    return result
