"""Fault injection: faults, the routes they match, and their effects."""
