"""Bytes to models and back: the only place that knows the JSON."""
