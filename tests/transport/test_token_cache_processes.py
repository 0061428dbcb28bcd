"""The token cache with many concurrent processes, and with killed ones."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support.kinds import READ
from tests.support.peer import TOKEN, Peer, refusing, token

ROOT = Path(__file__).parents[2]


def workers(command: str, *arguments: str) -> str:
    """Run processes that share a cache, and return their output."""
    ran = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-m", "tests.support.token_workers", command, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_fifty_processes_make_one_token_request(peer: Peer, tmp_path: Path) -> None:
    """They all start at once with an empty cache."""
    peer.serve(READ.route, READ.success)
    workers("swarm", "50", json.dumps(peer.options(token_cache=str(tmp_path / "tokens"))))
    assert peer.count(READ.route) == 50
    assert peer.count(TOKEN) == 1


def test_twenty_processes_replace_a_rejected_token_once(peer: Peer, tmp_path: Path) -> None:
    """One of them requests the new token."""
    peer.serve(READ.route, READ.success)
    options = json.dumps(peer.options(token_cache=str(tmp_path / "tokens")))
    workers("swarm", "1", options)
    peer.serve(TOKEN, token("token-2"))
    peer.serve(READ.route, refusing("token-1", READ.success))
    workers("swarm", "20", options)
    assert peer.count(TOKEN) == 2


def test_process_killed_at_any_line_does_not_block_the_next(peer: Peer, tmp_path: Path) -> None:
    """After a kill -9 at every fourth line of the cache's code, the next process fetches and caches its token."""
    peer.serve(READ.route, READ.success)
    last = workers("killed", json.dumps(peer.options(token_cache=str(tmp_path / "tokens"))))
    assert int(last) > 50
