"""The warehouse behind the emulator: SQL that runs, on DuckDB, and rows that become what mParticle would receive.

Only this package imports DuckDB and sqlglot, and the emulator imports it only when it is started with a warehouse.
"""
