"""The exit codes, as in `docs/exit-codes.md`, and the code of each error.

A code never changes its meaning.
"""

from collections.abc import Mapping
from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a command."""

    OK = 0
    ERROR = 1
    USAGE = 2
    RUN_FAILED = 3
    TIMEOUT = 4
    LOGIN_REFUSED = 5
    NOT_FOUND = 6
    CONFLICT = 7
    OUTCOME_UNKNOWN = 8
    NETWORK = 9
    FILES_WRONG = 10
    WAREHOUSE_REFUSED = 11
    THROTTLED = 12
    CONFIGURATION = 13
    BUSY = 14
    PLAN_STALE = 15
    REFUSED = 16
    INTERRUPTED = 130


DRIFT = ExitCode.USAGE
"""The exit code of `drift` when there is drift: 2, as of `terraform plan`. Wrong arguments end `drift` with `ERROR` instead."""

MEANINGS = {
    ExitCode.OK: "Success; for `drift`, the workspace matches the files.",
    ExitCode.ERROR: "Any error without a code of its own.",
    ExitCode.USAGE: "Wrong arguments; for `drift`, the workspace differs from the files.",
    ExitCode.RUN_FAILED: "The run failed or was stopped.",
    ExitCode.TIMEOUT: "The run did not end in time, or the API did not respond in time.",
    ExitCode.LOGIN_REFUSED: "The credential was refused, or lacks permission.",
    ExitCode.NOT_FOUND: "The connection, data model, pipeline or run does not exist.",
    ExitCode.CONFLICT: "A different resource already has this id.",
    ExitCode.OUTCOME_UNKNOWN: "A change may or may not have been made.",
    ExitCode.NETWORK: "The API could not be reached.",
    ExitCode.FILES_WRONG: "The files have errors, or `lint` found errors.",
    ExitCode.WAREHOUSE_REFUSED: "The warehouse refused the login or could not be reached.",
    ExitCode.THROTTLED: "The API limits the rate and asks for a longer wait than the command allows.",
    ExitCode.CONFIGURATION: "A setting is missing or invalid.",
    ExitCode.BUSY: "The pipeline is already running.",
    ExitCode.PLAN_STALE: "The saved plan is out of date; nothing was changed.",
    ExitCode.REFUSED: "Nothing was changed: not confirmed, or refused by a limit such as `--max-deletes`.",
    ExitCode.INTERRUPTED: "Interrupted with Ctrl-C.",
}

# By the name of the class: importing the classes takes longer than a short command. Subclasses have the code of their base.
ERROR_CODES: Mapping[str, ExitCode] = {
    "ValidationError": ExitCode.USAGE,
    "RunFailedError": ExitCode.RUN_FAILED,
    "WaitTimeoutError": ExitCode.TIMEOUT,
    "TimeoutError": ExitCode.TIMEOUT,
    "TokenError": ExitCode.LOGIN_REFUSED,
    "UnauthorizedError": ExitCode.LOGIN_REFUSED,
    "ForbiddenError": ExitCode.LOGIN_REFUSED,
    "NotFoundError": ExitCode.NOT_FOUND,
    "ConflictError": ExitCode.CONFLICT,
    "OutcomeUnknownError": ExitCode.OUTCOME_UNKNOWN,
    "TransportError": ExitCode.NETWORK,
    "InvalidFilesError": ExitCode.FILES_WRONG,
    "WarehouseLoginError": ExitCode.WAREHOUSE_REFUSED,
    "RateLimitedError": ExitCode.THROTTLED,
    "ConfigurationError": ExitCode.CONFIGURATION,
    "PipelineBusyError": ExitCode.BUSY,
    "StalePlanError": ExitCode.PLAN_STALE,
    "PlanError": ExitCode.REFUSED,
}


def code_of(error: Exception) -> ExitCode:
    """Return the exit code of an error of the SDK."""
    names = (cls.__name__ for cls in type(error).__mro__)
    return next((ERROR_CODES[name] for name in names if name in ERROR_CODES), ExitCode.ERROR)
