"""Injected faults: what they are, which routes they match, and what they do to a request."""
