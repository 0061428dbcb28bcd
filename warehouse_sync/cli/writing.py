"""What commands that write files say of them."""

from collections.abc import Iterable
from pathlib import Path

from warehouse_sync import declarative
from warehouse_sync.cli.output import Output


def show_written(
    output: Output, written: Iterable[Path], files: dict[str, str], *, missing: Iterable[str] = ()
) -> None:
    """Print which files were written, and note what they lack.

    Args:
        output: How to print.
        written: The files.
        files: Their texts, in which references to environment variables are looked for.
        missing: What could not be written, in sentences.
    """
    names, lacking, variables = (
        [str(file) for file in written],
        list(missing),
        declarative.needed_variables(files),
    )
    if output.format in ("json", "yaml"):
        output.document({"files": names, "not_written": lacking, "variables": variables})
    else:
        output.rows([{"file": name} for name in names], ("file",))
    for line in lacking:
        output.note(line)
    for name in variables:
        output.note(f"needs a value: {name}")
