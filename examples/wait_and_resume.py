"""Trigger a run in one process and wait for it in another.

    python wait_and_resume.py trigger PIPELINE > handle
    python wait_and_resume.py wait "$(cat handle)"

A handle is a short string without secrets: a job queue or a database column can hold it.
"""

import sys

from warehouse_sync import Client, RunFailedError, WaitTimeoutError


def trigger(pipeline_id: str) -> None:
    """Trigger a run and print its handle."""
    with Client() as client:
        print(client.pipelines.trigger(pipeline_id).handle())


def wait(handle: str) -> None:
    """Wait for the run of a handle for at most an hour."""
    with Client() as client:
        try:
            run = client.runs.resume(handle, timeout=3600)
        except RunFailedError as error:
            sys.exit(f"the run failed: {error}")
        except WaitTimeoutError as error:
            sys.exit(f"the run has not ended yet; wait again with {error.handle}")
        print(f"run {run.id}: {run.status}, {run.successful_records} records")


if __name__ == "__main__":
    {"trigger": trigger, "wait": wait}[sys.argv[1]](sys.argv[2])
