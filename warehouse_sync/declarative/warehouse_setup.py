"""Steps that prepare a warehouse for a connection, with known values filled in.

Each setup names its source and its unconfirmed parts. Snowflake: the tutorial's "Step 2. Snowflake setup", statement by
statement. BigQuery: the same step of the tutorial of May 2023, with its grants as a statement. Redshift and Databricks: the
reference has the fields of the connection, but no document has the steps.
"""

import re
from collections.abc import Mapping

import attrs

POD_ACCOUNTS = {"us1": "338661164609", "us2": "386705975570", "au1": "526464060896", "eu1": "583371261087"}
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")

_SNOWFLAKE = """\
USE ROLE ACCOUNTADMIN;

-- A role of its own for mParticle
CREATE ROLE IF NOT EXISTS {{role_name}};

GRANT USAGE ON WAREHOUSE {{compute_wh}} TO ROLE {{role_name}};
GRANT USAGE ON DATABASE {{database}} TO ROLE {{role_name}};
GRANT USAGE ON SCHEMA {{database}}.{{schema}} TO ROLE {{role_name}};

-- Repeat for each table or view that mParticle reads
GRANT SELECT ON TABLE {{database}}.{{schema}}.{{table}} TO ROLE {{role_name}};

-- DESTRUCTIVE: replaces a user of this name, with its password and its grants
CREATE OR REPLACE USER {{user_name}} PASSWORD = "{{unique_secure_password}}";
GRANT ROLE {{role_name}} TO USER {{user_name}};

-- NOT DOCUMENTED BY MPARTICLE: a key pair in place of the password, with a public key that mParticle would have to give you
-- ALTER USER {{user_name}} SET TYPE = SERVICE RSA_PUBLIC_KEY = '...';

-- DESTRUCTIVE: replaces a storage integration of this name, with the external id that mParticle was given.
-- Do not change its name.
CREATE OR REPLACE STORAGE INTEGRATION mp_{{pod}}_{{org_id}}_{{acct_id}}_s3
          WITH TYPE = EXTERNAL_STAGE
          STORAGE_PROVIDER = S3
          ENABLED = TRUE
          STORAGE_AWS_ROLE_ARN = "arn:aws:iam::{{pod_mp_aws_account_id}}:role/ingest-pipeline-data-external-{{org_id}}-{{acct_id}}"
          STORAGE_AWS_OBJECT_ACL = "bucket-owner-full-control"
          STORAGE_ALLOWED_LOCATIONS = ("s3://{{pod}}-ingest-pipeline-data/{{org_id}}/{{acct_id}}");

GRANT USAGE ON INTEGRATION mp_{{pod}}_{{org_id}}_{{acct_id}}_s3 TO ROLE {{role_name}};

DESCRIBE INTEGRATION mp_{{pod}}_{{org_id}}_{{acct_id}}_s3;
"""
_BIGQUERY = """\
GRANT `roles/bigquery.dataViewer`, `roles/bigquery.user` ON SCHEMA `{{project_id}}.{{dataset_id}}`
  TO "serviceAccount:{{service_account}}@{{project_id}}.iam.gserviceaccount.com";
"""
_REDSHIFT = """\
CREATE USER {{user_name}} PASSWORD '{{unique_secure_password}}';
GRANT USAGE ON SCHEMA {{schema}} TO {{user_name}};

-- Repeat for each table or view that mParticle reads
GRANT SELECT ON TABLE {{schema}}.{{table}} TO {{user_name}};
"""
_DATABRICKS = """\
CREATE SHARE IF NOT EXISTS {{share}};

-- Shares every table of the schema, also those to come
ALTER SHARE {{share}} ADD SCHEMA {{catalog}}.{{schema}};

CREATE RECIPIENT IF NOT EXISTS {{recipient}} USING ID '{{sharing_identifier}}';
GRANT SELECT ON SHARE {{share}} TO RECIPIENT {{recipient}};
"""


@attrs.frozen(kw_only=True)
class Setup:
    """The setup of one warehouse.

    Attributes:
        source: The document that the setup follows.
        unconfirmed: Statements that no document confirms.
        before: Steps before the statements.
        statements: SQL to run in the warehouse, with `{{placeholders}}`.
        after: Steps after the statements.
        warnings: What to know before the statements are run.
    """

    source: str
    unconfirmed: tuple[str, ...]
    before: tuple[str, ...]
    statements: str
    after: tuple[str, ...]
    warnings: tuple[str, ...] = ()


