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
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import click

from warehouse_sync.cli.errors import CliError
from warehouse_sync.cli.exit_codes import ExitCode

SETTINGS = ("workspace_id", "account_id", "client_id", "client_secret", "api_url", "token_url", "ca_file")
_POSTMAN = {
    "WORKSPACE_ID": "workspace_id",
    "ACCOUNT_ID": "account_id",
    "PLATFORM_API_CLIENT_ID": "client_id",
    "PLATFORM_API_CLIENT_SECRET": "client_secret",
    "API_URL": "api_url",
    "OAUTH_URL": "token_url",
}
SECRET = "client_secret"  # noqa: S105 - a setting's name
_NAME = re.compile(r"[A-Za-z0-9_-]+")
# The default before the first table. TOML allows other forms, which are refused.
_DEFAULT = re.compile(r"\A((?:[^\[\n]*\n)*?)default[ \t]*=[^\n]*\n")
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


@dataclass(frozen=True, kw_only=True, eq=False)
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

    @property
    def is_reference(self) -> bool:
        """Whether the profile says where the secret is, and does not hold it."""
        return self.text.startswith(("env:", "file:"))

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


@dataclass(frozen=True, kw_only=True, eq=False)
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


def read_default_profile(
    file: Path | None, environ: Mapping[str, str], of_project: str | None = None
) -> Profile | None:
    """Read the profile that is used without `--profile`, if any.

    Args:
        file: The profile file.
        environ: The environment.
        of_project: The profile of the project's environment. It replaces the user's default, and is not needed where
            environment variables have the credential, such as in CI.

    Raises:
        CliError: As for `read_profile`.
    """
    name = of_project or read_default_name(file, environ)
    if of_project and all(environ.get(f"WAREHOUSE_SYNC_{each}") for each in ("CLIENT_ID", "CLIENT_SECRET")):
        return None
    return None if name is None else read_profile(file, name, environ)


def read_default_name(file: Path | None, environ: Mapping[str, str]) -> str | None:
    """Return the name of the profile that is used without `--profile`."""
    chosen: str | None = environ.get("WAREHOUSE_SYNC_PROFILE") or _document(file).get("default")
    return chosen


def read_profile_names(file: Path | None) -> list[str]:
    """Return the names of all profiles."""
    return [] if file is None else list(_table(_document(file), "profiles", file))


def complete_profiles(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of a profile in the shell."""
    try:
        return [name for name in read_profile_names(config_file(os.environ)) if name.startswith(incomplete)]
    except CliError:
        return []


def _document(file: Path | None) -> dict[str, Any]:
    """Return the content of the profile file; nothing if it does not exist."""
    return {} if file is None or not file.exists() else _read_toml(file)


def add_profile(file: Path, name: str, settings: Mapping[str, object], *, is_default: bool) -> str:
    """Return the text of the profile file with a new profile; nothing else changes.

    Raises:
        CliError: The name is invalid or in use, or the file has a form that this cannot extend.
    """
    document = _document(file)
    if not _NAME.fullmatch(name):
        raise CliError(f"{name!r} is not a name: use letters, digits, '_' and '-'.", ExitCode.USAGE)
    if name in _table(document, "profiles", file):
        raise CliError(f"{file} already has a profile {name!r}.", ExitCode.CONFLICT, "Edit it in that file.")
    text = file.read_text(encoding="utf-8") if document or file.exists() else ""
    if is_default:
        others = _DEFAULT.sub(r"\1", text, count=1)
        text = f"default = {_toml_string(name)}\n{others}"
    lines = "".join(f"{key} = {_toml_value(value)}\n" for key, value in settings.items())
    text = f"{text.rstrip()}\n\n[profiles.{name}]\n{lines}".lstrip()
    expected = {**document, "profiles": {**document.get("profiles", {}), name: dict(settings)}}
    if is_default:
        expected["default"] = name
    if _parsed(text) != expected:
        raise CliError(f"{file} cannot be extended.", ExitCode.CONFIGURATION, "Edit it in an editor.")
    return text


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return _parse_toml(text)
    except ValueError:
        return None


def _parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML.

    Raises:
        ValueError: It is invalid.
    """
    import tomllib  # noqa: PLC0415 - most commands read no file

    return tomllib.loads(text)


def _toml_value(value: object) -> str:
    return str(value) if isinstance(value, int) else _toml_string(str(value))


def _toml_string(text: str) -> str:
    """Return a TOML string, whose escapes are those of JSON and one more."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _profile(document: dict[str, Any], file: Path, name: str, environ: Mapping[str, str]) -> Profile:
    profile = _table(document, "profiles", file).get(name)
    if not isinstance(profile, dict):
        known = ", ".join(_table(document, "profiles", file)) or "none"
        raise CliError(f"{file} has no profile {name!r}. Its profiles: {known}.", ExitCode.CONFIGURATION)
    where = f"profile {name!r} of {file}"
    return Profile(where=where, settings=_settings(profile, where, file, environ))


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return _parse_toml(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CliError(f"{file} cannot be read: {error.strerror}.", ExitCode.CONFIGURATION) from None
    except ValueError as error:
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
    secret = settings.get(SECRET)
    if isinstance(secret, str) and secret:
        settings[SECRET] = ProfileSecret(text=secret, where=where, file=file, environ=environ)
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
