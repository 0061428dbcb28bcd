"""Values of the tutorial's Postman environment, for `setup` and `init`."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from warehouse_sync import declarative

if TYPE_CHECKING:
    from warehouse_sync.declarative import FieldInfo

FEED_KEY = "PARTNER_FEED_KEY"
_SECRETS = ("SNOWFLAKE_PASSWORD", "PASSWORD", "SERVICE_ACCOUNT_KEY", FEED_KEY)
# The placeholders of `setup` by key.
_PLACEHOLDERS = {
    "POD": "pod",
    "ORG_ID": "org_id",
    "ACCOUNT_ID": "acct_id",
    "SNOWFLAKE_ROLE": "role_name",
    "SNOWFLAKE_WAREHOUSE": "compute_wh",
    "SNOWFLAKE_DATABASE": "database",
    "SNOWFLAKE_SCHEMA": "schema",
    "SNOWFLAKE_USER": "user_name",
}
# Other names of the fields of a connection, by key.
_FIELDS = {"SNOWFLAKE_ACCOUNT": "account_identifier", "SNOWFLAKE_ACCOUNT_ID": "account_identifier"}
_SERVICE_ACCOUNT = re.compile(r"(?P<service_account>[^@]+)@(?P<project_id>[^.]+)\.iam\.gserviceaccount\.com")


def placeholder_values(warehouse: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return the values of the placeholders in the statements of a warehouse."""
    known = {"pod", *declarative.placeholders(warehouse)}
    found = {name: values[key] for key, name in _PLACEHOLDERS.items() if key in values}
    account = _SERVICE_ACCOUNT.fullmatch(values.get("SERVICE_ACCOUNT_ID", ""))
    found |= account.groupdict() if account else {}
    return {name: value for name, value in found.items() if name in known}


def config_values(provider: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a connection that are not secret."""
    prefix = f"{provider.upper()}_"
    given = {_FIELDS.get(key, key.removeprefix(prefix).lower()): value for key, value in values.items()}
    if provider == "Snowflake" and {"POD", "ORG_ID", "ACCOUNT_ID"} <= values.keys():
        pod, organization, account = values["POD"].lower(), values["ORG_ID"], values["ACCOUNT_ID"]
        given.setdefault("storage_integration", f"mp_{pod}_{organization}_{account}_s3")
    return {
        field.name: given[field.name]
        for field in _fields(provider)
        if not field.secret and field.name in given
    }


def secret_notes(provider: str, resource_ids: Mapping[str, str], values: Mapping[str, str]) -> Iterator[str]:
    """Yield which variable of the files gets the value of which key.

    Args:
        provider: The service provider.
        resource_ids: The id of the resource of each secret field, by the name of the field.
        values: The values of the environment.
    """
    names = {f"{provider.upper()}_PASSWORD": "password", "PASSWORD": "password"}
    names |= {"SERVICE_ACCOUNT_KEY": "service_account_key", FEED_KEY: "partner_feed_key"}
    needed = {field.name for field in _fields(provider) if field.secret} | {"partner_feed_key"}
    for key, field in names.items():
        if key in values and field in needed:
            needed.remove(field)
            variable = declarative.variable_name(resource_ids[field], field)
            yield f"{variable} is {key} of the Postman environment"


def secret_keys(values: Mapping[str, str]) -> list[str]:
    """Return the keys of the environment that hold secrets."""
    return [key for key in _SECRETS if key in values]


def _fields(provider: str) -> "tuple[FieldInfo, ...]":
    return declarative.fields_of(declarative.CONFIGS[provider])
