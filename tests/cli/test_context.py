"""The sources of settings and their precedence."""

import json
from pathlib import Path

import click
import pytest

from warehouse_sync import settings
from warehouse_sync.cli import context
from warehouse_sync.cli.context import Context, find

NOTHING: dict[str, str | None] = {}
LOGIN = {"CLIENT_ID": "env-id", "CLIENT_SECRET": "env-secret"}
CREDENTIAL = {f"WAREHOUSE_SYNC_{name}": value for name, value in LOGIN.items()}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A profile file with several profiles that only its owner can read."""
    path = tmp_path / "config.toml"
    path.write_text(
        'default = "one"\n'
        '[profiles.one]\nworkspace_id = 1\nclient_id = "one-id"\nclient_secret = "canary-one"\n'
        '[profiles.two]\nworkspace_id = 2\nclient_id = "two-id"\nclient_secret = "env:TWO"\n'
        '[profiles.three]\nclient_id = "three-id"\nclient_secret = "file:SECRET"\n'
        "[profiles.four]\nworkspace = 4\n"
        '[profiles.six]\nclient_id = "six-id"\nclient_secret = "env:"\n'.replace(
            "SECRET", str(tmp_path / "secret")
        )
    )
    path.chmod(0o600)
    return path


@pytest.fixture
def postman(tmp_path: Path) -> Path:
    """The Postman environment of the tutorial, partly filled in."""
    values = {
        "API_URL": "https://api.eu1.mparticle.com",
        "WORKSPACE_ID": "77",
        "ACCOUNT_ID": "78",
        "PLATFORM_API_CLIENT_ID": "postman-id",
        "PLATFORM_API_CLIENT_SECRET": "canary-postman",
        "OAUTH_URL": "REPLACE_ME",
        "POD": "EU1",
    }
    entries = [{"key": key, "value": value, "enabled": key != "API_URL"} for key, value in values.items()]
    path = tmp_path / "environment.json"
    path.write_text(json.dumps({"name": "Warehouse Sync API", "values": entries}))
    return path


def environ(file: Path, **more: str) -> dict[str, str]:
    """Return an environment that names the profile file."""
    return {"WAREHOUSE_SYNC_CONFIG": str(file), **more}


def summary(context: Context) -> dict[str, str]:
    """Return the settings of a context."""
    return {name: setting.value for name, setting in context.settings.items()}


def test_default_profile_is_used_last(file: Path) -> None:
    """The default profile comes after the environment."""
    assert summary(find(NOTHING, profile=None, postman_env=None, environ=environ(file))) == {
        "workspace_id": "1",
        "client_id": "one-id",
        "client_secret": "canary-one",
    }
    found = find(
        NOTHING, profile=None, postman_env=None, environ=environ(file, WAREHOUSE_SYNC_WORKSPACE_ID="9")
    )
    assert summary(found)["workspace_id"] == "9"


def test_named_profile_overrides_the_environment(file: Path) -> None:
    """A profile named by option comes before the environment and after the other options."""
    env = environ(file, TWO="canary-two", WAREHOUSE_SYNC_WORKSPACE_ID="9", **CREDENTIAL)
    assert summary(find(NOTHING, profile="two", postman_env=None, environ=env)) == {
        "workspace_id": "2",
        "client_id": "two-id",
        "client_secret": "canary-two",
    }
    assert (
        summary(find({"workspace_id": "3"}, profile="two", postman_env=None, environ=env))["workspace_id"]
        == "3"
    )


def test_variable_selects_the_profile(file: Path) -> None:
    """`WAREHOUSE_SYNC_PROFILE` selects the default profile."""
    env = environ(file, TWO="canary-two", WAREHOUSE_SYNC_PROFILE="two")
    assert summary(find(NOTHING, profile=None, postman_env=None, environ=env))["workspace_id"] == "2"


def test_credential_comes_from_one_source(file: Path) -> None:
    """The id of one source is never combined with the secret of another."""
    env = environ(file, WAREHOUSE_SYNC_CLIENT_ID="env-id")
    found = find(NOTHING, profile=None, postman_env=None, environ=env)
    assert found.value("client_id") == "env-id"
    assert found.value("client_secret") is None


def test_postman_environment_is_read(file: Path, postman: Path) -> None:
    """An exported environment is read without placeholders and disabled values."""
    found = find(NOTHING, profile=None, postman_env=postman, environ=environ(file, **CREDENTIAL))
    assert summary(found) == {
        "workspace_id": "77",
        "account_id": "78",
        "client_id": "postman-id",
        "client_secret": "canary-postman",
    }
    assert found.api_url == "https://api.mparticle.com"


def test_environment_does_not_complete_a_named_profile(file: Path) -> None:
    """A missing variable of a named profile is an error even if the environment has a credential."""
    context = find(NOTHING, profile="two", postman_env=None, environ=environ(file, **CREDENTIAL))
    with pytest.raises(click.ClickException) as caught:
        context.client()
    assert caught.value.message == (
        f"profile 'two' of {file} reads client_secret from TWO, which is not set. "
        "Set TWO, or choose another profile with --profile."
    )
    assert caught.value.exit_code == 13


def test_unused_secret_of_the_default_profile_is_ignored(file: Path) -> None:
    """A missing secret of the default profile does not matter if it is not used."""
    env = environ(file, WAREHOUSE_SYNC_PROFILE="two")
    with_credential = find(NOTHING, profile=None, postman_env=None, environ={**env, **CREDENTIAL})
    assert summary(with_credential) == {
        "workspace_id": "2",
        "client_id": "env-id",
        "client_secret": "env-secret",
    }
    context = find(NOTHING, profile=None, postman_env=None, environ=env)
    assert (context.value("workspace_id"), context.value("client_id")) == ("2", "two-id")
    with pytest.raises(click.ClickException, match=r"profile 'two' of .* reads client_secret from TWO"):
        context.client()


def test_profile_secret_is_read_from_a_file(file: Path, tmp_path: Path) -> None:
    """`file:` reads the secret from a file without its line ending."""
    (tmp_path / "secret").write_text("canary-file\n")
    found = find(NOTHING, profile="three", postman_env=None, environ=environ(file))
    assert found.value("client_secret") == "canary-file"


def test_repr_of_settings_shows_no_value(file: Path) -> None:
    """The repr of the settings contains no value."""
    assert "canary" not in repr(find(NOTHING, profile=None, postman_env=None, environ=environ(file)))


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ("five", "has no profile 'five'. Its profiles: one, two, three, four, six"),
        ("four", "unknown settings: workspace. Valid settings: workspace_id"),
        ("two", "reads client_secret from TWO, which is not set. Set TWO, or"),
        ("three", "cannot be read or is empty. Write the secret to that file, or"),
        ("six", "reads client_secret from env:, which is not set. Write env:NAME, or"),
    ],
)
def test_invalid_profile_is_an_error(profile: str, message: str, file: Path) -> None:
    """The error names the profile, the file and a fix."""
    with pytest.raises(click.ClickException) as caught:
        find({"workspace_id": "1"}, profile=profile, postman_env=None, environ=environ(file)).client()
    assert message in caught.value.message
    assert str(file) in caught.value.message
    assert caught.value.exit_code == 13


def test_secret_in_a_readable_file_is_refused(file: Path) -> None:
    """A secret in a file that others can read is refused with a hint and not shown."""
    file.chmod(0o644)
    with pytest.raises(click.ClickException) as caught:
        find(NOTHING, profile=None, postman_env=None, environ=environ(file)).value("client_secret")
    assert f"chmod 600 {file}" in caught.value.message
    assert "canary" not in caught.value.message


@pytest.mark.parametrize("text", ["[profiles", "profiles = 3", "\ud800"])
def test_invalid_profile_file_is_an_error(text: str, file: Path) -> None:
    """An invalid profile file is an error with exit code 13."""
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(click.ClickException) as caught:
        find(NOTHING, profile="one", postman_env=None, environ=environ(file))
    assert caught.value.exit_code == 13


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"values": [1]}', '{"values": 3}', "[" * 100_000])
def test_invalid_postman_environment_is_an_error(text: str, tmp_path: Path) -> None:
    """A file that is no Postman environment is refused."""
    path = tmp_path / "environment.json"
    path.write_text(text)
    with pytest.raises(click.ClickException, match="is not a Postman environment"):
        find(NOTHING, profile=None, postman_env=path, environ=environ(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "no credential. Set WAREHOUSE_SYNC_CLIENT_ID and WAREHOUSE_SYNC_CLIENT_SECRET, add client_id"),
        (
            {"CLIENT_ID": "i"},
            "the environment has a client_id but no client_secret. Set WAREHOUSE_SYNC_CLIENT_ID",
        ),
        ({"CLIENT_SECRET": "canary"}, "the environment has a client_secret but no client_id. Set WAREHOUSE_"),
        ({"CLIENT_ID": "i", "CLIENT_SECRET": "***"}, "WAREHOUSE_SYNC_CLIENT_SECRET is a mask of asterisks"),
        (
            {**LOGIN, "WORKSPACE_ID": ""},
            "no workspace. Use --workspace, set WAREHOUSE_SYNC_WORKSPACE_ID, or",
        ),
        ({**LOGIN, "WORKSPACE_ID": "x"}, "WAREHOUSE_SYNC_WORKSPACE_ID must be a positive whole number"),
        ({**LOGIN, "API_URL": "http://example.com"}, "WAREHOUSE_SYNC_API_URL must use https"),
        ({**LOGIN, "TOKEN_URL": "x"}, "WAREHOUSE_SYNC_TOKEN_URL must start with https"),
    ],
)
def test_setting_errors_name_the_users_settings(given: dict[str, str], message: str, tmp_path: Path) -> None:
    """Errors name options and variables, never arguments of the SDK."""
    env = {f"WAREHOUSE_SYNC_{name}": value for name, value in {"WORKSPACE_ID": "1", **given}.items()}
    with pytest.raises(click.ClickException) as caught:
        find(NOTHING, profile=None, postman_env=None, environ=environ(tmp_path / "none", **env)).client()
    assert message in caught.value.message
    assert "argument" not in caught.value.message
    assert "pass " not in caught.value.message.replace("pass the actual secret", "")
    assert "canary" not in caught.value.message
    assert caught.value.exit_code == 13


def test_invalid_setting_names_its_source(file: Path, postman: Path) -> None:
    """The error names the option, profile or Postman environment of the invalid value."""
    file.write_text(file.read_text("utf-8").replace("workspace_id = 1", 'workspace_id = "x"'), "utf-8")
    postman.write_text(postman.read_text("utf-8").replace('"77"', '"y"'), "utf-8")
    for options, postman_env, timeout, expected in (
        ({}, None, None, f"workspace_id of the default profile 'one' of {file} must be a positive"),
        ({}, postman, None, f"workspace_id of Postman environment {postman} must be a positive"),
        ({"workspace_id": "z"}, None, None, "--workspace must be a positive"),
        ({"workspace_id": "1"}, None, float("inf"), "--timeout must be a positive"),
    ):
        context = find(options, profile=None, postman_env=postman_env, environ=environ(file), timeout=timeout)
        with pytest.raises(click.ClickException) as caught:
            context.client()
        assert caught.value.message.startswith(expected)


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (None, "WAREHOUSE_SYNC_CLIENT_ID and WAREHOUSE_SYNC_CLIENT_SECRET"),
        ("one", "client_id and client_secret of profile 'one' of {file}"),
    ],
)
def test_credential_names_its_source(profile: str | None, words: str, file: Path) -> None:
    """The hint for a refused credential names its settings and source once."""
    context = find(NOTHING, profile=profile, postman_env=None, environ=environ(file, **CREDENTIAL))
    assert context.credential == words.format(file=file)


def test_default_urls_are_those_of_the_client() -> None:
    """The URLs that the command line shows are those that the client uses."""
    assert (context.API_URL, context.TOKEN_URL) == (settings.API_URL, settings.TOKEN_URL)
