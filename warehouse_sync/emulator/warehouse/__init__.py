"""The emulator's warehouse: SQL on DuckDB, and event batches from rows.

Only this package imports DuckDB and sqlglot, and the emulator imports it only if it is started with a warehouse.
"""
