"""Locations and problems in files, and the errors that report them."""

from collections.abc import Iterable

import attrs

from warehouse_sync import WarehouseSyncError


@attrs.frozen(order=True)
class Location:
    """A position in a file.

    Attributes:
        file: The file, relative to the path that the user gave.
        line: The line, from 1.
        column: The column, from 1.
    """

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@attrs.frozen(kw_only=True)
class Problem:
    """One problem in a file.

    Attributes:
        location: Where the problem is.
        message: What is wrong and how to fix it. Never contains a secret.
        path: The field, such as `pipelines.orders.schedule.start`; empty for a whole file.
    """

    location: Location
    message: str
    path: str = ""

    def __str__(self) -> str:
        return (
            f"{self.location}: {self.path}: {self.message}"
            if self.path
            else f"{self.location}: {self.message}"
        )


class InvalidFilesError(WarehouseSyncError):
    """The files have problems.

    Attributes:
        problems: Every problem, ordered by file and line.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems, key=lambda problem: problem.location))
        listing = "\n".join(str(problem) for problem in self.problems)
        super().__init__(f"{len(self.problems)} problem(s) in the files:\n{listing}")


class PlanError(WarehouseSyncError):
    """The plan cannot be applied; nothing was changed.

    Attributes:
        reasons: Every reason.
    """

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons: tuple[str, ...] = tuple(reasons)
        super().__init__("nothing was changed: " + "; ".join(self.reasons))


class StateError(WarehouseSyncError):
    """The state cannot be saved. Changes that were made stay."""


class StalePlanError(PlanError):
    """A saved plan is out of date: the files, the workspace or a secret changed."""
