"""Integrations with orchestrators: Airflow, Dagster and Prefect.

Each folder needs the extra of its name, such as `pip install 'warehouse-sync[airflow]'`, and imports only public names of the SDK.
"""
