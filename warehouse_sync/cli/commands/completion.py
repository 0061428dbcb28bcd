"""``warehouse-sync completion``: completion for the shell."""

import click
from click.shell_completion import get_completion_class

from warehouse_sync.cli.output import Output, text_options

_VARIABLE = "_WAREHOUSE_SYNC_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@text_options
@click.pass_context
def completion(ctx: click.Context, *, shell: str, output: Output) -> None:
    """Print a script that lets the shell complete commands and options.

    bash 4.4 or later: add `eval "$(warehouse-sync completion bash)"` to ~/.bashrc. zsh: add the same with zsh to ~/.zshrc,
    after `compinit`. fish: write it to ~/.config/fish/completions/warehouse-sync.fish.

    Example: warehouse-sync completion bash
    """
    found = get_completion_class(shell)
    if found is None:
        raise click.ClickException(f"this release of click has no completion for {shell}")
    root = ctx.find_root().command
    script = found(root, {}, "warehouse-sync", _VARIABLE).source_template % _names()
    output.text({"shell": shell, "script": script}, script)


def _names() -> dict[str, str]:
    return {
        "complete_func": "_warehouse_sync_completion",
        "complete_var": _VARIABLE,
        "prog_name": "warehouse-sync",
    }
