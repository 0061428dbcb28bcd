"""The emulator's warehouse: SQL on DuckDB, and event batches from rows.

Only this package imports DuckDB and sqlglot: DuckDB if the emulator has a warehouse, sqlglot to check the SQL of data models.
"""
