"""Declare pipelines from the models of a dbt project."""
