"""Tests of the search for documents."""

from pathlib import Path

import pytest

from warehouse_sync.declarative.files.discover import find_documents
from warehouse_sync.declarative.files.fields import KINDS


def write(folder: Path, name: str, text: str = "connections: []\n") -> None:
    """Write a file and its parent folders."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_documents_are_found_in_order(tmp_path: Path) -> None:
    """Documents of all folders are found in order; other files are not reported."""
    for name in ("b.yaml", "a/c.yml", "a/b.json", "README.md", "a/orders.sql", "yaml"):
        write(tmp_path, name)
    search = find_documents(tmp_path)
    assert search.documents == [tmp_path / name for name in ("a/b.json", "a/c.yml", "b.yaml")]
    assert search.skipped == []


@pytest.mark.parametrize(
    ("text", "is_reported"),
    [
        *((f"{kind.section}:\n  - id: a\n", True) for kind in KINDS),
        *((f"# comment\nid: a\nkind: {kind.name}\n", True) for kind in KINDS),
        ('{"pipelines": []}', True),
        ('[{"id": "a", "kind": "pipeline"}]', True),
        ("- {id: a, kind: pipeline}", True),
        ("repos:\n  - repo: local\n", False),
        ("kind: Deployment\n", False),
        ("my-pipelines: []\nkind: pipelines\n", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("name", [".a.yaml", ".tool/a.json", "a/.b/c/d.yml", ".yaml", ".A.JSON"])
def test_hidden_file_is_reported_for_declarations(
    name: str, text: str, *, is_reported: bool, tmp_path: Path
) -> None:
    """A hidden file is skipped, and reported if it contains declarations."""
    write(tmp_path, name, text)
    search = find_documents(tmp_path)
    assert search.documents == []
    assert [problem.location.file for problem in search.skipped] == [str(tmp_path / name)] * is_reported


def test_git_folder_and_dangling_hidden_link_are_ignored(tmp_path: Path) -> None:
    """The folder of git and the lock files of editors are skipped without a report."""
    write(tmp_path, ".git/a.yaml")
    (tmp_path / ".#a.yaml").symlink_to("user@host.1")
    assert find_documents(tmp_path).skipped == []


def test_unreadable_hidden_file_is_reported(tmp_path: Path) -> None:
    """A hidden file that cannot be read may contain declarations."""
    write(tmp_path, ".large.yaml", "x" * 1_000_001)
    assert len(find_documents(tmp_path).skipped) == 1


def test_folder_named_like_a_document_is_searched(tmp_path: Path) -> None:
    """A folder is searched whatever its name is."""
    write(tmp_path, "a.yaml/b.yaml")
    assert find_documents(tmp_path).documents == [tmp_path / "a.yaml" / "b.yaml"]
