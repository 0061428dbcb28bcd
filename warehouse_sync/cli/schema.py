"""``warehouse-sync schema``: the JSON Schema of the files."""

import json
from pathlib import Path

import click

from warehouse_sync import declarative


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write to a file instead."
)
def schema(*, out: Path | None) -> None:
    """Print the JSON Schema of the files, which lets editors complete and check them.

    Name it in a file's first line: `# yaml-language-server: $schema=warehouse-sync.schema.json`.

    Example: warehouse-sync schema --out warehouse-sync.schema.json
    """
    text = json.dumps(declarative.json_schema(), indent=2, ensure_ascii=False)
    if out is None:
        click.echo(text)
    else:
        out.write_text(f"{text}\n", encoding="utf-8")
