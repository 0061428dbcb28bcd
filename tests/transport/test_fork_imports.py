"""A child that is forked while another thread makes the first call of a client."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.kinds import READ
from tests.support.peer import Peer

ROOT = Path(__file__).parents[2]

# In a separate process, whose first call has not imported anything yet. The import of a module waits for the fork, for at
# most half a second: with the lock, the fork waits for the import instead.
PARENT = """
import asyncio, faulthandler, importlib.abc, json, os, sys, threading
from warehouse_sync import AsyncClient, Client

way, module, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
importing, forked = threading.Event(), threading.Event()


class Pause(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == module and not importing.is_set():
            importing.set()
            forked.wait(0.5)


client = Client(**options) if way == "blocking" else AsyncClient(**options)


async def get():
    return await client.connections.get("c1")


def call():
    return client.connections.get("c1") if way == "blocking" else asyncio.run(get())


sys.meta_path.insert(0, Pause())
thread = threading.Thread(target=call)
thread.start()
assert importing.wait(20), "not imported by the first call"
child = os.fork()
forked.set()
if child == 0:
    faulthandler.dump_traceback_later(20, exit=True)
    call()
    os._exit(7)
thread.join()
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
if way == "blocking":
    client.close()
"""

MODULES = ["warehouse_sync.resources.endpoint", "msgspec", "encodings.idna"]


@pytest.mark.parametrize(
    ("way", "module"),
    [
        *(("async", module) for module in MODULES),
        *(
            ("blocking", module)
            for module in (*MODULES, "warehouse_sync.sync.resources", "anyio._backends._asyncio")
        ),
    ],
)
def test_fork_during_the_first_call_of_a_thread(peer: Peer, way: str, module: str) -> None:
    """The child makes its own call, whatever the thread imported at that moment."""
    peer.serve(READ.route, READ.success)
    options = {**peer.options(), "api_url": f"http://localhost:{peer.port}"}
    ran = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-W", "ignore", "-c", PARENT, way, module, json.dumps(options)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert (ran.stderr, ran.returncode) == ("", 0)
    assert peer.count() == 2
