"""Generate the client of `peers/generated_client.py` from the emulator's OpenAPI document, with openapi-generator."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

from warehouse_sync.emulator.openapi.document import document

FOLDER = Path(__file__).parent / ".generated"
PACKAGE = "generated_client"
_GENERATOR = "openapi-generator-cli"


def main() -> int:
    """Replace the generated client."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    (FOLDER / "openapi.json").write_text(json.dumps(document()), encoding="utf-8")
    command = Path(sysconfig.get_path("scripts")) / _GENERATOR
    options = f"generate -g python --library asyncio --package-name {PACKAGE} -i openapi.json -o ."
    done = subprocess.run(  # noqa: S603 - fixed arguments
        [command, *options.split()], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        return done.returncode
    print(f"Generated {FOLDER / PACKAGE} with {_GENERATOR} {version(_GENERATOR)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
