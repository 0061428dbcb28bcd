"""`warehouse-sync completion`: a shell completion script."""

import click
from click.shell_completion import get_completion_class

from warehouse_sync.cli.output import Output, text_options

_VARIABLE = "_WAREHOUSE_SYNC_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@text_options
@click.pass_context
def completion(ctx: click.Context, *, shell: str, output: Output) -> None:
    """Print a shell completion script.

    bash 4.4 or later: add `eval "$(warehouse-sync completion bash)"` to ~/.bashrc.

    zsh: add `eval "$(warehouse-sync completion zsh)"` to ~/.zshrc, after `compinit`.

    fish: write the script to ~/.config/fish/completions/warehouse-sync.fish.

    Example: warehouse-sync completion bash
    """
    completion_class = get_completion_class(shell)
    if completion_class is None:
        raise click.ClickException(f"this release of click has no completion for {shell}")
    root = ctx.find_root().command
    template = completion_class(root, {}, "warehouse-sync", _VARIABLE).source_template
    script = template % {
        "complete_func": "_warehouse_sync_completion",
        "complete_var": _VARIABLE,
        "prog_name": "warehouse-sync",
    }
    # click's script for fish cuts descriptions at their first comma.
    script = script.replace('string split ","', 'string split --max 1 ","')
    output.text({"shell": shell, "script": script}, script)
