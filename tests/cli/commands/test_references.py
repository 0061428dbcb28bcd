"""References to secrets in fields that are not secrets."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

FILE = """kind: connection
id: warehouse
name: Warehouse
service_provider: Redshift
config:
  database: {}
  host: localhost
  user: user
  password: env:PASSWORD
  aws_iam_role_arn: arn
"""


@pytest.mark.parametrize("reference", ["env:DATABASE", "file:database.txt", "file:/proc/self/environ"])
def test_reference_in_other_field_is_refused(
    reference: str, cli: "Cli", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reference in a field that is not a secret is an error at its location and is never sent or resolved."""
    monkeypatch.setenv("DATABASE", "canary")
    monkeypatch.setenv("PASSWORD", "canary")
    file = tmp_path / "a.yaml"
    file.write_text(FILE.format(reference))
    for command in (("plan", tmp_path), ("apply", tmp_path, "--yes"), ("lint", tmp_path)):
        done = cli(*command)
        assert done.exit_code == 10
        assert f"{file}:6:13: " in done.output
        assert "connection warehouse.config.database: is not a secret" in done.output
        assert "canary" not in done.output
