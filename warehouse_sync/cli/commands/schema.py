"""`warehouse-sync schema`: print the JSON Schema of the files."""

import json
from pathlib import Path

import click

from warehouse_sync import declarative
from warehouse_sync.cli.output import Output, text_options


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the schema to a file instead.",
)
@text_options
def schema(*, out: Path | None, output: Output) -> None:
    """Print the JSON Schema of the files.

    Editors use it to complete and validate fields. Refer to it in the first line of a YAML file:
    `# yaml-language-server: $schema=warehouse-sync.schema.json`.

    Example: warehouse-sync schema --out warehouse-sync.schema.json
    """
    document = declarative.json_schema()
    if out is None:
        output.document(document)
    else:
        declarative.write_atomically({out: json.dumps(document, indent=2, ensure_ascii=False) + "\n"})
        output.text({"file": str(out)}, str(out))
