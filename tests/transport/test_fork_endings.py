"""A forked child that exits normally does not close its parent's connections."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.kinds import READ
from tests.support.peer import TOKEN, Peer
from tests.support.stderr import without_slow_callbacks

ROOT = Path(__file__).parents[2]

# In a separate process, which the child may end. `-X dev` reports what is left open.
PARENT = """
import asyncio, json, os, sys
from warehouse_sync import AsyncClient, Client, Timeout

way, options = sys.argv[1], json.loads(sys.argv[2])
options["timeout"] = Timeout(total=20)
if way.startswith("blocking"):
    client = Client(**options)
    call, close = lambda: client.connections.get("c1"), client.close
else:
    loop = asyncio.new_event_loop()
    shared = AsyncClient(**options)
    call = lambda: loop.run_until_complete(shared.connections.get("c1"))

    def close():
        loop.run_until_complete(shared.close())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

call()
child = os.fork()
if child == 0:
    if way == "blocking, used":
        call()
    elif way == "blocking, closed":
        call()
        close()
    elif way == "a loop, used":
        asyncio.run(shared.connections.get("c1"))
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
call()
close()
"""


@pytest.mark.parametrize(
    ("way", "calls"),
    [
        ("blocking, unused", [0, 0]),
        ("blocking, used", [0, 1, 0]),
        ("blocking, closed", [0, 1, 0]),
        ("a loop, unused", [0, 0]),
        ("a loop, used", [0, 1, 0]),
    ],
)
def test_exit_of_a_child_keeps_the_parents_connection(peer: Peer, way: str, calls: list[int]) -> None:
    """The parent reuses its connection, the child used another or none, and neither reports a problem."""
    peer.serve(READ.route, READ.success)
    ran = subprocess.run(  # noqa: S603 - our own script
        [
            sys.executable,
            "-X",
            "dev",
            "-W",
            "ignore::DeprecationWarning",
            "-c",
            PARENT,
            way,
            json.dumps(peer.options()),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert (ran.returncode, ran.stdout, without_slow_callbacks(ran.stderr)) == (0, "", "")
    assert [arrival.connection for arrival in peer.on(READ.route)] == calls
    assert peer.count(TOKEN) == 1
