"""Runs of a pipeline: schedules, the runs they create, and the limits of both."""
