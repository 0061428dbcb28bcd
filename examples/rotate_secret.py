"""Replace the password of a connection: `SNOWFLAKE_PASSWORD=… python rotate_secret.py CONNECTION`.

The API returns secrets masked, and the SDK never sends a mask back: an update needs the real value.
"""

import os
import sys

import attrs

from warehouse_sync import Client, SnowflakeConfig


def main() -> None:
    """Read the connection, set the new password, and put the connection back."""
    connection_id = sys.argv[1]
    with Client() as client:
        spec = client.connections.get(connection_id).to_spec()
        if not isinstance(spec.config, SnowflakeConfig):
            sys.exit(f"{connection_id} is not a Snowflake connection")
        config = attrs.evolve(spec.config, password=os.environ["SNOWFLAKE_PASSWORD"])
        connection = client.connections.update(attrs.evolve(spec, config=config))
        print(f"{connection.id}: new password set, status {connection.status}")


if __name__ == "__main__":
    main()
