"""The blocking client in separate processes: exit, forks and callbacks."""

import _thread
import json
import subprocess
import sys
from typing import Any

import pytest

from tests.support.stderr import without_slow_callbacks
from warehouse_sync import Client, ConfigurationError
from warehouse_sync.emulator import Emulator

PRELUDE = """
import sys, json
from warehouse_sync import Client
options = json.loads(sys.argv[1])
"""
SCRIPTS = {
    "exits without closing": """
client = Client(**options)
print(len(client.pipelines.list()))
""",
    "exits in the middle of an iteration": """
client = Client(**options)
runs = iter(client.runs.list("seeded-pipeline-00001"))
reports = client.pipelines.reports(["seeded-pipeline-00001"] * 300)
next(runs), next(reports)
print(3)
""",
    "drops the client": """
import gc
client = Client(**options)
count = len(client.pipelines.list())
del client
gc.collect()
import threading
assert [thread.name for thread in threading.enumerate()] == ["MainThread"]
print(count)
""",
    "forks": """
import os
client = Client(**options)
count = len(client.pipelines.list())
child = os.fork()
if child == 0:
    ok = len(client.pipelines.list()) == count
    client.close()
    os._exit(0 if ok else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
print(len(client.pipelines.list()))
client.close()
""",
    "calls in a thread after the main thread ended": """
import threading
client = Client(**options)
count = len(client.pipelines.list())
def work():
    threading.main_thread().join()
    print(len(client.pipelines.list()))
threading.Thread(target=work).start()
""",
    "looks up a host in a thread after the main thread ended": """
import threading
from warehouse_sync import ConfigurationError
options["api_url"] = options["api_url"].replace("127.0.0.1", "localhost")
client = Client(**options)
ready = threading.Event()
def work():
    ready.wait()
    threading.main_thread().join()
    try:
        client.pipelines.list()
    except ConfigurationError as error:
        assert "the main thread has ended" in str(error), error
        print(3)
client._loop_thread._ready_thread()
threading.Thread(target=work).start()
ready.set()
""",
    "makes the first call in a thread after the main thread ended": """
import threading
from warehouse_sync import ConfigurationError
client = Client(**options)
def work():
    threading.main_thread().join()
    try:
        print(len(client.pipelines.list()))
    except ConfigurationError as error:  # from Python 3.12 on
        assert sys.version_info >= (3, 12)
        assert "make the first call before the main thread ends" in str(error), error
        print(3)
threading.Thread(target=work).start()
""",
    "uses the token cache after the main thread ended": """
import logging, tempfile, threading
logging.getLogger("warehouse_sync").setLevel(logging.CRITICAL)
folder = tempfile.TemporaryDirectory()
client = Client(**options, token_cache=folder.name)
client._loop_thread._ready_thread()
def work():
    threading.main_thread().join()
    print(len(client.pipelines.list()))
    folder.cleanup()
threading.Thread(target=work).start()
""",
    "makes the first call at exit": """
import atexit
from warehouse_sync import ConfigurationError
client = Client(**options)
@atexit.register
def call():
    try:
        print(len(client.pipelines.list()))
    except ConfigurationError:  # from Python 3.12 on
        assert sys.version_info >= (3, 12)
        print(3)
""",
    "ends during the calls of daemon threads": """
import threading
from warehouse_sync import ConfigurationError
client = Client(**options)
count = len(client.pipelines.list())
started = threading.Barrier(5)
def list_pipelines():
    while True:
        client.pipelines.list()
def read_reports():
    while True:
        list(client.pipelines.reports(["seeded-pipeline-00001"] * 300))
def work(call):
    started.wait()
    try:
        call()
    except ConfigurationError as error:
        assert "closed" in str(error) or "program ended" in str(error), error
for call in (list_pipelines, read_reports) * 2:
    threading.Thread(target=work, args=[call], daemon=True).start()
started.wait()
list(client.pipelines.reports(["seeded-pipeline-00001"] * 50))
print(count)
""",
    "is interrupted": """
import signal, threading
client = Client(**options)
client.pipelines.list()
def interrupt(progress):
    if progress.done == 100:
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
try:
    for _ in client.pipelines.reports(["seeded-pipeline-00001"] * 3000, on_progress=interrupt):
        pass
except KeyboardInterrupt:
    print(len(client.pipelines.list()))
client.close()
""",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_client_in_a_separate_process(warehouse_sync_emulator: Emulator, name: str) -> None:
    """The program ends by itself and prints nothing but its output."""
    warehouse_sync_emulator.seed(pipelines=3, runs=200)
    options = json.dumps(warehouse_sync_emulator.client_options())
    # Python 3.12 warns about each fork of a process with threads, which is what this test does.
    flags = ["-X", "dev", "-W", "error", "-W", "ignore::DeprecationWarning"]
    result = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, *flags, "-c", PRELUDE + SCRIPTS[name], options],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (result.stdout, without_slow_callbacks(result.stderr), result.returncode) == ("3\n", "", 0)


def test_client_interrupted_at_the_response_does_not_hang(warehouse_sync_sync_client: Client) -> None:
    """An interrupt that the main thread handles after the response arrived is raised without a deadlock."""

    async def complete() -> None:
        _thread.interrupt_main()  # unlike a signal, does not wake a waiting thread

    with pytest.raises(KeyboardInterrupt):
        warehouse_sync_sync_client._loop_thread.run(complete())
    assert warehouse_sync_sync_client.pipelines.list() == []


def test_client_call_inside_a_callback_raises(
    warehouse_sync_emulator: Emulator, warehouse_sync_sync_client: Client
) -> None:
    """A call inside a callback of the same client raises an error, and the client keeps working."""
    ids = warehouse_sync_emulator.seed(pipelines=3, runs=1)

    def call_again(_: Any) -> None:
        warehouse_sync_sync_client.pipelines.list()

    with pytest.raises(ConfigurationError, match="inside a callback"):
        list(warehouse_sync_sync_client.pipelines.reports(ids, on_progress=call_again))
    assert len(warehouse_sync_sync_client.pipelines.list()) == 3


def test_client_call_inside_the_ids_raises(
    warehouse_sync_emulator: Emulator, warehouse_sync_sync_client: Client
) -> None:
    """A call while the ids are consumed raises an error too, with a hint."""
    warehouse_sync_emulator.seed(pipelines=3, runs=1)
    client = warehouse_sync_sync_client
    with pytest.raises(ConfigurationError, match="collect the results first"):
        list(client.pipelines.reports(pipeline.id for _ in "x" for pipeline in client.pipelines.list()))
