"""Field transformations in files."""

from pathlib import Path
from typing import Any

from warehouse_sync import declarative
from warehouse_sync.cli import errors


def read_field_transformations(path: Path) -> list[dict[str, Any]]:
    """Return the declared field transformations as the documented JSON.

    Raises:
        CliError: The files have problems; the message lists all of them.
    """
    with errors.exit_on_error():
        declarations = declarative.load(path)
    return [each.spec.to_dict() for each in declarations.field_transformations]
