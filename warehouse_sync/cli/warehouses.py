"""The kinds of warehouses, by the names that options accept."""

SERVICE_PROVIDERS = {
    "snowflake": "Snowflake",
    "bigquery": "BigQuery",
    "redshift": "Redshift",
    "databricks": "Databricks",
}
