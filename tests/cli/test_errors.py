"""How errors end: in one paragraph, with a code of their own."""

import pytest

import warehouse_sync
from warehouse_sync import (
    NotFoundError,
    RateLimitedError,
    RunFailedError,
    RunStatus,
    TokenError,
    WaitTimeoutError,
)
from warehouse_sync.cli import errors
from warehouse_sync.cli.exit_codes import MEANINGS, ExitCode


def test_every_code_has_a_meaning() -> None:
    """The table of meanings is whole."""
    assert set(MEANINGS) == set(ExitCode)


def test_every_error_is_explained() -> None:
    """Each error of the SDK has a message and a code; a fault of the program is left to show itself."""
    raised = [
        NotFoundError(status=404),
        RateLimitedError(status=429),
        RunFailedError(warehouse_sync.Run(id=1, pipeline_id="p", status=RunStatus.FAILED)),
        warehouse_sync.WarehouseSyncError("something"),
    ]
    told = [errors.explain(error) for error in raised]
    assert [each.exit_code for each in told if each] == [6, 12, 3, 1]
    assert errors.explain(KeyError("x")) is None


def test_timeout_of_a_wait_names_the_command_that_goes_on() -> None:
    """The handle of a wait that timed out stands in the message."""
    told = errors.explain(WaitTimeoutError("too long", pipeline_id="p", run_id=1, handle="wsr1:1:p:1"))
    assert told is not None
    assert told.message == "too long. Go on waiting: warehouse-sync runs watch wsr1:1:p:1"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "the token endpoint refused the credential (401). It said: No; never. Correct CREDENTIAL."),
        (503, "the token endpoint answered 503. It said: No; never. Try again later."),
        (
            404,
            "the token endpoint answered 404. It said: No; never. Check the token endpoint's address: --token-url",
        ),
        (None, "the token endpoint answered nonsense. Check the token endpoint's address: --token-url"),
    ],
)
def test_token_that_is_not_had_is_told_with_its_mend(status: int | None, message: str) -> None:
    """What to do depends on what the token endpoint said; no argument of the SDK is named."""
    text = f"the token endpoint answered {status}. It said: No; never"
    if status is None:
        text = "the token endpoint answered nonsense"
    elif status == 401:
        text = text.replace("401", "401: check client_id and client_secret")
    told = errors.explain(TokenError(text, status=status), credential="CREDENTIAL")
    assert told is not None
    assert told.message.startswith(message)
    assert told.exit_code == 5


def test_messages_cannot_move_the_cursor() -> None:
    """A message of the server with control characters is one harmless line."""
    assert errors.one_line("a\x1b[2Jb\nc\r") == "a [2Jb c."


def test_interrupt_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends with 130 and what the command has to say about it."""

    async def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as caught:
        errors.run(interrupted, on_interrupt=lambda: "Go on elsewhere.")
    assert caught.value.code == 130
    assert capsys.readouterr().err == "Interrupted. Go on elsewhere.\n"


def test_group_of_errors_is_told_by_its_first() -> None:
    """What tasks raise together is told as one error."""

    async def work() -> None:
        raise ExceptionGroup("several", [ExceptionGroup("inner", [NotFoundError(status=404)])])

    with pytest.raises(errors.CliError) as caught:
        errors.run(work)
    assert caught.value.exit_code == 6
