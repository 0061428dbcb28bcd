"""The settings a command works with, and where each of them comes from.

What is named on the command line comes first: its options, then `--postman-env`, then `--profile`; then the environment,
then the default profile. The credential comes whole from the first of these that has any part of it.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

import warehouse_sync
from warehouse_sync.cli import errors
from warehouse_sync.cli.errors import CREDENTIAL_WORDS, CliError, one_line
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.profiles import (
    SETTINGS,
    ProfileSecret,
    config_file,
    read_default_profile,
    read_postman,
    read_profile,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from warehouse_sync import AsyncClient

PREFIX = "WAREHOUSE_SYNC_"
API_URL = "https://api.mparticle.com"
TOKEN_URL = "https://sso.auth.mparticle.com/oauth/token"  # noqa: S105 - an address
CREDENTIAL = ("client_id", "client_secret")
FLAGS = {"workspace_id": "--workspace", "api_url": "--api-url", "token_url": "--token-url"}
HOW_TO_LOG_IN = (
    f"Set {PREFIX}CLIENT_ID and {PREFIX}CLIENT_SECRET, write client_id and client_secret into one profile, "
    "or give --postman-env FILE"
)
DOCTOR_HINT = "`warehouse-sync doctor` shows where each setting comes from."
T = TypeVar("T")
_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting.

    Attributes:
        given: Its value, or a profile's secret, which is looked for when it is used; never shown.
        source: Where it comes from, in words.
        name: What it is called there: an option, a variable, or an entry of a file.
        place: Which file that is, to follow the name; empty for an option or a variable.
    """

    given: str | ProfileSecret = field(repr=False)
    source: str
    name: str
    place: str

    @property
    def value(self) -> str:
        """The value.

        Raises:
            CliError: It is a profile's secret, and cannot be read.
        """
        return self.given if isinstance(self.given, str) else self.given.reveal()


@dataclass(frozen=True, kw_only=True)
class Context:
    """The API, the workspace and the credential a command works with.

    Attributes:
        settings: What was found, by name.
        timeout: Seconds a call may take; `None` for the client's default.
        token_folder: Where the credential's token is kept between commands; `None` for nowhere.
    """

    settings: Mapping[str, Setting]
    timeout: float | None = None
    token_folder: Path | None = None

    def value(self, name: str) -> str | None:
        """Return a setting, or `None` where it was found nowhere."""
        found = self.settings.get(name)
        return found.value if found else None

    @property
    def api_url(self) -> str:
        """The API's address."""
        return (self.value("api_url") or API_URL).rstrip("/")

    @property
    def token_url(self) -> str:
        """The token endpoint's address."""
        return self.value("token_url") or TOKEN_URL

    @property
    def credential(self) -> str:
        """What the user has to correct when the credential is refused."""
        found = [self.settings[name] for name in CREDENTIAL if name in self.settings]
        names = " and ".join(setting.name for setting in found)
        return f"{names}{found[0].place}" if found else ""

    def client(self) -> "AsyncClient":
        """Return a client.

        Raises:
            CliError: A setting is missing or cannot work; the message says where to hint it.
        """
        self._check()
        options: dict[str, Any] = {name: self.value(name) for name in ("workspace_id", *CREDENTIAL)}
        try:
            if self.timeout is not None:
                options["timeout"] = warehouse_sync.Timeout(total=self.timeout)
            return warehouse_sync.AsyncClient(
                api_url=self.api_url, token_url=self.token_url, token_cache=self.token_folder, **options
            )
        except warehouse_sync.ConfigurationError as error:
            raise CliError(self._in_our_words(str(error)), ExitCode.CONFIGURATION, DOCTOR_HINT) from None

    def call(
        self,
        work: "Callable[[AsyncClient], Coroutine[Any, Any, T]]",
        *,
        on_interrupt: Callable[[], str] = lambda: "",
    ) -> T:
        """Run `work` with a client on an event loop; an error ends the command.

        Args:
            work: The coroutine function to run.
            on_interrupt: Returns the message to print after Ctrl-C.
        """

        async def with_client() -> T:
            async with self.client() as client:
                return await work(client)

        return errors.run(with_client, on_interrupt=on_interrupt)

    def _check(self) -> None:
        """Refuse settings that are not there: which options and variables there are is nothing the SDK knows."""
        found = [name for name in CREDENTIAL if name in self.settings]
        if not found:
            raise CliError(f"no credential. {HOW_TO_LOG_IN}.", ExitCode.CONFIGURATION, DOCTOR_HINT)
        if len(found) < len(CREDENTIAL):
            [missing] = set(CREDENTIAL) - set(found)
            half = f"half a credential: {self.settings[found[0]].source} has a {found[0]} and no {missing}"
            raise CliError(f"{half}. {HOW_TO_LOG_IN}.", ExitCode.CONFIGURATION, DOCTOR_HINT)
        if "workspace_id" not in self.settings:
            raise CliError(
                f"no workspace. {how_to_set('workspace_id')}.", ExitCode.CONFIGURATION, DOCTOR_HINT
            )

    def _in_our_words(self, message: str) -> str:
        """Return the SDK's message, which begins with the argument's name, with what the user has to change in its place."""
        name, _, rest = message.partition(" ")
        labels = {
            "Timeout.total": "--timeout",
            **{each: f"{found.name}{found.place}" for each, found in self.settings.items()},
        }
        return one_line(f"{labels.get(name, name)} {rest}")


