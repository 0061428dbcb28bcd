"""What has to be done in a warehouse before a connection to it can work, filled in as far as the values are known.

Snowflake: the tutorial's "Step 2. Snowflake setup", statement by statement. The tutorial has no such step for the others:
theirs are what the reference's fields ask for, in the words of the warehouse's own documentation.
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
-- In BigQuery, as an administrator of the dataset
GRANT `roles/bigquery.dataViewer` ON SCHEMA `{{project_id}}.{{dataset_id}}`
  TO "serviceAccount:{{service_account}}@{{project_id}}.iam.gserviceaccount.com";
"""
_REDSHIFT = """\
CREATE USER {{user_name}} PASSWORD '{{unique_secure_password}}';
GRANT USAGE ON SCHEMA {{schema}} TO {{user_name}};

-- Repeat for each table or view that mParticle reads
GRANT SELECT ON TABLE {{schema}}.{{table}} TO {{user_name}};
"""
_DATABRICKS = """\
-- In the catalog that holds the data, as an owner of the metastore
CREATE SHARE IF NOT EXISTS {{share}};
ALTER SHARE {{share}} ADD SCHEMA {{catalog}}.{{schema}};
"""


@attrs.frozen(kw_only=True)
class Setup:
    """What to do for one warehouse.

    Attributes:
        before: Steps before the statements.
        statements: What to run in the warehouse, with `{{placeholders}}`.
        after: Steps after them.
    """

    before: tuple[str, ...]
    statements: str
    after: tuple[str, ...]


_NOT_IN_TUTORIAL = (
    "The tutorial has statements for Snowflake only; these follow from the reference's fields. Check them."
)
_ALLOW = "Let mParticle's IP addresses through: https://docs.mparticle.com/developers/data-localization/#ip-whitelisting"
SETUPS = {
    "snowflake": Setup(
        before=(_ALLOW, "Ask a Snowflake administrator to run these statements:"),
        statements=_SNOWFLAKE,
        after=(
            "Copy STORAGE_AWS_IAM_USER_ARN and STORAGE_AWS_EXTERNAL_ID from what DESCRIBE answers.",
            "They are aws_iam_user_arn and aws_external_id of the connection.",
        ),
    ),
    "bigquery": Setup(
        before=(
            _NOT_IN_TUTORIAL,
            "Create a service account in the project, with the role BigQuery Job User, and a JSON key for it.",
            "Let it read the dataset:",
        ),
        statements=_BIGQUERY,
        after=(
            "Its address is service_account_id, the JSON key as one string service_account_key of the connection.",
        ),
    ),
    "redshift": Setup(
        before=(_NOT_IN_TUTORIAL, _ALLOW, "Ask a Redshift administrator to run these statements:"),
        statements=_REDSHIFT,
        after=(
            "Create an IAM role for mParticle and attach it to the cluster: its ARN is aws_iam_role_arn of the connection.",
            "Host and port are in the cluster's properties.",
        ),
    ),
    "databricks": Setup(
        before=(_NOT_IN_TUTORIAL, "Share the schema with mParticle by Delta Sharing:"),
        statements=_DATABRICKS,
        after=(
            "Ask mParticle for the identifier to share with, and grant the share to it.",
            "The organization name of the metastore is provider, and the schema is schema of the connection.",
        ),
    ),
}


def placeholders(warehouse: str) -> list[str]:
    """Return the names that the statements of a warehouse need."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(SETUPS[warehouse].statements)))


def fill_in(warehouse: str, values: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return the statements with what is known filled in, and the names that are still open."""
    known = {name: value for name, value in values.items() if value}
    if "pod" in known:
        known["pod"] = known["pod"].lower()
        known.setdefault("pod_mp_aws_account_id", POD_ACCOUNTS.get(known["pod"], ""))
    known = {name: value for name, value in known.items() if value}
    text = _PLACEHOLDER.sub(lambda match: known.get(match[1], match[0]), SETUPS[warehouse].statements)
    return text, list(dict.fromkeys(_PLACEHOLDER.findall(text)))


def is_identifier(value: str) -> bool:
    """Tell whether a value may stand in a statement without quotes: nothing that could end it."""
    return re.fullmatch(r"[A-Za-z0-9_$.-]+", value, re.ASCII) is not None
