"""Every command with arguments that work; a new command must be added here."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from warehouse_sync.cli.main import COMMANDS, root
from warehouse_sync.emulator import Emulator

CLIENT_SECRET = "canary-client-secret"
PASSWORD = 'canary-"password"\\'
KEY = '{"private_key": "canary-service-account-key"}'
FEED_KEY = "canary-feed-key"

# Commands that run until they are stopped; their own tests call them.
SERVING = {"emulator", "exporter", "mcp"}

# {infra} is a folder of files that were applied; {folder} is a folder to write to.
CALLS = {
    "connections list": "",
    "connections get": "redshift",
    "models list": "",
    "models get": "customers",
    "feeds list": "",
    "feeds get": "1",
    "feeds create": "Second --module-name MailChimp --setting apiKey=env:KEY",
    "feeds update": "1 --name Renamed --setting apiKey=env:KEY",
    "feeds delete": "1 --yes",
    "pipelines list": "",
    "pipelines get": "customers",
    "pipelines trigger": "customers --wait",
    "pipelines pause": "customers",
    "pipelines resume": "customers",
    "runs list": "customers",
    "runs failures": "",
    "runs get": "customers 1",
    "runs watch": "wsr1:5328:customers:1",
    "status": "",
    "plan": "{infra} --out {folder}/plan.json --rotate redshift",
    "apply": "{infra} --yes --rotate redshift",
    "drift": "{infra}",
    "destroy": "{infra} --confirm 5328",
    "state list": "{infra}",
    "state show": "{infra}",
    "state adopt": "{infra} connection/redshift",
    "state forget": "{infra} connection/redshift",
    "state mv": "{infra} connection/redshift connection/moved",
    "state unlock": "{infra}",
    "export": "{folder}/export",
    "lint": "{infra}",
    "fmt": "{folder}/messy.yaml",
    "schema": "--out {folder}/schema.json",
    "init": "{folder}/new --warehouse databricks --table a.b.c --set provider=o --set schema=s",
    "setup": "snowflake --postman-env {folder}/postman.json",
    "schedule preview": "customers",
    "report": "--html {folder}/report.html",
    "convert": "{folder}/old.json --to {folder}/converted",
    "from-dbt": "{folder}/manifest.json --to {folder}/dbt",
    "completion": "bash",
    "auth login": "",
    "auth status": "",
    "auth logout": "",
    "profiles list": "",
    "profiles show": "staging",
    "profiles create": "production --workspace 5329 --client-id ID --client-secret env:WAREHOUSE_SYNC_CLIENT_SECRET",
    "doctor": "",
    "preview": "--warehouse {folder}/shop 'SELECT email FROM shop.public.customers'",
    "demo": "--pipelines 3",
}


def commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command and subcommand with its words."""
    context = click.Context(root)
    for name in COMMANDS:
        command = root.get_command(context, name)
        assert command is not None
        yield (name,), command
        if isinstance(command, click.Group):
            yield from (((name, inner), each) for inner, each in command.commands.items())


ALL = list(commands())
# The commands without the groups.
LEAVES = {" ".join(words): command for words, command in ALL if not isinstance(command, click.Group)}


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A workspace and files with which every command works.

    Attributes:
        emulator: The API, with the resources that the files declare.
        folder: The folder with the files, to which commands also write.
        settings: The environment variables of the command, with the secrets.
    """

    emulator: Emulator
    folder: Path
    settings: Mapping[str, str]

    def arguments(self, name: str) -> list[str]:
        """Return the arguments of a call that works."""
        arguments = CALLS[name].format(infra=self.folder / "infra", folder=self.folder)
        return [*name.split(), *shlex.split(arguments)]


def make_workspace(emulator: Emulator, folder: Path) -> Workspace:
    """Write the files."""
    settings = {
        f"WAREHOUSE_SYNC_{name.upper()}": str(each) for name, each in emulator.client_options().items()
    }
    settings |= {"PASSWORD": PASSWORD, "KEY": KEY, "FEED_KEY": FEED_KEY}
    for name, document in {
        "infra/all.json": INFRA,
        "postman.json": {"values": [{"key": "POD", "value": "US1"}, _postman_secret(emulator)]},
        "old.json": {"connections": [OLD_CONNECTION]},
        "manifest.json": {"metadata": {}, "nodes": {}},
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(document), "utf-8")
    (folder / "messy.yaml").write_text("data_models:\n- {id: messy}\n", "utf-8")
    (folder / "config.toml").write_text(PROFILE, "utf-8")
    settings["WAREHOUSE_SYNC_CONFIG"] = str(folder / "config.toml")
    (folder / "shop").mkdir()
    (folder / "shop" / "customers.csv").write_text("email\na@example.com\n", "utf-8")
    return Workspace(emulator=emulator, folder=folder, settings=settings)


def _postman_secret(emulator: Emulator) -> dict[str, str]:
    return {"key": "PLATFORM_API_CLIENT_SECRET", "value": emulator.client_options()["client_secret"]}


PROFILE = """
[profiles.staging]
workspace_id = 5328
client_id = "emu_client"
client_secret = "env:WAREHOUSE_SYNC_CLIENT_SECRET"
"""
OLD_CONNECTION = {
    "id": "old",
    "type": "snowflake",
    "source_account_id": "gd1234",
    "password": PASSWORD,
    "nonsense": "canary-nonsense",
}
INFRA = {
    "connections": [
        {
            "id": "redshift",
            "name": "Redshift",
            "service_provider": "Redshift",
            "config": {
                "database": "d",
                "host": "h",
                "user": "u",
                "password": "env:PASSWORD",
                "aws_iam_role_arn": "arn",
            },
        },
        {
            "id": "bigquery",
            "name": "BigQuery",
            "service_provider": "BigQuery",
            "config": {
                "region": "r",
                "project_id": "p",
                "dataset_id": "d",
                "service_account_id": "i",
                "service_account_key": "env:KEY",
            },
        },
    ],
    "feeds": [
        {
            "module_name": "MailChimp",
            "name": "First",
            "settings": [{"name": "apiKey", "value": "env:KEY"}],
        },
    ],
    "data_models": [
        {"id": "customers", "name": "Customers", "sql_query": "SELECT email, t FROM a.b.c"},
    ],
    "pipelines": [
        {
            "id": "customers",
            "name": "Customers",
            "pipeline_type": "user_attributes",
            "connection_id": "redshift",
            "data_model_id": "customers",
            "partner_feed_key": "env:FEED_KEY",
            "state": "active",
            "sync_mode": {"type": "incremental", "iterator_field": "t", "iterator_data_type": "timestamp"},
            "schedule": {"type": "on_demand"},
            "environment": "development",
        },
    ],
}
