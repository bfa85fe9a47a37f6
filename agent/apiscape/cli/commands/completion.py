"""`apiscape completion`: the completion script of a shell."""

from __future__ import annotations

import click

from apiscape.cli.completion import SHELLS, script
from apiscape.cli.output import write


@click.command("completion")
@click.argument("shell", metavar="SHELL", type=click.Choice(tuple(SHELLS)))
def command(*, shell: str) -> None:
    """Print the completion script of SHELL: bash, zsh or fish.

    \b
    bash:  eval "$(apiscape completion bash)"      in ~/.bashrc
    zsh:   eval "$(apiscape completion zsh)"       in ~/.zshrc
    fish:  apiscape completion fish > ~/.config/fish/completions/apiscape.fish
    """
    write(script(shell))
