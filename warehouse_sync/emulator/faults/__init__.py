"""Fault injection: the faults, the routes they match, and what they do to a request."""
