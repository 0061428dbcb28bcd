"""How long to soak: `python -m pytest tests/soak --soak 300000 --soak-seed 7`."""

import pytest

SHORT = 3000


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; they exist only when this folder is named on the command line."""
    parser.addoption("--soak", type=int, default=SHORT, help="how many calls the soak makes")
    parser.addoption("--soak-seed", type=int, default=1, help="which faults it meets")


@pytest.fixture
def calls(request: pytest.FixtureRequest) -> int:
    """How many calls to make."""
    return int(request.config.getoption("--soak", default=SHORT))


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Which faults to meet."""
    return int(request.config.getoption("--soak-seed", default=1))
