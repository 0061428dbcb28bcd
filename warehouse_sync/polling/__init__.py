"""Bulk reports, waits for runs, and watches.

Independent of HTTP: the callers pass in the functions that send requests.
"""
