"""The command line: `warehouse-sync`."""

import sys


def main() -> None:
    """Run the command line; without the `cli` extra, exit with a hint."""
    try:
        from warehouse_sync.cli.main import root  # noqa: PLC0415 - click belongs to an extra
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        sys.exit("The command line needs packages that are not installed: pip install 'warehouse-sync[cli]'")
    root(prog_name="warehouse-sync")
