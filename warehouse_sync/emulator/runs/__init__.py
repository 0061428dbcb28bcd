"""Runs of a pipeline: schedules, the runs they create, and the limits of both.

`scheduler.py` creates the due runs of one pipeline, and `due_queue.py` orders those of all pipelines.
"""
