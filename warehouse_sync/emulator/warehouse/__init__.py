"""The warehouse behind the emulator: executes SQL on DuckDB and turns rows into event batches.

Only this package imports DuckDB and sqlglot, and the emulator imports it only if it is started with a warehouse.
"""
