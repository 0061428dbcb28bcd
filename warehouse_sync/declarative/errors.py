"""What is wrong with files: each problem with its location, and all of them in one error."""

from collections.abc import Iterable

import attrs

from warehouse_sync import WarehouseSyncError


@attrs.frozen(order=True)
class Location:
    """A location in a file.

    Attributes:
        file: The file, as the user named it.
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
    """One thing that is wrong.

    Attributes:
        location: Where.
        message: What, and what to do about it. Never a secret.
        path: Which field, such as `pipelines.orders.schedule.start`; empty for a whole file.
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
    """Files cannot be used.

    Attributes:
        problems: Everything that is wrong, not just the first, by file and line.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems, key=lambda problem: problem.location))
        listing = "\n".join(str(problem) for problem in self.problems)
        super().__init__(f"{len(self.problems)} problem(s) in the files:\n{listing}")


class PlanError(WarehouseSyncError):
    """A plan cannot be carried out; nothing was changed.

    Attributes:
        reasons: Why not, all of it.
    """

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons: tuple[str, ...] = tuple(reasons)
        super().__init__("nothing was changed: " + "; ".join(self.reasons))


class StalePlanError(PlanError):
    """A saved plan no longer fits what it was made for."""
