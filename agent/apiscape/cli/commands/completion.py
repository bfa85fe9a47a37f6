"""`apiscape completion`: the completion script of a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from apiscape.cli.output import write

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(*, shell: str) -> None:
    """Print the completion script of SHELL.

    \b
    bash:  eval "$(apiscape completion bash)"      in ~/.bashrc
    zsh:   eval "$(apiscape completion zsh)"       in ~/.zshrc
    fish:  apiscape completion fish > ~/.config/fish/completions/apiscape.fish
    """
    from apiscape.cli.group import ROOT

    kind = get_completion_class(shell)
    if kind is not None:
        write(kind(ROOT, {}, "apiscape", "_APISCAPE_COMPLETE").source())