_ALLOW = (
    "Allow mParticle's IP addresses, which GET https://api.mparticle.com/ip-ranges lists: "
    "https://docs.mparticle.com/developers/data-localization/#ip-whitelisting"
)
_SIGN_IN = (
    "Snowflake ends the sign-in with only a password for all users in 2026, service users too "
    "(https://docs.snowflake.com/en/user-guide/security-mfa-rollout). mParticle documents no field for another credential: "
    "ask mParticle before you depend on a password."
)
_ASK = "Ask mParticle, or read its current tutorial: https://docs.mparticle.com/developers/warehouse-sync-api/quickstart/"
SETUPS = {
    "snowflake": Setup(
        source='mParticle\'s Warehouse Sync API tutorial, "Step 2. Snowflake setup".',
        unconfirmed=(
            "The tutorial does not say how to write the pod; it is in lower case here, as in the reference's mp_us1_123_123_s3.",
        ),
        before=(_ALLOW, "Ask a Snowflake administrator to run these statements:"),
        statements=_SNOWFLAKE,
        after=(
            "Copy STORAGE_AWS_IAM_USER_ARN and STORAGE_AWS_EXTERNAL_ID from the output of DESCRIBE:",
            "they are aws_iam_user_arn and aws_external_id of the connection, and both are optional.",
            "Its storage_integration is mp_{{pod}}_{{org_id}}_{{acct_id}}_s3.",
        ),
        warnings=(_SIGN_IN,),
    ),
    "bigquery": Setup(
        source='mParticle\'s Warehouse Sync API tutorial of May 2023, "Step 2. Data warehouse setup", Google BigQuery.',
        unconfirmed=(
            "The tutorial uses the console; the GRANT statement is the equivalent in BigQuery's SQL.",
        ),
        before=(
            _ALLOW,
            "In IAM & Admin, Service Accounts: create a service account for mParticle.",
            "Give it the role BigQuery Job User on the project.",
            "In its tab Keys: add a key of type JSON, and keep the file.",
            "Ask an administrator of the dataset to run this statement, or to add both roles in Sharing, Permissions:",
        ),
        statements=_BIGQUERY,
        after=(
            "service_account_id of the connection is {{service_account}}@{{project_id}}.iam.gserviceaccount.com.",
            "service_account_key is the text of the JSON file, whole.",
            "project_id and dataset_id are the two parts of the Dataset ID, before and after the dot; region is the Data location.",
        ),
    ),
    "redshift": Setup(
        source="The fields of a Redshift connection in mParticle's API reference; the SQL is Amazon's.",
        unconfirmed=(
            f"The permissions, the trust policy and the attachment of the IAM role: no document describes them. {_ASK}",
            "The grants of the user: read access to the tables is assumed to be enough, as for Snowflake.",
        ),
        before=(_ALLOW, "Ask a Redshift administrator to run these statements:"),
        statements=_REDSHIFT,
        after=(
            "Create an IAM role for mParticle: its ARN is aws_iam_role_arn of the connection.",
            "host and port are in the cluster's properties.",
        ),
    ),
    "databricks": Setup(
        source="The fields of a Databricks connection in mParticle's API reference; the SQL is that of Databricks.",
        unconfirmed=(
            "That mParticle reads through Delta Sharing: the field provider suggests it, but the reference does not say so.",
            f"The sharing identifier of mParticle's metastore: no document has it. {_ASK}",
        ),
        before=("Ask an administrator of the metastore to run these statements:",),
        statements=_DATABRICKS,
        after=(
            "provider of the connection is the organization's name in Databricks for the metastore the data is in.",
            "Its schema is {{schema}}.",
        ),
    ),
}


def placeholders(warehouse: str) -> list[str]:
    """Return the placeholders in the statements of a warehouse."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(SETUPS[warehouse].statements)))


def fill_in(warehouse: str, values: Mapping[str, str]) -> tuple[Setup, list[str]]:
    """Return a setup with the known values filled in, and the remaining placeholders."""
    known = {name: value for name, value in values.items() if value}
    if "pod" in known:
        known["pod"] = known["pod"].lower()
        known.setdefault("pod_mp_aws_account_id", POD_ACCOUNTS[known["pod"]])

    def fill(text: str) -> str:
        return _PLACEHOLDER.sub(lambda match: known.get(match[1], match[0]), text)

    setup = SETUPS[warehouse]
    filled_in = attrs.evolve(
        setup, statements=fill(setup.statements), after=tuple(fill(line) for line in setup.after)
    )
    return filled_in, list(dict.fromkeys(_PLACEHOLDER.findall(filled_in.statements)))


def is_identifier(value: str) -> bool:
    """Return whether a value cannot end a statement or start a comment."""
    return re.fullmatch(r"(?!.*--)[A-Za-z0-9_$.:-]+", value, re.ASCII) is not None
