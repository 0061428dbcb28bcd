"""The exit codes: each kind of end has its own, and none of them changes its meaning. Listed in `docs/exit-codes.md`."""

from enum import IntEnum


class Exit(IntEnum):
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


DRIFT = Exit.USAGE
"""What `drift` ends with when there is drift; a mistake in its arguments is `ERROR` there instead."""

MEANINGS = {
    Exit.OK: "It worked; for `drift`, there is none.",
    Exit.ERROR: "Anything that has no code of its own.",
    Exit.USAGE: "The command was typed wrongly; for `drift`, there is drift.",
    Exit.RUN_FAILED: "The run that was waited for failed or was stopped.",
    Exit.TIMEOUT: "The run did not end in time, or the API did not answer in time.",
    Exit.LOGIN_REFUSED: "The credential was refused, or may not do this.",
    Exit.NOT_FOUND: "There is no such connection, data model, pipeline or run.",
    Exit.CONFLICT: "Something different exists under the id.",
    Exit.OUTCOME_UNKNOWN: "A change may or may not have happened.",
    Exit.NETWORK: "The API could not be reached.",
    Exit.FILES_WRONG: "The files have errors, or lint found some.",
    Exit.WAREHOUSE_REFUSED: "The warehouse refused the login or could not be reached.",
    Exit.THROTTLED: "The API asks to wait longer than the command may.",
    Exit.CONFIGURATION: "The configuration is incomplete or cannot work.",
    Exit.BUSY: "The pipeline is not idle.",
    Exit.PLAN_STALE: "The saved plan no longer fits; nothing was changed.",
    Exit.REFUSED: "Nothing was changed: the answer was no, or a limit such as `--max-deletes` stands in the way.",
    Exit.INTERRUPTED: "Ctrl-C.",
}
