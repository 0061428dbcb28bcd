"""Errors: one paragraph and an exit code."""

import pytest

import warehouse_sync
from warehouse_sync import (
    NotFoundError,
    RateLimitedError,
    RunFailedError,
    RunStatus,
    TokenError,
    WaitTimeoutError,
    declarative,
)
from warehouse_sync.cli import errors
from warehouse_sync.cli.exit_codes import ERROR_CODES, MEANINGS, ExitCode


def test_every_code_has_a_meaning() -> None:
    """Every exit code has a meaning."""
    assert set(MEANINGS) == set(ExitCode)


def test_sdk_errors_have_exit_codes() -> None:
    """An error has the exit code of its class, or of the nearest base with one."""
    raised = [
        NotFoundError(status=404),
        RateLimitedError(status=429),
        RunFailedError(warehouse_sync.Run(id=1, pipeline_id="p", status=RunStatus.FAILED)),
        warehouse_sync.WarehouseSyncError("something"),
    ]
    converted = [errors.to_cli_error(error) for error in raised]
    assert [each.exit_code for each in converted] == [6, 12, 3, 1]


@pytest.mark.parametrize("name", [*ERROR_CODES, *errors._HINTS])
def test_error_with_a_code_or_hint_exists(name: str) -> None:
    """A renamed class does not lose its exit code or hint unnoticed."""
    assert issubclass(getattr(warehouse_sync, name, None) or getattr(declarative, name), Exception)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (declarative.PlanError(["no"]), ExitCode.REFUSED),
        (declarative.StalePlanError(["no"]), ExitCode.PLAN_STALE),
        (declarative.InvalidFilesError([]), ExitCode.FILES_WRONG),
        (warehouse_sync.TLSError("no"), ExitCode.NETWORK),
        (warehouse_sync.TimeoutError("no", phase="total", sent="no"), ExitCode.TIMEOUT),
        (warehouse_sync.WarehouseLoginError(status=505), ExitCode.WAREHOUSE_REFUSED),
        (warehouse_sync.ServerError(status=503), ExitCode.ERROR),
        (warehouse_sync.PipelineBusyError(status=400), ExitCode.BUSY),
    ],
    ids=lambda value: type(value).__name__,
)
def test_subclass_has_its_own_code_or_that_of_its_base(
    error: warehouse_sync.WarehouseSyncError, code: ExitCode
) -> None:
    """The most specific class decides."""
    assert errors.to_cli_error(error).code is code


def test_wait_timeout_prints_the_command_to_continue() -> None:
    """The error of a wait contains the command with its handle."""
    converted = errors.to_cli_error(
        WaitTimeoutError("too long", pipeline_id="p", run_id=1, handle="wsr1:1:p:1")
    )
    assert converted.message == "too long. Continue waiting with: warehouse-sync runs watch wsr1:1:p:1"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "the token endpoint refused the credential (401). Response: No; never. Correct CREDENTIAL."),
        (503, "the token endpoint responded with 503. Response: No; never. Try again later."),
        (
            404,
            "the token endpoint responded with 404. Response: No; never. Check the token endpoint's address: --token-url",
        ),
        (
            None,
            "the token endpoint sent an invalid response. Check the token endpoint's address: --token-url",
        ),
    ],
)
def test_token_errors_have_hints(status: int | None, message: str) -> None:
    """The hint depends on the status of the token endpoint and names no SDK argument."""
    text = f"the token endpoint responded with {status}. Response: No; never"
    if status is None:
        text = "the token endpoint sent an invalid response"
    elif status == 401:
        text = text.replace("401", "401: check client_id and client_secret")
    error = TokenError(text, status=status, reason="No; never")
    converted = errors.to_cli_error(error, credential="CREDENTIAL")
    assert converted.message.startswith(message)
    assert converted.exit_code == 5


def test_control_characters_are_removed() -> None:
    """A server message with control characters becomes one harmless line."""
    assert errors.one_line("a\x1b[2Jb\nc\r") == "a [2Jb c."


def test_interrupt_prints_how_to_continue(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C exits with 130 and the message of the command."""

    async def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as caught:
        errors.run(interrupted, on_interrupt=lambda: "Continue elsewhere.")
    assert caught.value.code == 130
    assert capsys.readouterr().err == "Interrupted. Continue elsewhere.\n"


def test_error_group_is_its_first_error() -> None:
    """An exception group is reported as its first error."""

    async def work() -> None:
        raise ExceptionGroup("several", [ExceptionGroup("inner", [NotFoundError(status=404)])])

    with pytest.raises(errors.CliError) as caught:
        errors.run(work)
    assert caught.value.exit_code == 6
