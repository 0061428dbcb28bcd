"""The project and the environment of a command."""

from pathlib import Path
from typing import TYPE_CHECKING

from warehouse_sync import declarative
from warehouse_sync.cli import errors
from warehouse_sync.cli.errors import CliError
from warehouse_sync.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from warehouse_sync.declarative import Project, ProjectEnvironment


def select_environment(files: Path | None, name: str | None) -> "ProjectEnvironment | None":
    """Return the environment of a command, or `None` without a project.

    Args:
        files: The files of the command, or a saved plan. A command without files has a project only with `--env`.
        name: The value of `--env`.

    Raises:
        CliError: The project file is invalid, or does not have exactly one environment for the command.
    """
    if files is None and name is None:
        return None
    with errors.exit_on_error():
        saved = declarative.find_plan(files) if files is not None else None
        if saved is not None:
            if name not in (None, saved.environment):
                raise CliError(
                    f"{files} is a plan for environment {saved.environment or 'none'}.",
                    ExitCode.USAGE,
                    "Remove --env.",
                )
            files, name = Path(saved.folder), saved.environment
        project = declarative.find_project(files or Path())
    if project is None:
        if name is not None:
            raise CliError(f"there is no {declarative.PROJECT_FILE} for --env.", ExitCode.CONFIGURATION)
        return None
    return _environment(project, name)


def select_environments(files: Path, name: str | None) -> "list[ProjectEnvironment | None]":
    """Return the environment that `--env` names, or all of the project.

    Without a project the list contains only `None`.
    """
    with errors.exit_on_error():
        project = declarative.find_project(files)
    if project is None or name is not None:
        return [select_environment(files, name)]
    return [*project.environments.values()]


def _environment(project: "Project", name: str | None) -> "ProjectEnvironment":
    known = ", ".join(project.environments)
    if name is None and len(project.environments) == 1:
        return next(iter(project.environments.values()))
    if name is None:
        raise CliError(
            f"{project.file} has several environments.", ExitCode.USAGE, f"Choose one with --env: {known}."
        )
    if name not in project.environments:
        raise CliError(
            f"{project.file} has no environment {name!r}.", ExitCode.USAGE, f"Its environments: {known}."
        )
    return project.environments[name]
