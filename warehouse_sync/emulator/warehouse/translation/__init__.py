"""Translation of a parsed query to DuckDB.

A query consists of syntax that means the same everywhere, and of functions and operators. Each of these is a macro in
`macros/` with the meaning of its namesake, or DuckDB's own if that is the same. Anything else raises `UnsupportedSqlError`.
"""
