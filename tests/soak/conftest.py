"""The length of the soak test: `python -m pytest tests/soak --soak 300000 --soak-seed 7`."""

import pytest

SHORT = 3000


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, which exist only if this folder is named on the command line."""
    parser.addoption("--soak", type=int, default=SHORT, help="how many calls the soak makes")
    parser.addoption("--soak-seed", type=int, default=1, help="which faults it meets")


@pytest.fixture
def calls(request: pytest.FixtureRequest) -> int:
    """The number of calls."""
    return int(request.config.getoption("--soak", default=SHORT))


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of the faults."""
    return int(request.config.getoption("--soak-seed", default=1))
