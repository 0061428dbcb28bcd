"""The settings of a command and their sources.

Sources in order of precedence: options, `--postman-env`, `--profile`, the environment, the default profile. The
client id and secret always come from the same source: the first one that has either of them.
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
from warehouse_sync.cli.errors import CREDENTIAL_SOURCE, CliError, one_line
from warehouse_sync.cli.exit_codes import ExitCode
from warehouse_sync.cli.profiles import (
    SETTINGS,
    ProfileSecret,
    config_file,
    read_default_profile,
    read_postman,
    read_profile,
    user_folder,
)
from warehouse_sync.cli.project import select_environment
from warehouse_sync.cli.streams import printable
from warehouse_sync.cli.warnings import handle_warnings, print_once
from warehouse_sync.cli.workspace_options import workspace_options

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from warehouse_sync import AsyncClient
    from warehouse_sync.declarative import ProjectEnvironment
    from warehouse_sync.events import Listener

PREFIX = "WAREHOUSE_SYNC_"
API_URL = "https://api.mparticle.com"
TOKEN_URL = "https://sso.auth.mparticle.com/oauth/token"  # noqa: S105 - a URL
CREDENTIAL = ("client_id", "client_secret")
FLAGS = {
    "workspace_id": "--workspace",
    "api_url": "--api-url",
    "token_url": "--token-url",
    "ca_file": "--ca-file",
}
LOGIN_HINT = (
    f"Set {PREFIX}CLIENT_ID and {PREFIX}CLIENT_SECRET, add client_id and client_secret to a profile, "
    "or use --postman-env FILE"
)
DOCTOR_HINT = "`warehouse-sync doctor` shows where each setting comes from."
T = TypeVar("T")
_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True, eq=False)
class Setting:
    """A setting and its source.

    Attributes:
        raw: The value, or a profile's secret that is read when it is used; never shown.
        source: The source, for messages.
        name: The name in that source: an option, a variable, or a key of a file.
        location: The file, as text that follows the name; empty for an option or a variable.
    """

    raw: str | ProfileSecret = field(repr=False)
    source: str
    name: str
    location: str

    @property
    def value(self) -> str:
        """The value.

        Raises:
            CliError: The value is a secret of a profile and cannot be read.
        """
        return self.raw if isinstance(self.raw, str) else self.raw.reveal()


@dataclass(frozen=True, kw_only=True, eq=False)
class Context:
    """The API, the workspace and the credential of a command.

    Attributes:
        settings: The settings that were found, by name.
        timeout: Seconds a call may take; `None` for the client's default.
        environment: The environment of the project; `None` without a project.
        token_folder: The folder of the credential's cached token; `None` without a cache.
        trust_env: Whether to use the proxies of the environment.
    """

    settings: Mapping[str, Setting]
    timeout: float | None = None
    token_folder: Path | None = None
    environment: "ProjectEnvironment | None" = None
    trust_env: bool = True

    def value(self, name: str) -> str | None:
        """Return the value of a setting, or `None` if no source has it."""
        found = self.settings.get(name)
        return found.value if found else None

    @property
    def api_url(self) -> str:
        """The URL of the API."""
        return (self.value("api_url") or API_URL).rstrip("/")

    @property
    def workspace_id(self) -> int:
        """The id of the workspace.

        Raises:
            CliError: There is none, or it is not a number.
        """
        found = self.settings.get("workspace_id")
        if found is None:
            raise CliError(
                f"no workspace. {how_to_set('workspace_id')}.", ExitCode.CONFIGURATION, DOCTOR_HINT
            )
        if not found.value.isdecimal():
            raise CliError(f"{found.name}{found.location} must be a number.", ExitCode.CONFIGURATION)
        return int(found.value)

    @property
    def token_url(self) -> str:
        """The URL of the token endpoint."""
        return self.value("token_url") or TOKEN_URL

    @property
    def credential(self) -> str:
        """The names of the credential's settings, for the hint when it is refused."""
        found = [self.settings[name] for name in CREDENTIAL if name in self.settings]
        names = " and ".join(setting.name for setting in found)
        return f"{names}{found[0].location}" if found else ""

    def client(self, listeners: "Iterable[Listener]" = ()) -> "AsyncClient":
        """Create a client with listeners.

        Raises:
            CliError: A setting is missing or invalid; the message names its source.
        """
        self._check()
        options: dict[str, Any] = {name: self.value(name) for name in ("workspace_id", *CREDENTIAL)}
        try:
            if self.timeout is not None:
                options["timeout"] = warehouse_sync.Timeout(total=self.timeout)
            return warehouse_sync.AsyncClient(
                api_url=self.api_url,
                token_url=self.token_url,
                token_cache=self.token_folder,
                trust_env=self.trust_env,
                ca_file=self.value("ca_file"),
                listeners=listeners,
                account_id=self.value("account_id"),
                **options,
            )
        except warehouse_sync.ConfigurationError as error:
            raise CliError(self._name_settings(str(error)), ExitCode.CONFIGURATION, DOCTOR_HINT) from None

    def call(
        self,
        work: "Callable[[AsyncClient], Coroutine[Any, Any, T]]",
        *,
        on_interrupt: Callable[[], str] = lambda: "",
        on_warning: Callable[[str], None] = print_once,
        listeners: "Iterable[Listener]" = (),
    ) -> T:
        """Run `work` with a client on an event loop; an error ends the command.

        Args:
            work: The coroutine function to run.
            on_interrupt: Returns the message to print after Ctrl-C.
            on_warning: Receives the warnings that the SDK logs.
            listeners: The listeners of the client.
        """

        async def with_client() -> T:
            async with self.client(listeners) as client:
                return await work(client)

        with handle_warnings(on_warning):
            return errors.run(with_client, on_interrupt=on_interrupt)

    def _check(self) -> None:
        """Check that the required settings are there, and name the ways to set them."""
        found = [name for name in CREDENTIAL if name in self.settings]
        if not found:
            raise CliError(f"no credential. {LOGIN_HINT}.", ExitCode.CONFIGURATION, DOCTOR_HINT)
        if len(found) < len(CREDENTIAL):
            [missing] = set(CREDENTIAL) - set(found)
            half = (
                f"incomplete credential: {self.settings[found[0]].source} has a {found[0]} but no {missing}"
            )
            raise CliError(f"{half}. {LOGIN_HINT}.", ExitCode.CONFIGURATION, DOCTOR_HINT)
        if "workspace_id" not in self.settings:
            raise CliError(
                f"no workspace. {how_to_set('workspace_id')}.", ExitCode.CONFIGURATION, DOCTOR_HINT
            )

    def _name_settings(self, message: str) -> str:
        """Replace the SDK argument at the start of a message by the user's setting."""
        name, _, rest = message.partition(" ")
        labels = {
            "Timeout.total": "--timeout",
            **{each: f"{found.name}{found.location}" for each, found in self.settings.items()},
        }
        return one_line(f"{labels.get(name, name)} {rest}")


