"""Tests of formatting files."""

from pathlib import Path

import attrs
import pytest

from warehouse_sync.declarative import Declarations, InvalidFilesError, format_files, load

MESSY = """
data_models:
- name: Orders
  id: orders
  sql_file:   orders.sql
connections:
- config:
      password: env:PASSWORD   # rotated in March
      user: "${var.user}"
      database: d
      host: h
      aws_iam_role_arn: arn
  service_provider: Redshift
  name: Redshift
  id: redshift
"""
FORMATTED = """\
data_models:
  - id: orders
    name: Orders
    sql_file: orders.sql
connections:
  - id: redshift
    name: Redshift
    service_provider: Redshift
    config:
      database: d
      host: h
      user: "${var.user}"
      password: env:PASSWORD  # rotated in March
      aws_iam_role_arn: arn
"""
FOREIGN = {
    "pod.yaml": "kind: Pod\nmetadata:\n    name: x\n",
    "bitbucket-pipelines.yml": "image: x\npipelines:\n    default: []\n",
    "stack.yaml": "Resources:\n    A: !Ref B\n    C: &c {}\n",
    "broken.yaml": "a: [\n",
    "empty.yaml": "",
    "all.json": '{"data_models":   []}',
    "query.sql": "SELECT 1   \r\n\n\n",
    "list.yaml": "-   a\n",
}


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files byte for byte."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())


def content(declarations: Declarations) -> list[object]:
    """Return what a plan reads from declarations."""
    return [
        (each.kind.name, attrs.asdict(each.spec), {path: str(ref) for path, ref in each.secrets.items()})
        for each in declarations.resources
    ]


def test_files_are_formatted_once(tmp_path: Path) -> None:
    """Messy files are formatted, declare the same, and are left alone afterwards."""
    write(tmp_path, {"a.yaml": MESSY.replace("${var.user}", "u"), "orders.sql": "SELECT 1  \n"})
    before = content(load(tmp_path))
    formatted = format_files([tmp_path])
    assert [*formatted.texts] == [tmp_path / "a.yaml"]
    assert (tmp_path / "a.yaml").read_text() == MESSY.replace("${var.user}", "u")
    formatted.write()
    assert content(load(tmp_path)) == before
    assert (tmp_path / "a.yaml").read_text() == FORMATTED.replace("${var.user}", "u")
    assert not format_files([tmp_path]).texts


def test_files_of_other_tools_are_left_alone(tmp_path: Path) -> None:
    """Files that declare nothing stay as they are, byte for byte, also when they are named."""
    write(tmp_path, FOREIGN)
    for paths in ([tmp_path], [tmp_path / name for name in FOREIGN]):
        assert format_files(paths).texts == {}


def test_files_with_problems_are_reported(tmp_path: Path) -> None:
    """What `lint` and `plan` refuse is refused with its location, and nothing is written."""
    write(
        tmp_path,
        {
            "anchor.yaml": "data_models:\n- &a {id: b}\n",
            "twice.yaml": "kind: data_model\nid: b\nid: c\n",
            "no.yaml": "kind: data_model\nname: no\n",
            "open.yaml": "data_models: [\n",
            "text.yaml": "data_models: # \xff\n",
        },
    )
    (tmp_path / "text.yaml").write_bytes(b"data_models: \xff\n")
    with pytest.raises(InvalidFilesError) as caught:
        format_files([tmp_path])
    problems = [str(each).removeprefix(f"{tmp_path}/") for each in caught.value.problems]
    assert [each.partition(": ")[0] for each in problems] == [
        "anchor.yaml:2:3",
        "no.yaml:2:7",
        "open.yaml:2:1",
        "text.yaml:1:1",
        "twice.yaml:3:1",
    ]


def test_unsupported_layout_is_skipped(tmp_path: Path) -> None:
    """A file whose layout cannot be changed safely stays, and the reason is given."""
    write(tmp_path, {"a.yaml": "%YAML 1.1\n---\ndata_models:   []\n"})
    formatted = format_files([tmp_path])
    assert not formatted.texts
    assert str(formatted.skipped[0]) == (
        f"{tmp_path}/a.yaml:1:1: is left as it is: its layout cannot be changed safely"
    )


def test_project_decides_what_is_ignored(tmp_path: Path) -> None:
    """Ignored files stay as they are, also when they are named; overlays are formatted."""
    toml = 'name = "p"\nignore = ["vendor"]\n[environments.dev]\nworkspace_id = 1\noverlay = "dev"\n'
    messy = "data_models:\n- {id: a}\n"
    write(tmp_path, {"warehouse-sync.toml": toml, "dev/a.yaml": messy, "vendor/a.yaml": messy})
    write(tmp_path, {"other/warehouse-sync.toml": toml, "other/a.yaml": messy, "other/dev/a.yaml": messy})
    formatted = format_files([tmp_path])
    assert [*formatted.texts] == [tmp_path / "dev" / "a.yaml"]
    assert "is a project of its own" in str(formatted.skipped[0])
    assert not format_files([tmp_path / "vendor", tmp_path / "vendor" / "a.yaml"]).texts


def test_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """A link in a folder cannot make `fmt` change a file elsewhere; a file that is named is formatted."""
    write(tmp_path, {"out.yaml": "data_models:\n- {id: a}\n", "infra/b.yaml": "data_models: []\n"})
    (tmp_path / "infra" / "a.yaml").symlink_to(tmp_path / "out.yaml")
    with pytest.raises(InvalidFilesError, match="is outside of the folder"):
        format_files([tmp_path / "infra"])
    formatted = format_files([tmp_path / "infra" / "a.yaml"])
    formatted.write()
    assert (tmp_path / "infra" / "a.yaml").is_symlink()
    assert (tmp_path / "out.yaml").read_text() == "data_models:\n  - {id: a}\n"


def test_byte_order_mark_and_line_ends_are_removed(tmp_path: Path) -> None:
    """A file of Windows gets the line ends of the others."""
    (tmp_path / "a.yaml").write_bytes("\ufeffdata_models: []\r\n".encode())
    format_files([tmp_path]).write()
    assert (tmp_path / "a.yaml").read_bytes() == b"data_models: []\n"
