"""Changes: what happened, newest first, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from textual.widget import Widget

from apiscape.client.inventory import Inventory
from apiscape.client.words import count
from apiscape.errors import ApiscapeError, QueryError
from apiscape.model.change import Change
from apiscape.model.row import Row
from apiscape.model.vocabulary import ChangeKind
from apiscape.query import complete, doubts, parse
from apiscape.query.complete import item_before
from apiscape.tui import keys
from apiscape.tui.lines import BLANK, Line, Piece, line, paragraph, title
from apiscape.tui.messages import Go, Shows
from apiscape.tui.pages.changes import change_page
from apiscape.tui.pages.tables import CHANGE_COLUMNS, change_entry
from apiscape.tui.places import Place
from apiscape.tui.screens import panes
from apiscape.tui.screens.copying import put
from apiscape.tui.screens.frame import Frame
from apiscape.tui.session import Session
from apiscape.tui.threads import tell
from apiscape.tui.widgets.fixed import FixedTable
from apiscape.tui.widgets.grid import Grid
from apiscape.tui.widgets.line_view import LineView
from apiscape.tui.widgets.painted import Painted
from apiscape.tui.widgets.prompt import Prompt

PANES = ("grid", "detail")
MOST = 1_000
"""Changes that are shown; older ones are in each deployment's own history."""


class ChangesScreen(Frame):
    """The newest changes of a view."""

    GROUP = "changes"
    HEADING = "Changes"
    BINDINGS = keys.bindings(keys.CHANGES)

    def __init__(self, session: Session) -> None:
        """Begin with none."""
        super().__init__(session)
        self.grid = Grid(FixedTable(), CHANGE_COLUMNS, id="grid")
        self.changes: dict[str, Change] = {}
        self._seq = -1
        self._error: ApiscapeError | None = None
        self._read: Sequence[Change] = ()
        self._with_conclusions = False
        self._hidden = 0

    def body(self) -> Iterable[Widget]:
        """Return the list, and what the change at the cursor was."""
        return (self.grid, LineView(id="detail"))

    def on_mount(self) -> None:
        """Begin in the list."""
        self.grid.focus()

    def renew(self) -> None:
        """Ask for the changes, in a thread."""
        self._seq = self.session.seq
        self._show()
        ask = partial(self._ask, self.session.inventory, self.argument, self._seq)
        self.run_worker(ask, thread=True, group="changes", exclusive=True)

    def tick(self) -> None:
        """Show what happened since."""
        self.session.settle()
        if self._seq != self.session.seq:
            self.renew()

    def _ask(self, inventory: Inventory, view: str, seq: int) -> None:
        try:
            page = inventory.changes(after=max(seq - MOST, 0), limit=MOST, view=view)
        except ApiscapeError as error:
            tell(self, self._take, view, (), error)
        else:
            tell(self, self._take, view, page.items, None)

    def _take(self, view: str, items: Sequence[Change], error: ApiscapeError | None) -> None:
        if view == self.argument:
            self._read, self._error = tuple(reversed(items)), error
            self._show()

    def _show(self) -> None:
        now = self.session.now()
        self.changes = {
            str(each.seq): each
            for each in self._read
            if self._with_conclusions or each.kind != ChangeKind.CONCLUDED
        }
        self._hidden = len(self._read) - len(self.changes)
        table = FixedTable([change_entry(each, now) for each in self.changes.values()])
        self.grid.show(table, empty=self._empty)
        number, word = count(len(self.changes), "change").split()
        pieces = [Piece(number, "strong"), Piece(f" {word}", "muted")]
        if self._hidden:
            pieces.append(Piece(f" · {count(self._hidden, 'conclusion')} not shown", "muted"))
        if self._seq > MOST:
            pieces.append(Piece(f" among the newest {MOST:,}", "warn"))
        self.show_head(pieces)
        self._show_one(self.grid.cursor)

    def _empty(self, width: int) -> list[Line]:
        if self._error:
            return [
                BLANK,
                title("Changes cannot be shown"),
                *paragraph(self._error.message, width, "bad"),
            ]
        if self._hidden:
            words = (
                f"Only {count(self._hidden, 'conclusion')}: what follows from others. t shows them."
            )
            return [BLANK, title("No changes"), *paragraph(words, width)]
        words = "Nothing happened yet." if not self.argument else "Nothing of this view happened."
        if self._seq > MOST:
            words = f"None of the newest {MOST:,} is of this view; a deployment's history has older ones."
        return [BLANK, title("No changes"), *paragraph(words, width)]

    def _show_one(self, key: str | None) -> None:
        change = self.changes.get(key or "")
        now = self.session.now()
        self.query_one("#detail", LineView).show(
            lambda width: change_page(change, now, width) if change else [line()], top=True
        )

    def chosen(self) -> Row | None:
        """Return the row of the deployment that changed, if it is still there."""
        change = self.changes.get(self.grid.cursor or "")
        return self.session.store.row(change.uid) if change else None

    def action_prompt(self, sign: str) -> None:
        """Open the prompt, with the view there is."""
        super().action_prompt(sign)
        if sign == "/":
            self.prompt.open(sign, self.argument, self._complete)

    def action_copy(self) -> None:
        """Ask what to copy of the deployment that changed; of one that is gone, copy the uid."""
        change = self.changes.get(self.grid.cursor or "")
        if change and self.chosen() is None:
            put(self, change.uid)
        else:
            super().action_copy()

    def _complete(self, text: str, cursor: int) -> tuple[int, Sequence[str]]:
        return cursor - len(item_before(text, cursor)), complete(text, cursor)

    def on_prompt_typed(self, event: Prompt.Typed) -> None:
        """Narrow while it is typed."""
        if event.sign != "/":
            return
        try:
            view = parse(event.text)
        except QueryError as error:
            arrow = " " * max(error.column - 1, 0)
            self.prompt.hint([Piece(f"  {arrow}^ {error.message}", "bad")])
            return
        self.prompt.hint([Piece(f"  {doubt}", "warn") for doubt in doubts(view)])
        self.post_message(Shows(event.text.strip()))
        self.open(event.text.strip())

    def action_conclusions(self) -> None:
        """Show what follows from other changes too, or no longer."""
        self._with_conclusions = not self._with_conclusions
        self._show()

    def action_pane(self, name: str) -> None:
        """Go between list and detail, or give one the whole screen."""
        if name == "maximise":
            panes.maximise(self, PANES)
        else:
            panes.next_pane(self, PANES, 1)

    def on_grid_moved(self, event: Grid.Moved) -> None:
        """Let the detail follow the cursor."""
        self._show_one(event.uid)

    def on_painted_opened(self, event: Painted.Opened) -> None:
        """Open the deployment that changed."""
        change = self.changes.get(event.key)
        if change:
            self.post_message(Go(Place("deployment", change.uid)))
