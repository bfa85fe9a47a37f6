"""The command palette: the table of commands, searched."""

from __future__ import annotations

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from apiscape.tui import commands
from apiscape.tui.messages import Command


class CommandProvider(Provider):
    """The commands of the command line."""

    async def discover(self) -> Hits:
        """Yield all of them."""
        for each in commands.COMMANDS:
            yield DiscoveryHit(f":{each.name}", partial(self.send, each.name), help=each.summary)

    async def search(self, query: str) -> Hits:
        """Yield those that match."""
        matcher = self.matcher(query)
        for each in commands.COMMANDS:
            score = matcher.match(f"{each.name} {each.summary}")
            if score > 0:
                name = f":{each.name}"
                yield Hit(score, name, partial(self.send, each.name), text=name, help=each.summary)

    def send(self, name: str) -> None:
        """Ask for a command."""
        self.app.post_message(Command(name))
