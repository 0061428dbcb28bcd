"""The exit codes: each kind of end has its own, and none of them changes its meaning. Listed in `docs/exit-codes.md`."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended."""

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
"""What `drift` ends with when there is drift; a mistake in its arguments is `ERROR` there instead."""

MEANINGS = {
    ExitCode.OK: "It worked; for `drift`, there is none.",
    ExitCode.ERROR: "Anything that has no code of its own.",
    ExitCode.USAGE: "The command was typed wrongly; for `drift`, there is drift.",
    ExitCode.RUN_FAILED: "The run that was waited for failed or was stopped.",
    ExitCode.TIMEOUT: "The run did not end in time, or the API did not answer in time.",
    ExitCode.LOGIN_REFUSED: "The credential was refused, or may not do this.",
    ExitCode.NOT_FOUND: "There is no such connection, data model, pipeline or run.",
    ExitCode.CONFLICT: "Something different exists under the id.",
    ExitCode.OUTCOME_UNKNOWN: "A change may or may not have happened.",
    ExitCode.NETWORK: "The API could not be reached.",
    ExitCode.FILES_WRONG: "The files have errors, or lint found some.",
    ExitCode.WAREHOUSE_REFUSED: "The warehouse refused the login or could not be reached.",
    ExitCode.THROTTLED: "The API asks to wait longer than the command may.",
    ExitCode.CONFIGURATION: "The configuration is incomplete or cannot work.",
    ExitCode.BUSY: "The pipeline is not idle.",
    ExitCode.PLAN_STALE: "The saved plan no longer fits; nothing was changed.",
    ExitCode.REFUSED: "Nothing was changed: the answer was no, or a limit such as `--max-deletes` stands in the way.",
    ExitCode.INTERRUPTED: "Ctrl-C.",
}
