"""Help: the keys of the pane that asked, then everything else."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from apiscape.tui.lines import Line
from apiscape.tui.pages.help import help_page
from apiscape.tui.screens.frame import Frame
from apiscape.tui.widgets.line_view import LineView


class HelpScreen(Frame):
    """What the keys do, what can be typed."""

    GROUP = "help"
    HEADING = "Help"

    def body(self) -> Iterable[Widget]:
        """Return the page."""
        return (LineView(id="grid", inset=2),)

    def on_mount(self) -> None:
        """Begin in the page."""
        self.focus_body()

    def renew(self) -> None:
        """Show the help of the pane that asked, from its top."""
        self.show_head()
        self.query_one("#grid", LineView).show(self.page, top=True)

    def page(self, width: int) -> list[Line]:
        """Return the page."""
        return help_page(self.argument, self.session.options.keymap, width)
