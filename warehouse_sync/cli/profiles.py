"""Settings from files: profiles in a TOML file and exported Postman environments.

A profile file:

    default = "staging"

    [profiles.staging]
    workspace_id = 5328
    client_id = "…"
    client_secret = "env:STAGING_SECRET"    # or file:PATH, or the secret if only you can read this file
"""

import json
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from warehouse_sync.cli.errors import CliError
from warehouse_sync.cli.exit_codes import ExitCode

SETTINGS = ("workspace_id", "client_id", "client_secret", "api_url", "token_url")
_POSTMAN = {
    "WORKSPACE_ID": "workspace_id",
    "PLATFORM_API_CLIENT_ID": "client_id",
    "PLATFORM_API_CLIENT_SECRET": "client_secret",
    "API_URL": "api_url",
    "OAUTH_URL": "token_url",
}
_SECRET = "client_secret"  # noqa: S105 - a setting's name
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def config_file(environ: Mapping[str, str]) -> Path | None:
    """Return the path of the profile file.

    It is `WAREHOUSE_SYNC_CONFIG`, or `config.toml` in the user's config folder; `None` without a home folder.
    """
    if environ.get("WAREHOUSE_SYNC_CONFIG"):
        return Path(environ["WAREHOUSE_SYNC_CONFIG"])
    folder = user_folder(environ.get("XDG_CONFIG_HOME") or environ.get("APPDATA") or "~/.config")
    return None if folder is None else folder / "warehouse-sync" / "config.toml"


def user_folder(path: str) -> Path | None:
    """Return a path with `~` replaced, or `None` if the user has no home folder."""
    try:
        return Path(path).expanduser()
    except RuntimeError:  # neither HOME nor an entry of the user database
        return None


@dataclass(frozen=True, kw_only=True)
class ProfileSecret:
    """A secret of a profile, which is read only when it is used.

    Attributes:
        text: The profile's value: `env:NAME`, `file:PATH`, or the secret.
        where: The profile and its file, for messages.
        file: The profile file.
        environ: The environment that `env:NAME` refers to.
    """

    text: str = field(repr=False)
    where: str
    file: Path
    environ: Mapping[str, str] = field(repr=False)

    def reveal(self) -> str:
        """Return the secret.

        Raises:
            CliError: The secret is missing, or other users can read the file.
        """
        scheme, _, name = self.text.partition(":")
        if scheme == "env":
            hint = f"Set {name}" if name else "Write env:NAME"
            return self.environ.get(name) or self._fail(f"{name or self.text}, which is not set", hint)
        if scheme == "file":
            return _text_of(user_folder(name)) or self._fail(
                f"{name}, which cannot be read or is empty", "Write the secret to that file"
            )
        if os.name == "posix" and self.file.stat().st_mode & _OPEN_TO_OTHERS:
            raise CliError(
                f"{self.where} holds a secret that other users of this machine can read.",
                ExitCode.CONFIGURATION,
                f"Run `chmod 600 {self.file}`, or write env:NAME in place of the secret.",
            )
        return self.text

    def _fail(self, source: str, hint: str) -> NoReturn:
        raise CliError(
            f"{self.where} reads client_secret from {source}.",
            ExitCode.CONFIGURATION,
            f"{hint}, or choose another profile with --profile.",
        )


def _text_of(file: Path | None) -> str:
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n") if file else ""
    except (OSError, UnicodeDecodeError):
        return ""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The settings of a profile.

    Attributes:
        where: The profile and its file, for messages.
        settings: The settings by name.
    """

    where: str
    settings: Mapping[str, str | ProfileSecret]


def read_profile(file: Path | None, name: str, environ: Mapping[str, str]) -> Profile:
    """Read a profile.

    Raises:
        CliError: The file or profile does not exist, or a setting is unknown.
    """
    if file is None:
        raise CliError(
            f"there is no profile {name!r}, because your home folder is unknown.",
            ExitCode.CONFIGURATION,
            "Set HOME, or WAREHOUSE_SYNC_CONFIG to the path of the profile file.",
        )
    if not file.exists():
        raise CliError(
            f"there is no profile {name!r}, because {file} does not exist.",
            ExitCode.CONFIGURATION,
            "Create the file.",
        )
    return _profile(_read_toml(file), file, name, environ)


def read_default_profile(file: Path | None, environ: Mapping[str, str]) -> Profile | None:
    """Read the profile that `WAREHOUSE_SYNC_PROFILE` or `default` names, if any.

    Raises:
        CliError: As for `read_profile`.
    """
    chosen = environ.get("WAREHOUSE_SYNC_PROFILE")
    if chosen:
        return read_profile(file, chosen, environ)
    if file is None or not file.exists():
        return None
    document = _read_toml(file)
    name = document.get("default")
    return None if name is None else _profile(document, file, name, environ)


def _profile(document: dict[str, Any], file: Path, name: str, environ: Mapping[str, str]) -> Profile:
    profile = _table(document, "profiles", file).get(name)
    if not isinstance(profile, dict):
        known = ", ".join(_table(document, "profiles", file)) or "none"
        raise CliError(f"{file} has no profile {name!r}. Its profiles: {known}.", ExitCode.CONFIGURATION)
    where = f"profile {name!r} of {file}"
    return Profile(where=where, settings=_settings(profile, where, file, environ))


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CliError(f"{file} cannot be read: {error.strerror}.", ExitCode.CONFIGURATION) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # The parser's message names the line, never a value.
        raise CliError(f"{file} is not valid TOML: {error}.", ExitCode.CONFIGURATION) from None


def _table(document: dict[str, Any], key: str, file: Path) -> dict[str, Any]:
    table = document.get(key, {})
    if not isinstance(table, dict):
        raise CliError(f"{key!r} in {file} must be a table: write [{key}.NAME].", ExitCode.CONFIGURATION)
    return table


def _settings(
    profile: Mapping[str, object], where: str, file: Path, environ: Mapping[str, str]
) -> dict[str, str | ProfileSecret]:
    unknown = sorted(set(profile) - set(SETTINGS))
    if unknown:
        known = ", ".join(SETTINGS)
        raise CliError(
            f"{where} has unknown settings: {', '.join(unknown)}. Valid settings: {known}.",
            ExitCode.CONFIGURATION,
        )
    settings: dict[str, str | ProfileSecret] = {name: str(value) for name, value in profile.items()}
    secret = settings.get(_SECRET)
    if isinstance(secret, str) and secret:
        settings[_SECRET] = ProfileSecret(text=secret, where=where, file=file, environ=environ)
    return settings


def read_postman(file: Path) -> dict[str, str]:
    """Read the settings of a Postman environment export, without placeholders.

    Raises:
        CliError: The file is not a Postman environment export.
    """
    values = read_postman_values(file)
    return {setting: values[key] for key, setting in _POSTMAN.items() if key in values}


def read_postman_values(file: Path) -> dict[str, str]:
    """Read the values of a Postman environment export by key, without disabled values."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))["values"]
        rows = [(str(entry["key"]), entry.get("value"), entry.get("enabled", True)) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CliError(
            f"{file} is not a Postman environment export.",
            ExitCode.CONFIGURATION,
            "In Postman, choose Environments, the environment's menu, then Export.",
        ) from None
    return {key: str(value) for key, value, enabled in rows if enabled and _is_filled(value)}


def _is_filled(value: object) -> bool:
    return isinstance(value, str | int) and str(value).strip().lower() not in ("", "replace_me")
