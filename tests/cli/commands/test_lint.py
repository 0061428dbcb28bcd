"""`lint` and `schema`, without an account."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one data model that has a warning."""
    model = {"kind": "data_model", "id": "a", "name": "A", "sql_query": "SELECT * FROM a.b.c"}
    (tmp_path / "a.json").write_text(json.dumps(model))
    return tmp_path


def test_exit_code_follows_severity(offline: "Cli", folder: Path) -> None:
    """Warnings exit with 0, or with 10 with `--strict`; errors exit with 10."""
    assert offline("lint", folder).exit_code == 0
    assert offline("lint", folder, "--strict").exit_code == 10
    (folder / "b.yaml").write_text("nonsense: 1\n")
    done = offline("lint", folder)
    assert done.exit_code == 10
    assert "error WS001: 'nonsense' is not a section" in done.stdout


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_json_and_sarif_are_json(form: str, offline: "Cli", folder: Path) -> None:
    """The JSON and SARIF formats are valid JSON."""
    assert "WS306" in json.dumps(json.loads(offline("lint", folder, "--format", form).stdout))


def test_github_annotations(offline: "Cli", folder: Path) -> None:
    """Each finding is one workflow command on its own line; without findings there is no output."""
    lines = offline("lint", folder, "--format", "github").stdout.splitlines()
    assert all(line.startswith(("::warning file=", "::notice file=")) for line in lines)
    (folder / "a.json").write_text("{}")
    assert offline("lint", folder, "--format", "github").stdout == ""


def test_unknown_statement_is_one_finding(offline: "Cli", folder: Path) -> None:
    """SQL that sqlglot does not know is one finding, without a log line."""
    model = {"kind": "data_model", "id": "a", "name": "A", "sql_query": "CALL something()"}
    (folder / "a.json").write_text(json.dumps(model))
    done = offline("lint", folder)
    assert done.exit_code == 10
    assert done.stderr == ""


def test_select_and_ignore_choose_rules(offline: "Cli", folder: Path) -> None:
    """Rules are chosen by code or its beginning; an invalid file is always reported."""
    for options, expected in (
        ([], {"WS102", "WS306"}),
        (["--select", "WS3"], {"WS306"}),
        (["--select", "WS102,WS305"], {"WS102"}),
        (["--ignore", "WS1", "--ignore", "WS306"], set()),
        (["--select", "WS3", "--ignore", "WS306"], set()),
    ):
        done = offline("lint", folder, "--json", *options)
        assert {each["code"] for each in json.loads(done.stdout)} == expected
    (folder / "b.yaml").write_text("nonsense: 1\n")
    assert offline("lint", folder, "--select", "WS3").exit_code == 10


def test_unknown_code_is_refused(offline: "Cli", folder: Path) -> None:
    """A code that does not exist, and ignoring invalid files, are usage errors."""
    done = offline("lint", folder, "--select", "WS999")
    assert done.exit_code == 2
    assert "there is no rule 'WS999'" in done.stderr
    done = offline("lint", folder, "--ignore", "WS001")
    assert done.exit_code == 2
    assert "WS001 cannot be ignored" in done.stderr


def test_dialect_is_used_without_a_connection(offline: "Cli", folder: Path) -> None:
    """`--dialect` is the dialect of queries whose connections are not in the files."""
    sql = "SELECT v:email::string AS email FROM a.b.c"
    model = {"kind": "data_model", "id": "a", "name": "A", "sql_query": sql}
    (folder / "a.json").write_text(json.dumps(model))
    done = offline("lint", folder)
    assert done.exit_code == 10
    assert "--dialect" in done.stdout
    assert offline("lint", folder, "--dialect", "snowflake").exit_code == 0
    assert offline("lint", folder, "--dialect", "bigquery").exit_code == 10


def test_schema_is_printed_or_written(offline: "Cli", tmp_path: Path) -> None:
    """The schema is printed, or written to a file that `lint` ignores."""
    printed = json.loads(offline("schema").stdout)
    file = tmp_path / "warehouse-sync.schema.json"
    assert offline("schema", "--out", file).exit_code == 0
    assert json.loads(file.read_text()) == printed
    assert offline("lint", tmp_path).exit_code == 0


PROJECT = """
name = "crm"
[environments.dev]
workspace_id = 1
"""


def test_project_sets_rules_and_limits(offline: "Cli", folder: Path) -> None:
    """`[lint]` and `[limits]` of the project apply, and options replace their values."""
    file = folder / "warehouse-sync.toml"
    file.write_text(f'{PROJECT}\n[lint]\nseverity = {{WS306 = "error"}}\nignore = ["WS102"]\n')
    done = offline("lint", folder)
    assert (done.exit_code, "error WS306" in done.stdout, "WS102" in done.stdout) == (10, True, False)
    assert "WS102" in offline("lint", folder, "--ignore", "WS306").stdout
    model = {"kind": "data_model", "id": "a", "name": "A", "sql_query": "SELECT c0, c1, c2 FROM a.b.c"}
    (folder / "a.json").write_text(json.dumps(model))
    file.write_text(f"{PROJECT}\n[limits]\ncolumns = 2\n")
    assert "WS307" in offline("lint", folder).stdout
    assert "WS307" not in offline("lint", folder, "--max-columns", "3").stdout


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('[lint]\nselect = ["XX1"]', "there is no rule 'XX1'"),
        ("[lint]\nrules = []", "'rules'"),
        ("[lint]\nseverity = 3", "lint cannot be used"),
        ("[limits]\nrows = 5", "limits has unknown keys: rows"),
    ],
)
def test_invalid_settings_of_the_project_are_errors(
    table: str, problem: str, offline: "Cli", folder: Path
) -> None:
    """The error has the file, the problem and the keys that exist."""
    file = folder / "warehouse-sync.toml"
    file.write_text(f"{PROJECT}\n{table}\n")
    done = offline("lint", folder)
    assert done.exit_code == 10
    assert f"{file}: " in done.stderr
    assert problem in done.stderr
    assert "Its keys are" in done.stderr


