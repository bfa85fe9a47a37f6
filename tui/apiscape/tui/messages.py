"""What screens say to the app, so that they need not know it."""

from __future__ import annotations

from textual.message import Message

from apiscape.tui.places import Place


class Go(Message):
    """Go to a place."""

    def __init__(self, place: Place) -> None:
        """Say where."""
        super().__init__()
        self.place = place


class Shows(Message):
    """The place shown now stands for another text: a filter was typed, a tab turned."""

    def __init__(self, argument: str) -> None:
        """Say what it stands for."""
        super().__init__()
        self.argument = argument


class Command(Message):
    """A command was typed."""

    def __init__(self, text: str) -> None:
        """Say which."""
        super().__init__()
        self.text = text


class Rescan(Message):
    """A scope shall be visited now, or all of them."""

    def __init__(self, scope: str | None) -> None:
        """Say which."""
        super().__init__()
        self.scope = scope


class Back(Message):
    """Go back to where one came from."""
