"""The fixtures that run the command line."""

from tests.cli.conftest import cli, home, offline, seeded

__all__ = ["cli", "home", "offline", "seeded"]
