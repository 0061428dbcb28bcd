"""The command line uses public names only."""

from pathlib import Path

from warehouse_sync.cli import exit_codes

ALLOWED = (
    "from warehouse_sync import ",
    "import warehouse_sync",
    "from warehouse_sync.cli",
    "from warehouse_sync.declarative import ",
    "from warehouse_sync.emulator",  # not part of the core; `emulator`, `demo` and `preview` use it
    "from warehouse_sync.events import ",
    "from warehouse_sync.observability.",
    "from warehouse_sync._version import ",
    "from warehouse_sync.proxies import ",  # `doctor` applies the same rules as the client
)


def test_only_public_names_are_imported() -> None:
    """No module of the command line imports internals of the core or of the declarative package."""
    files = Path(exit_codes.__file__).parent.rglob("*.py")
    lines = [line.strip() for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    inside = [line for line in lines if line.startswith(("from warehouse_sync", "import warehouse_sync"))]
    assert len(inside) > 50
    assert [line for line in inside if not line.startswith(ALLOWED)] == []
