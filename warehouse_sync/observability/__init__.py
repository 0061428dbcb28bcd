"""Spans, metrics and an exporter, built on the events of clients.

Each module needs the extra that its docstring names.
"""
