"""The command line: `warehouse-sync`."""

import gc
import sys

MISSING = """\
The command line needs packages that are not installed. Install them with pip install 'warehouse-sync[cli]',
or run a command without installing it:
  uvx 'warehouse-sync[all]' {command}
  pipx run --spec 'warehouse-sync[all]' warehouse-sync {command}"""

_OBJECTS_BETWEEN_COLLECTIONS = 100_000


def main() -> None:
    """Run the command line; without the `cli` extra, exit with a hint."""
    # Most objects of a command live until its end: looking for garbage among them takes a sixth of the time of `status`.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    try:
        from warehouse_sync.cli.main import root  # noqa: PLC0415 - click belongs to an extra
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        given = sys.argv[1] if len(sys.argv) > 1 else ""
        sys.exit(MISSING.format(command=given if given.isalpha() and given.isascii() else "demo"))
    try:
        root(prog_name="warehouse-sync")
    finally:
        gc.freeze()