def how_to_set(name: str) -> str:
    """Return the ways to give a setting that has no default, as the beginning of a sentence."""
    option = f"Give {FLAGS[name]}, set" if name in FLAGS else "Set"
    return f"{option} {PREFIX}{name.upper()}, or write {name} into a profile"


def find(
    options: Mapping[str, str | None],
    *,
    profile: str | None,
    postman_env: Path | None,
    environ: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> Context:
    """Find every setting, each in the first place that has it.

    Args:
        options: What was given on the command line.
        profile: The profile named on the command line.
        postman_env: The Postman environment named on the command line.
        environ: The environment; the process's own when left out.
        timeout: Seconds a call may take.
    """
    environ = os.environ if environ is None else environ
    layers = list(_layers(options, profile, postman_env, environ))
    others = [name for name in SETTINGS if name not in CREDENTIAL]
    settings = _credential(layers)
    for layer in layers:
        settings = {**layer.find(others), **settings}
    return Context(settings=settings, timeout=timeout, token_folder=_token_folder(settings, environ))


def _token_folder(settings: Mapping[str, Setting], environ: Mapping[str, str]) -> Path | None:
    """Return a folder for each credential, so that `auth` can tell and forget one without touching the others."""
    if environ.get(f"{PREFIX}TOKEN_CACHE", "").lower() == "off" or "client_id" not in settings:
        return None
    place = settings["token_url"].value if "token_url" in settings else TOKEN_URL
    name = hashlib.sha256(f"{place}\n{settings['client_id'].value}".encode()).hexdigest()[:16]
    return token_root(environ) / name


def token_root(environ: Mapping[str, str]) -> Path:
    """Return the folder in which every credential has its own."""
    folder = environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(folder).expanduser() / "warehouse-sync" / "tokens"


@dataclass(frozen=True, kw_only=True)
class _Layer:
    """One place that settings come from.

    Attributes:
        source: The place, in words.
        values: What it has by name.
        called: Returns what a setting is called there.
        place: See `Setting`.
    """

    source: str
    values: Mapping[str, str | ProfileSecret | None] = field(repr=False)
    called: Callable[[str], str]
    place: str = ""

    def find(self, names: Iterable[str]) -> dict[str, Setting]:
        """Return the settings that are here."""
        return {
            name: Setting(given=given, source=self.source, name=self.called(name), place=self.place)
            for name in names
            if (given := self.values.get(name))
        }


def _layers(
    options: Mapping[str, str | None],
    profile: str | None,
    postman_env: Path | None,
    environ: Mapping[str, str],
) -> Iterator[_Layer]:
    yield _Layer(source="the command line", values=options, called=lambda name: FLAGS[name])
    if postman_env is not None:
        yield _file_layer(f"Postman environment {postman_env}", read_postman(postman_env))
    file = config_file(environ)
    if profile is not None:
        named = read_profile(file, profile, environ)
        yield _file_layer(named.where, named.settings)
    variables = {name: environ.get(PREFIX + name.upper()) for name in SETTINGS}
    yield _Layer(source="the environment", values=variables, called=lambda name: PREFIX + name.upper())
    if profile is None:
        default = read_default_profile(file, environ)
        if default is not None:
            yield _file_layer(f"the default {default.where}", default.settings)


def _file_layer(source: str, values: Mapping[str, str | ProfileSecret]) -> _Layer:
    return _Layer(source=source, values=values, called=lambda name: name, place=f" of {source}")


def _credential(layers: Iterable[_Layer]) -> dict[str, Setting]:
    return next((found for layer in layers if (found := layer.find(CREDENTIAL))), {})


def context_options(command: _Command) -> _Command:
    """Add the options that say which workspace; the command receives a `context`."""

    @wraps(command)
    def found(  # noqa: PLR0913 - the options
        *args: Any,  # noqa: ANN401 - the command's own
        profile: str | None,
        postman_env: Path | None,
        workspace: str | None,
        api_url: str | None,
        token_url: str | None,
        timeout: float | None,
        **kwargs: Any,  # noqa: ANN401 - the command's own
    ) -> Any:  # noqa: ANN401 - the command's own
        options = {"workspace_id": workspace, "api_url": api_url, "token_url": token_url}
        context = find(options, profile=profile, postman_env=postman_env, timeout=timeout)
        click.get_current_context().meta[CREDENTIAL_WORDS] = context.credential
        return command(*args, context=context, **kwargs)

    for option in reversed(_OPTIONS):
        found = option(found)
    return found  # type: ignore[return-value]  # click's decorators return what they are given


_OPTIONS = (
    click.option("--profile", metavar="NAME", help="Take the settings of this profile."),
    click.option(
        "--postman-env",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Take the settings of an exported Postman environment.",
    ),
    click.option("--workspace", metavar="ID", help="The workspace's number."),
    click.option("--api-url", metavar="URL", help="The API's address."),
    click.option("--token-url", metavar="URL", help="The token endpoint's address."),
    click.option(
        "--timeout",
        type=click.FloatRange(0, min_open=True),
        metavar="SECONDS",
        help="How long one call may take.",
    ),
)
