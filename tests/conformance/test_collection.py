"""The tutorial's steps as a Postman collection, which newman runs against the emulator."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.conformance.collection import collection
from warehouse_sync.emulator import Emulator

REQUESTS = 49


def test_every_request_passes_its_assertions(tool: Callable[[str], str], tmp_path: Path) -> None:
    """The emulator accepts the tutorial's variables and each request, and every assertion passes."""
    newman = tool("newman")
    with Emulator(queued=0, running=600, data_plans=["example-data-plan-id:2:production"]) as emulator:
        options = emulator.client_options()
        variables = {
            "API_URL": options["api_url"],
            "OAUTH_URL": options["token_url"],
            "OAUTH_AUDIENCE": "https://api.mparticle.com",
            "PLATFORM_API_CLIENT_ID": options["client_id"],
            "PLATFORM_API_CLIENT_SECRET": options["client_secret"],
            "WORKSPACE_ID": str(options["workspace_id"]),
        }
        values = [{"key": key, "value": value, "enabled": True} for key, value in variables.items()]
        (tmp_path / "collection.json").write_text(json.dumps(collection()), "utf-8")
        (tmp_path / "environment.json").write_text(
            json.dumps({"name": "Emulator", "values": values}), "utf-8"
        )
        command = [newman, "run", "collection.json", "-e", "environment.json", "-r", "cli,json"]
        done = subprocess.run(  # noqa: S603 - our own arguments
            [*command, "--reporter-json-export", "result.json", "--color", "off"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    result = json.loads((tmp_path / "result.json").read_text("utf-8"))["run"]["stats"]
    assert done.returncode == 0, done.stdout + done.stderr
    assert result["requests"] == {"total": REQUESTS, "pending": 0, "failed": 0}
    assert result["assertions"] == {"total": REQUESTS, "pending": 0, "failed": 0}
