"""Runs of a pipeline: schedules, the runs they create, and their limits."""
