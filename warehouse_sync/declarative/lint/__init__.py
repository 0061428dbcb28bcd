"""Lint: what is likely to fail an hour later, told in seconds and without an account."""
