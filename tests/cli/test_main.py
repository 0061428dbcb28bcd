"""The command line in a real process."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from warehouse_sync._version import __version__
from warehouse_sync.cli.main import root

COMMAND = Path(sys.executable).with_name("warehouse-sync")


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the installed command."""
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - our own command


def python(code: str) -> "subprocess.CompletedProcess[str]":
    """Run code in a new interpreter."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603 - our own code


def test_help_lists_every_command() -> None:
    """The help lists each command with its summary."""
    listed = python("from warehouse_sync.cli.main import COMMANDS; import json; print(json.dumps(COMMANDS))")
    shown = run("--help")
    assert shown.returncode == 0
    for name, line in json.loads(listed.stdout).items():
        assert f"  {name}" in shown.stdout
        assert line in shown.stdout


def test_every_command_has_help() -> None:
    """Each command can be imported on its own, and its help has an example."""
    code = """
import os, sys
from warehouse_sync.cli import main
from warehouse_sync.cli.main import COMMANDS
for name in COMMANDS:
    process = os.fork()  # which has imported no command
    if not process:
        sys.argv = ["warehouse-sync", name, "--help"]
        main()
    assert os.waitpid(process, 0)[1] == 0, name
print(*COMMANDS)
"""
    shown = python(code)
    assert (shown.returncode, shown.stderr) == (0, "")
    names = shown.stdout.splitlines()[-1].split()
    assert len(names) > 20
    assert [name for name in names if f"Example: warehouse-sync {name}" not in shown.stdout] == []


def test_help_imports_nothing_heavy() -> None:
    """`--help` imports neither the server nor the client nor rich."""
    code = """
import sys
from warehouse_sync.cli import main
sys.argv = ["warehouse-sync", "--help"]
try:
    main()
finally:
    print([name for name in ("aiohttp", "anyio", "attrs", "cattrs", "msgspec", "rich") if name in sys.modules])
"""
    assert python(code).stdout.splitlines()[-1] == "[]"


def test_command_looks_for_garbage_rarely() -> None:
    """Garbage collections would take a sixth of the time of a short command, the last ones at its exit."""
    code = """
import gc, sys
from warehouse_sync.cli import main
sys.argv = ["warehouse-sync", "--version"]
try:
    main()
finally:
    print(gc.isenabled(), gc.get_threshold()[0], gc.get_freeze_count() > 0)
"""
    assert python(code).stdout.splitlines()[-1] == "True 100000 True"


def test_version_is_printed() -> None:
    """`--version` prints the command's name and version."""
    assert run("--version").stdout == f"warehouse-sync {__version__}\n"


def test_unknown_command_exits_with_2() -> None:
    """An unknown command is refused by name with exit code 2."""
    done = run("emulate")
    assert done.returncode == 2
    assert "No such command 'emulate'" in done.stderr
    assert "Traceback" not in done.stderr


def test_misspelt_command_gets_a_suggestion() -> None:
    """The error for a misspelt command suggests the closest name."""
    done = run("pipeline", "list")
    assert done.returncode == 2
    assert "No such command 'pipeline'. Did you mean 'pipelines'?" in done.stderr


def test_interrupt_without_event_loop_exits_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C also ends a command without an event loop with 130 and one word."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("warehouse_sync.declarative.json_schema", interrupted)
    done = CliRunner().invoke(root, ["schema"])
    assert (done.exit_code, done.output) == (130, "Interrupted.\n")


@pytest.mark.parametrize(
    ("arguments", "command"), [("", "demo"), ("'status'", "status"), ("'--secret=canary'", "demo")]
)
def test_missing_click_shows_what_to_type(arguments: str, command: str) -> None:
    """Without the `cli` extra the command prints how to install or run it, and exits with 1."""
    done = python(
        f"import sys; sys.modules['click'] = None; sys.argv[1:] = [{arguments}]; "
        "from warehouse_sync.cli import main; main()"
    )
    assert done.returncode == 1
    assert done.stderr == (
        "The command line needs packages that are not installed. Install them with pip install 'warehouse-sync[cli]',\n"
        "or run a command without installing it:\n"
        f"  uvx 'warehouse-sync[all]' {command}\n"
        f"  pipx run --spec 'warehouse-sync[all]' warehouse-sync {command}\n"
    )


def test_module_runs_the_command_line() -> None:
    """`python -m warehouse_sync` is the command."""
    command = [sys.executable, "-W", "error", "-m", "warehouse_sync", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own words
    assert done.stdout.startswith("warehouse-sync")


def test_missing_package_names_the_extra() -> None:
    """A command without its extra prints how to install it and exits with 1."""
    code = """
import sys
sys.modules["dateutil"] = None
sys.argv = ["warehouse-sync", "emulator"]
from warehouse_sync.cli import main
main()
"""
    done = python(code)
    assert done.returncode == 1
    assert done.stderr == (
        "Error: This command needs packages that are not installed: pip install 'warehouse-sync[emulator]'\n"
    )


def test_other_import_errors_are_not_hidden() -> None:
    """A missing package of the core is not reported as an extra."""
    code = """
import sys
sys.modules["msgspec"] = None
sys.argv = ["warehouse-sync", "emulator"]
from warehouse_sync.cli import main
main()
"""
    assert "ModuleNotFoundError: import of msgspec halted" in python(code).stderr
