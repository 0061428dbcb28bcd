"""Bytes to models and back. Only this package knows the JSON of the API."""
