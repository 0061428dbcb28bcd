"""Where the command line finds its settings besides the environment: profiles in a TOML file, Postman environments.

A profile file looks so::

    default = "staging"

    [profiles.staging]
    workspace_id = 5328
    client_id = "…"
    client_secret = "env:STAGING_SECRET"    # or file:PATH, or the secret itself if only you can read the file
"""

import json
import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from warehouse_sync.cli.exits import Exit
from warehouse_sync.cli.failures import Failure

SETTINGS = ("workspace_id", "client_id", "client_secret", "api_url", "token_url")
_POSTMAN = {
    "WORKSPACE_ID": "workspace_id",
    "PLATFORM_API_CLIENT_ID": "client_id",
    "PLATFORM_API_CLIENT_SECRET": "client_secret",
    "API_URL": "api_url",
    "OAUTH_URL": "token_url",
}
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def config_file(environ: Mapping[str, str]) -> Path:
    """Return where the profiles are: `WAREHOUSE_SYNC_CONFIG`, or `config.toml` in the user's configuration folder."""
    if environ.get("WAREHOUSE_SYNC_CONFIG"):
        return Path(environ["WAREHOUSE_SYNC_CONFIG"])
    folder = environ.get("XDG_CONFIG_HOME") or environ.get("APPDATA") or "~/.config"
    return Path(folder).expanduser() / "warehouse-sync" / "config.toml"


def read_profile(file: Path, name: str | None, environ: Mapping[str, str]) -> dict[str, str]:
    """Read a profile, or the default one; without a file and a name there are no settings.

    Raises:
        Failure: The file cannot be read, has no such profile, or a setting is not one.
    """
    if not file.exists():
        if name is None:
            return {}
        raise Failure(
            f"there is no profile {name!r}, since there is no {file}: write one.", Exit.CONFIGURATION
        )
    document = _read_toml(file)
    name = name or document.get("default")
    if name is None:
        return {}
    profile = _table(document, "profiles", file).get(name)
    if not isinstance(profile, dict):
        known = ", ".join(_table(document, "profiles", file)) or "none"
        raise Failure(f"{file} has no profile {name!r}; it has: {known}.", Exit.CONFIGURATION)
    return _settings(profile, f"profile {name!r} of {file}", file, environ)


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}.", Exit.CONFIGURATION) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # The parser's words name the line and never a value.
        raise Failure(f"{file} is not TOML: {error}.", Exit.CONFIGURATION) from None


def _table(document: dict[str, Any], key: str, file: Path) -> dict[str, Any]:
    table = document.get(key, {})
    if not isinstance(table, dict):
        raise Failure(f"{key!r} in {file} must be a table: write [{key}.NAME].", Exit.CONFIGURATION)
    return table


def _settings(
    profile: Mapping[str, object], where: str, file: Path, environ: Mapping[str, str]
) -> dict[str, str]:
    unknown = sorted(set(profile) - set(SETTINGS))
    if unknown:
        known = ", ".join(SETTINGS)
        raise Failure(
            f"{where} has unknown settings: {', '.join(unknown)}. Known: {known}.", Exit.CONFIGURATION
        )
    settings = {name: str(value) for name, value in profile.items()}
    if "client_secret" in settings:
        settings["client_secret"] = _secret(settings["client_secret"], where, file, environ)
    return settings


def _secret(value: str, where: str, file: Path, environ: Mapping[str, str]) -> str:
    scheme, _, name = value.partition(":")
    if scheme == "env":
        if not environ.get(name):
            raise Failure(f"{where} takes the secret from {name}, which is not set.", Exit.CONFIGURATION)
        return environ[name]
    if scheme == "file":
        return _secret_file(Path(name).expanduser(), where)
    if os.name == "posix" and file.stat().st_mode & _OPEN_TO_OTHERS:
        raise Failure(
            f"{where} holds a secret that others on this machine can read: chmod 600 {file}, or write env:NAME.",
            Exit.CONFIGURATION,
        )
    return value


def _secret_file(file: Path, where: str) -> str:
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise Failure(
            f"{where} takes the secret from {file}, which cannot be read.", Exit.CONFIGURATION
        ) from None


def read_postman(file: Path) -> dict[str, str]:
    """Read the settings of a Postman environment export; placeholders and what is switched off do not count.

    Raises:
        Failure: The file is not such an export.
    """
    values = read_postman_values(file)
    return {setting: values[key] for key, setting in _POSTMAN.items() if key in values}


def read_postman_values(file: Path) -> dict[str, str]:
    """Read every value of a Postman environment export by its key."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))["values"]
        rows = [(str(entry["key"]), entry.get("value"), entry.get("enabled", True)) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Failure(
            f"{file} is not a Postman environment: export one with Environments, …, Export.",
            Exit.CONFIGURATION,
        ) from None
    return {key: str(value) for key, value, enabled in rows if enabled and _is_filled(value)}


def _is_filled(value: object) -> bool:
    return isinstance(value, str | int) and str(value).strip().lower() not in ("", "replace_me")
