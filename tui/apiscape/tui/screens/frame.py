"""What every screen has: the status line, the breadcrumb, the prompt, the keys, and one body."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widget import Widget

from apiscape.model.row import Row
from apiscape.tui import commands, keys
from apiscape.tui.lines import Piece
from apiscape.tui.messages import Back, Command, Rescan
from apiscape.tui.pages.head import breadcrumb, key_line, status_line
from apiscape.tui.screens.copying import offer_copies, show_console
from apiscape.tui.session import Session
from apiscape.tui.widgets.bar import Bar
from apiscape.tui.widgets.prompt import Prompt


class Frame(Screen[None]):
    """A screen that shows one place."""

    GROUP: ClassVar[str] = ""
    HEADING: ClassVar[str] = ""
    BINDINGS = keys.bindings(keys.GO)
    AUTO_FOCUS = "#grid"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - the toolkit's name and type
        (0, "-narrow"),
        (100, "-normal"),
        (150, "-wide"),
    ]

    def __init__(self, session: Session) -> None:
        """Share the session."""
        super().__init__()
        self.session = session
        self.argument = ""

    def compose(self) -> ComposeResult:
        """Make the lines around the body."""
        yield Bar(id="status")
        yield Bar(id="crumb")
        yield Prompt(id="prompt")
        with Horizontal(id="panes"):
            yield from self.body()
        yield from self.below()
        yield Bar(id="keys", unit=2)

    def body(self) -> Iterable[Widget]:
        """Return the panes."""
        return ()

    def below(self) -> Iterable[Widget]:
        """Return what stands under the panes."""
        return ()

    def on_mount(self) -> None:
        """Show the lines around."""
        self.query_one("#keys", Bar).show(*key_line(self.GROUP, self.session.options.keymap))
        self.show_status()
        self.call_after_refresh(self.renew)

    def open(self, argument: str) -> None:
        """Show what a place stands for."""
        self.argument = argument
        if self.is_mounted:
            self.renew()

    def renew(self) -> None:
        """Show everything anew, after a change of place or of data."""
        self.show_head()

    def tick(self) -> None:
        """Show what changed; called a few times a second while the screen is shown."""

    def show_status(self) -> None:
        """Show where the data is from, and how fresh it is."""
        self.query_one("#status", Bar).show(*status_line(self.session))

    def show_head(self, counts: Sequence[Piece] = (), view: str | None = None) -> None:
        """Show where one is, and how much of it there is."""
        text = self.argument if view is None else view
        self.query_one("#crumb", Bar).show(*breadcrumb(self.HEADING, text, counts))

    # ── prompt ──

    @property
    def prompt(self) -> Prompt:
        """The line that one types in."""
        return self.query_one(Prompt)

    def action_prompt(self, sign: str) -> None:
        """Open the prompt: for a command, or for a filter where the screen has one."""
        if sign == ":":
            self.prompt.open(sign, "", partial(complete_command, self.session))

    def on_prompt_closed(self, event: Prompt.Closed) -> None:
        """Carry out a command, and go back to the body."""
        self.prompt.close()
        self.focus_body()
        if event.kept and event.sign == ":" and event.text:
            self.post_message(Command(event.text))

    def focus_body(self) -> None:
        """Give the keys to the main pane."""
        self.query_one("#grid").focus()

    # ── what the row at the cursor is asked for ──

    def chosen(self) -> Row | None:
        """Return the row that keys act on."""
        return None

    def action_copy(self) -> None:
        """Ask what to copy of the row."""
        row = self.chosen()
        if row is not None:
            offer_copies(self, row)

    def action_console(self) -> None:
        """Show the address of the provider's console."""
        row = self.chosen()
        if row is not None:
            show_console(self, self.session.inventory, row.uid)

    def action_rescan(self) -> None:
        """Visit the scope of the row now."""
        row = self.chosen()
        self.post_message(Rescan(row.scope if row else None))

    def action_back(self) -> None:
        """Go back to where one came from."""
        self.post_message(Back())


def complete_command(session: Session, text: str, cursor: int) -> tuple[int, Sequence[str]]:
    """Return what a command line may become; names of deployments only where one may stand."""
    names = sorted(set(session.store.columns["name"])) if " " in text else ()
    return commands.complete(text[:cursor], names)
