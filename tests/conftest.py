"""What holds for every test."""

import signal

import pytest
from hypothesis import HealthCheck, settings

RUN_ORDERS = ("newest", "oldest", "shuffled")

# A shell that starts the tests in the background tells them to ignore Ctrl-C, and their subprocesses would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests run side by side: how long an example takes depends on the others.
settings.register_profile("parallel", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fuzz", settings.get_profile("parallel"), max_examples=10_000)
settings.load_profile("parallel")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for the order of runs, which no document promises."""
    parser.addoption(
        "--run-order", choices=RUN_ORDERS, default=RUN_ORDERS[0], help="Order in which emulators list runs."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the order of the option the default of every emulator in this process."""
    order = config.getoption("--run-order")
    if order == RUN_ORDERS[0]:
        return
    from warehouse_sync.emulator import Emulator  # noqa: PLC0415 - slow to import

    defaults = Emulator.__init__.__kwdefaults__
    assert defaults is not None
    assert defaults["run_order"] == RUN_ORDERS[0]
    defaults["run_order"] = order
