"""The settings a command works with, and where each of them comes from.

What is named on the command line comes first: its options, then `--postman-env`, then `--profile`; then the environment,
then the default profile. The credential comes whole from the first of these that has any part of it.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

import warehouse_sync
from warehouse_sync.cli.profiles import SETTINGS, config_file, read_postman, read_profile

if TYPE_CHECKING:
    from warehouse_sync import AsyncClient

PREFIX = "WAREHOUSE_SYNC_"
API_URL = "https://api.mparticle.com"
TOKEN_URL = "https://sso.auth.mparticle.com/oauth/token"  # noqa: S105 - an address
_CREDENTIAL = ("client_id", "client_secret")
_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting.

    Attributes:
        value: Its value; secrets are never shown.
        source: Where it comes from, in words.
    """

    value: str = field(repr=False)
    source: str


@dataclass(frozen=True, kw_only=True)
class Target:
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

    def client(self) -> "AsyncClient":
        """Return a client.

        Raises:
            ConfigurationError: A setting is missing or cannot work.
        """
        options: dict[str, Any] = {name: self.value(name) for name in ("workspace_id", *_CREDENTIAL)}
        if self.timeout is not None:
            options["timeout"] = warehouse_sync.Timeout(total=self.timeout)
        return warehouse_sync.AsyncClient(
            api_url=self.api_url, token_url=self.token_url, token_cache=self.token_folder, **options
        )


def find(
    options: Mapping[str, str | None],
    *,
    profile: str | None,
    postman_env: Path | None,
    environ: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> Target:
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
    found: dict[str, Setting] = {}
    for source, layer in layers:
        for name in SETTINGS:
            if layer.get(name) and name not in _CREDENTIAL:
                found.setdefault(name, Setting(value=str(layer[name]), source=source))
    settings = {**found, **_credential(layers)}
    return Target(settings=settings, timeout=timeout, token_folder=_token_folder(settings, environ))


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


def _layers(
    options: Mapping[str, str | None],
    profile: str | None,
    postman_env: Path | None,
    environ: Mapping[str, str],
) -> Iterator[tuple[str, Mapping[str, str | None]]]:
    yield "the command line", options
    if postman_env is not None:
        yield f"Postman environment {postman_env}", read_postman(postman_env)
    file = config_file(environ)
    if profile is not None:
        yield f"profile {profile!r} of {file}", read_profile(file, profile, environ)
    yield "the environment", {name: environ.get(PREFIX + name.upper()) for name in SETTINGS}
    if profile is None:
        chosen = environ.get(f"{PREFIX}PROFILE") or None
        yield f"the default profile of {file}", read_profile(file, chosen, environ)


def _credential(layers: list[tuple[str, Mapping[str, str | None]]]) -> dict[str, Setting]:
    for source, layer in layers:
        part = {
            name: Setting(value=str(layer[name]), source=source) for name in _CREDENTIAL if layer.get(name)
        }
        if part:
            return part
    return {}


def target_options(command: _Command) -> _Command:
    """Add the options that say which workspace; the command receives a `target`."""

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
        target = find(options, profile=profile, postman_env=postman_env, timeout=timeout)
        return command(*args, target=target, **kwargs)

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