def test_several_paths_refer_to_each_other(offline: "Cli", tmp_path: Path) -> None:
    """Resources of all given files are known; what two paths contain counts once."""
    model = {"kind": "data_model", "id": "m", "name": "M", "sql_query": "SELECT email FROM a.b.c"}
    pipeline = {
        "kind": "pipeline",
        "id": "p",
        "name": "P",
        "pipeline_type": "user_attributes",
        "connection_id": "c",
        "data_model_id": "m",
        "sync_mode": {"type": "full"},
        "schedule": {"type": "on_demand"},
        "environment": "development",
    }
    (tmp_path / "m.json").write_text(json.dumps(model))
    (tmp_path / "p.json").write_text(json.dumps(pipeline))
    alone = offline("lint", tmp_path / "p.json", "--select", "WS1").stdout
    assert "connection c" in alone
    assert "data model m" in alone
    for paths in ([tmp_path / "p.json", tmp_path / "m.json"], [tmp_path, tmp_path / "m.json"]):
        found = offline("lint", *paths, "--select", "WS0,WS1").stdout
        assert "connection c" in found
        assert found.endswith("0 error(s), 1 warning(s), 0 note(s).\n")


def test_folder_of_compiled_sql_is_checked(offline: "Cli", tmp_path: Path) -> None:
    """Each `.sql` file of a folder without documents is a query; a single one can be named too."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.sql").write_text("SELECT v:email::string AS email\nFROM t;\n")
    (tmp_path / "b.sql").write_bytes(b"\xff")
    done = offline("lint", tmp_path, "--dialect", "snowflake")
    assert done.exit_code == 10
    assert f"{tmp_path}/sub/a.sql:2:6: warning WS305: uses the table t" in done.stdout
    assert f"{tmp_path}/sub/a.sql:2:7: error WS312: ends with a semicolon" in done.stdout
    assert "b.sql:1:1: error WS001: " in done.stdout
    assert "WS102" not in done.stdout
    one = offline("lint", tmp_path / "sub" / "a.sql", "--dialect", "snowflake")
    assert "a.sql:2:6: warning WS305" in one.stdout
    missing = offline("lint", tmp_path / "none.sql")
    assert missing.exit_code == 2


def test_link_out_of_a_folder_of_queries_is_a_problem(offline: "Cli", tmp_path: Path) -> None:
    """A symbolic link that leads out of the folder is not read; a file that is named is."""
    (tmp_path / "out.sql").write_text("SELECT email FROM t\n")
    folder = tmp_path / "queries"
    folder.mkdir()
    (folder / "a.sql").symlink_to(tmp_path / "out.sql")
    found = offline("lint", folder).stdout
    assert "error WS001" in found
    assert "is outside of the folder" in found
    assert "WS305" not in found
    assert "WS305" in offline("lint", folder / "a.sql").stdout


def test_standard_input_is_a_query(offline: "Cli") -> None:
    """`-` reads a query; it cannot be fixed there."""
    done = offline("lint", "-", "--dialect", "redshift", stdin="SELECT email\nFROM t\n")
    assert done.stdout.splitlines()[0].startswith("stdin.sql:2:6: warning WS305: uses the table t")
    refused = offline("lint", "-", "--fix", stdin="SELECT email FROM t")
    assert refused.exit_code == 2
    assert "name the file" in refused.stderr


def test_fix_corrects_files_and_reports_the_rest(offline: "Cli", tmp_path: Path) -> None:
    """Fixes are noted on stderr; what is left is reported."""
    (tmp_path / "a.sql").write_text("SELECT * FROM (SELECT email, x FROM t) AS i;\n")
    done = offline("lint", tmp_path, "--fix")
    assert (tmp_path / "a.sql").read_text() == "SELECT email, x FROM (SELECT email, x FROM t) AS i\n"
    assert done.stderr.splitlines() == [
        f"{tmp_path}/a.sql:1:44: fixed WS312",
        f"{tmp_path}/a.sql:1:8: fixed WS306",
    ] or done.stderr.splitlines() == [
        f"{tmp_path}/a.sql:1:8: fixed WS306",
        f"{tmp_path}/a.sql:1:44: fixed WS312",
    ]
    assert done.stdout.splitlines()[-1] == "0 error(s), 1 warning(s), 0 note(s)."
    assert offline("lint", tmp_path, "--fix").stderr == ""


def test_paths_of_several_projects_keep_their_settings(offline: "Cli", tmp_path: Path) -> None:
    """Each project has its own settings, and its resources are not those of another."""
    for name, code in (("one", "WS306"), ("two", "WS102")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "warehouse-sync.toml").write_text(
            f'name = "{name}"\n[environments.dev]\nworkspace_id = 1\n[lint]\nignore = ["{code}"]\n'
        )
        model = {"kind": "data_model", "id": "a", "name": "A", "sql_query": "SELECT * FROM a.b.c"}
        (tmp_path / name / "a.json").write_text(json.dumps(model))
    found = offline("lint", tmp_path / "one", tmp_path / "two").stdout.splitlines()
    assert [line.split(": ")[1] for line in found[:-1]] == ["note WS102", "warning WS306"]