def how_to_set(name: str) -> str:
    """Return the ways to provide a required setting, without a full stop."""
    option = f"Use {FLAGS[name]}, set" if name in FLAGS else "Set"
    return f"{option} {PREFIX}{name.upper()}, or add {name} to a profile"


def find(  # noqa: PLR0913 - each is a source of settings
    options: Mapping[str, str | None],
    *,
    profile: str | None,
    postman_env: Path | None,
    environ: Mapping[str, str] | None = None,
    timeout: float | None = None,
    environment: "ProjectEnvironment | None" = None,
) -> Context:
    """Find every setting in the first source that has it.

    Args:
        options: The values of the command's options.
        profile: The value of `--profile`.
        postman_env: The value of `--postman-env`.
        environ: The environment; by default that of the process.
        timeout: Seconds a call may take.
        environment: The environment of the project. It pins the workspace, and its profile is the default.

    Raises:
        CliError: A source is invalid, or has another workspace than the environment.
    """
    environ = os.environ if environ is None else environ
    default = environment.profile if environment else None
    sources = list(_sources(options, profile, postman_env, environ, default))
    others = [name for name in SETTINGS if name not in CREDENTIAL]
    settings = _credential(sources)
    for source in sources:
        settings = {**source.find(others), **settings}
    if environment is not None:
        settings = {**settings, **_pinned(settings, environment)}
    return Context(
        settings=settings,
        timeout=timeout,
        token_folder=_token_folder(settings, environ),
        environment=environment,
        trust_env=environ.get(f"{PREFIX}TRUST_ENV", "").lower() not in ("0", "false", "no", "off"),
    )


