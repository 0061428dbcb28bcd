"""`plan` with files that must not be read, such as links out of the folder."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

MODEL = "kind: data_model\nid: orders\nname: Orders\nsql_file: {}\n"
CONNECTION = """
kind: connection
id: warehouse
name: Warehouse
service_provider: Redshift
config: {{database: d, host: h, user: u, password: "file:{}", aws_iam_role_arn: a}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a secret beside it."""
    (tmp_path / "outside.sql").write_text("canary")
    (tmp_path / "infra" / "sql").mkdir(parents=True)
    return tmp_path / "infra"


def assert_refused(cli: "Cli", folder: Path, message: str, line: str) -> None:
    """Check that `plan`, `apply` and `lint` fail without showing the content."""
    for command in (("plan", folder, "--json"), ("apply", folder, "--yes"), ("lint", folder)):
        done = cli(*command)
        assert done.exit_code == 10, done.output
        assert message in done.output
        assert line in done.output
        assert "canary" not in done.output
        assert "HOME=" not in done.output


@pytest.mark.parametrize("target", ["/proc/self/environ", "/etc/passwd", "../outside.sql", "sql/linked"])
def test_sql_file_linked_out_of_folder_is_refused(target: str, cli: "Cli", folder: Path) -> None:
    """A `sql_file` that is a link out of the folder is an error."""
    (folder / "sql" / "linked").symlink_to(folder.parent / "outside.sql")
    (folder / "a.yaml").write_text(MODEL.format("query.sql"))
    (folder / "query.sql").symlink_to(target)
    assert_refused(cli, folder, "query.sql is outside of the folder", "a.yaml:4:11")


def test_sql_file_in_linked_folder_is_refused(cli: "Cli", folder: Path) -> None:
    """A `sql_file` in a folder that is a symbolic link out of the folder is an error."""
    (folder / "linked").symlink_to(folder.parent)
    (folder / "a.yaml").write_text(MODEL.format("linked/outside.sql"))
    assert_refused(cli, folder, "linked/outside.sql is outside of the folder", "a.yaml:4:11")


@pytest.mark.parametrize("path", ["../outside.sql", "/etc/passwd", "sql/../../outside.sql"])
def test_sql_file_with_path_out_of_folder_is_refused(path: str, cli: "Cli", folder: Path) -> None:
    """An absolute `sql_file`, or one with `..`, is an error."""
    (folder / "a.yaml").write_text(MODEL.format(path))
    assert_refused(cli, folder, "sql_file must be in the folder of its document or below it", "a.yaml:4:11")


def test_document_linked_out_of_folder_is_refused(cli: "Cli", folder: Path) -> None:
    """A document that is a symbolic link to a file outside of the folder is an error."""
    (folder / "b.yaml").symlink_to(folder.parent / "outside.sql")
    assert_refused(cli, folder, "b.yaml is outside of the folder", "b.yaml:1:1")


def test_link_inside_folder_is_followed(cli: "Cli", folder: Path) -> None:
    """A link to a file in the folder is read, also if the folder is a link."""
    (folder / "sql" / "shared.sql").write_text("SELECT 1")
    (folder / "query.sql").symlink_to("sql/shared.sql")
    (folder / "a.yaml").write_text(MODEL.format("query.sql"))
    (folder.parent / "link").symlink_to(folder)
    for path in (folder, folder.parent / "link", folder / "a.yaml"):
        done = cli("plan", path, "--json")
        assert done.exit_code == 0, done.output
        assert [change["action"] for change in json.loads(done.stdout)["changes"]] == ["create"]


@pytest.mark.parametrize("kind", ["fifo", "device"])
def test_special_sql_file_fails_at_once(kind: str, cli: "Cli", folder: Path) -> None:
    """A FIFO or a device as `sql_file` is an error and is not read."""
    (folder / "a.yaml").write_text(MODEL.format("query.sql"))
    if kind == "fifo":
        os.mkfifo(folder / "query.sql")
        assert_refused(cli, folder, "query.sql is not a regular file", "a.yaml:4:11")
    else:
        (folder / "query.sql").symlink_to("/dev/zero")
        assert_refused(cli, folder, "query.sql is outside of the folder", "a.yaml:4:11")


def test_special_document_fails_at_once(cli: "Cli", folder: Path) -> None:
    """A FIFO with the name of a document is an error, in a folder and by itself."""
    os.mkfifo(folder / "a.yaml")
    assert_refused(cli, folder, "a.yaml is not a regular file", "a.yaml:1:1")
    assert_refused(cli, folder / "a.yaml", "a.yaml is not a regular file", "a.yaml:1:1")


def test_large_sql_file_is_refused(cli: "Cli", folder: Path) -> None:
    """A `sql_file` over the limit is an error."""
    (folder / "query.sql").write_text("x" * 1_000_001)
    (folder / "a.yaml").write_text(MODEL.format("query.sql"))
    assert_refused(cli, folder, "query.sql is larger than 1,000,000 bytes", "a.yaml:4:11")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/dev/zero", "is not a regular file"),
        ("fifo", "is not a regular file"),
        ("large", "is larger than 100,000 bytes"),
        ("none", "cannot be read: No such file or directory"),
    ],
)
def test_unusable_secret_file_stops_apply(name: str, reason: str, cli: "Cli", folder: Path) -> None:
    """A secret file that cannot be used stops `apply` before the first change."""
    os.mkfifo(folder / "fifo")
    (folder / "large").write_text("x" * 100_001)
    (folder / "a.yaml").write_text(CONNECTION.format(name))
    assert f"config.password: file:{name} {reason}; apply needs it" in cli("plan", folder).stdout
    done = cli("apply", folder, "--yes")
    assert done.exit_code == 16
    assert f"the connection warehouse needs config.password, but file:{name} {reason}" in done.stderr
    assert json.loads(cli("connections", "list", "--json").stdout) == []
