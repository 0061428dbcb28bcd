"""Pause all pipelines that use a connection, for a maintenance window: `python pause_pipelines.py CONNECTION`.

Run it with `--resume` afterwards. What is read is edited and put back: fields that this release does not know survive.
"""

import sys

import attrs

from warehouse_sync import Client


def main(connection_id: str, state: str) -> None:
    """Put the connection's pipelines into a state."""
    with Client() as client:
        for pipeline in client.pipelines.list():
            if pipeline.connection_id == connection_id and pipeline.state != state:
                client.pipelines.update(attrs.evolve(pipeline.to_spec(), state=state))
                print(f"{pipeline.id}: {pipeline.state} -> {state}")


if __name__ == "__main__":
    main(sys.argv[1], "active" if "--resume" in sys.argv else "paused")
