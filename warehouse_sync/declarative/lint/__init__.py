"""Lint: find likely failures in files, without an account."""
