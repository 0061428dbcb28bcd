"""The start of a process: imports, the first client, the help and the first result of the command."""

from __future__ import annotations

from harness.scenario import Claim, Command, StartScenario
from harness.server import Settings

_BARE = "bare python"
_PACKAGE = "import warehouse_sync"
_CLIENT = "to the first AsyncClient"
_AIOHTTP = "import aiohttp"
_CLICK = "import click"
_HELP = "warehouse-sync --help"
_STATUS = "warehouse-sync status"
_FIRST_CLIENT = (
    "from warehouse_sync import AsyncClient; "
    "AsyncClient(workspace_id=5328, client_id='bench', client_secret='bench')"
)

SCENARIO = StartScenario(
    name="starts",
    title="From the start of a process",
    commands=(
        Command(_BARE, ("-c", "pass")),
        Command(_PACKAGE, ("-c", "import warehouse_sync")),
        Command(_CLIENT, ("-c", _FIRST_CLIENT)),
        Command(_AIOHTTP, ("-c", "import aiohttp")),
        Command(_CLICK, ("-c", "import click")),
        Command(_HELP, ("warehouse-sync", "--help")),
        Command(_STATUS, ("warehouse-sync", "status")),
    ),
    claims=(
        Claim(
            "import warehouse_sync, over bare python",
            "wall_ms",
            _PACKAGE,
            _BARE,
            "difference",
            at_most=10,
            unit=" ms",
        ),
        Claim(
            "to the first client, over import aiohttp",
            "wall_ms",
            _CLIENT,
            _AIOHTTP,
            "share",
            at_most=1.15,
            unit="x",
        ),
        Claim("--help over import click", "wall_ms", _HELP, _CLICK, "share", at_most=1.5, unit="x"),
        Claim(
            "status of 50 pipelines over import aiohttp",
            "wall_ms",
            _STATUS,
            _AIOHTTP,
            "share",
            at_most=1.3,
            unit="x",
        ),
    ),
    server=Settings(pipelines=50),
)