def _pinned(settings: Mapping[str, Setting], environment: "ProjectEnvironment") -> dict[str, Setting]:
    """Return the workspace of an environment; another workspace or URL of the API is an error.

    The URL is checked and not set: it is in a file that a change can edit, and must not lead the token elsewhere.
    """
    source = f"environment {environment.name!r} of {environment.project.file}"
    workspace = Setting(
        raw=str(environment.workspace_id), source=source, name="workspace_id", location=f" of {source}"
    )
    default = Setting(raw=API_URL, source="the default", name="the default URL of the API", location="")
    for name, pinned, found in (
        ("workspace_id", workspace.value, settings.get("workspace_id", workspace)),
        ("api_url", environment.api_url, settings.get("api_url", default)),
    ):
        if pinned is not None and found.value.rstrip("/") != pinned.rstrip("/"):
            raise CliError(
                f"{found.name}{found.location} is {printable(found.value)}, but {source} has {name} {pinned}.",
                ExitCode.CONFIGURATION,
                f"Set {PREFIX}API_URL or --api-url."
                if found is default
                else f"Remove {found.name}, or choose another environment with --env.",
            )
    return {"workspace_id": workspace}


def _token_folder(settings: Mapping[str, Setting], environ: Mapping[str, str]) -> Path | None:
    """Return the folder of this credential's token, or `None` without a cache.

    Each credential has a folder of its own.
    """
    if environ.get(f"{PREFIX}TOKEN_CACHE", "").lower() == "off" or "client_id" not in settings:
        return None
    url = settings["token_url"].value if "token_url" in settings else TOKEN_URL
    name = hashlib.sha256(f"{url}\n{settings['client_id'].value}".encode()).hexdigest()[:16]
    folder = user_folder(environ.get("XDG_CACHE_HOME") or "~/.cache")
    return None if folder is None else folder / "warehouse-sync" / "tokens" / name


@dataclass(frozen=True, kw_only=True, eq=False)
class _Source:
    """A source of settings.

    Attributes:
        source: The source, for messages.
        values: Its settings by name.
        label: Returns the name of a setting in this source.
        location: See `Setting`.
    """

    source: str
    values: Mapping[str, str | ProfileSecret | None] = field(repr=False)
    label: Callable[[str], str]
    location: str = ""

    def find(self, names: Iterable[str]) -> dict[str, Setting]:
        """Return those of the named settings that this source has."""
        return {
            name: Setting(raw=raw, source=self.source, name=self.label(name), location=self.location)
            for name in names
            if (raw := self.values.get(name))
        }


def _sources(
    options: Mapping[str, str | None],
    profile: str | None,
    postman_env: Path | None,
    environ: Mapping[str, str],
    default_profile: str | None,
) -> Iterator[_Source]:
    yield _Source(source="the command line", values=options, label=lambda name: FLAGS[name])
    if postman_env is not None:
        yield _file_source(f"Postman environment {postman_env}", read_postman(postman_env))
    file = config_file(environ)
    if profile is not None:
        named = read_profile(file, profile, environ)
        yield _file_source(named.where, named.settings)
    variables = {name: environ.get(PREFIX + name.upper()) for name in SETTINGS}
    yield _Source(source="the environment", values=variables, label=lambda name: PREFIX + name.upper())
    if profile is None:
        default = read_default_profile(file, environ, default_profile)
        if default is not None:
            yield _file_source(f"the default {default.where}", default.settings)


def _file_source(source: str, values: Mapping[str, str | ProfileSecret]) -> _Source:
    return _Source(source=source, values=values, label=lambda name: name, location=f" of {source}")


def _credential(sources: Iterable[_Source]) -> dict[str, Setting]:
    return next((found for source in sources if (found := source.find(CREDENTIAL))), {})


def context_options(command: _Command) -> _Command:
    """Add the workspace options to a command, which receives a `context`."""

    @wraps(command)
    def wrapper(  # noqa: PLR0913 - one argument per option
        *args: Any,  # noqa: ANN401 - arguments of any command
        profile: str | None,
        postman_env: Path | None,
        workspace: str | None,
        api_url: str | None,
        token_url: str | None,
        ca_file: str | None,
        timeout: float | None,
        env: str | None,
        **kwargs: Any,  # noqa: ANN401 - arguments of any command
    ) -> Any:  # noqa: ANN401 - arguments of any command
        options = {"workspace_id": workspace, "api_url": api_url, "token_url": token_url, "ca_file": ca_file}
        context = find(
            options,
            profile=profile,
            postman_env=postman_env,
            timeout=timeout,
            environment=select_environment(kwargs.get("files"), env),
        )
        click.get_current_context().meta[CREDENTIAL_SOURCE] = context.credential
        return command(*args, context=context, **kwargs)

    for option in reversed(workspace_options(API_URL, TOKEN_URL)):
        wrapper = option(wrapper)
    return wrapper  # type: ignore[return-value]  # click's decorators return the function they are given
