"""Tokens on disk under many processes at once, and under processes that are killed."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support.kinds import READ
from tests.support.peer import TOKEN, Peer, refusing, token

ROOT = Path(__file__).parents[2]


def workers(command: str, *arguments: str) -> str:
    """Run processes that share a cache, and return what they print."""
    ran = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-m", "tests.support.token_workers", command, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_fifty_processes_with_an_empty_cache_make_one_token_request(peer: Peer, tmp_path: Path) -> None:
    """However many processes begin at once, the token endpoint hears of one."""
    peer.serve(READ.route, READ.success)
    workers("swarm", "50", json.dumps(peer.options(token_cache=str(tmp_path / "tokens"))))
    assert peer.count(READ.route) == 50
    assert peer.count(TOKEN) == 1


def test_twenty_processes_with_a_refused_token_make_one_request_more(peer: Peer, tmp_path: Path) -> None:
    """When the API refuses the token they share, one of them asks for the next."""
    peer.serve(READ.route, READ.success)
    options = json.dumps(peer.options(token_cache=str(tmp_path / "tokens")))
    workers("swarm", "1", options)
    peer.serve(TOKEN, token("token-2"))
    peer.serve(READ.route, refusing("token-1", READ.success))
    workers("swarm", "20", options)
    assert peer.count(TOKEN) == 2


def test_process_killed_at_any_moment_leaves_the_next_one_well(peer: Peer, tmp_path: Path) -> None:
    """A kill -9 at every fourth line of the cache's code: the next process gets its token, keeps it, and finds nothing in its way."""
    peer.serve(READ.route, READ.success)
    last = workers("killed", json.dumps(peer.options(token_cache=str(tmp_path / "tokens"))))
    assert int(last) > 50
