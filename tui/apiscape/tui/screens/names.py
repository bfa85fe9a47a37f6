"""Names in DNS that point at lent hosts: those first whose host nobody has any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from textual.widget import Widget

from apiscape.client.inventory import Inventory
from apiscape.client.name_views import MOST_NAMES, read_name_view
from apiscape.client.names import DnsName, NamePage
from apiscape.client.words import names_words
from apiscape.errors import ApiscapeError, QueryError
from apiscape.model.vocabulary import Dangling
from apiscape.query import complete
from apiscape.query.complete import item_before
from apiscape.tui import keys
from apiscape.tui.lines import BLANK, Line, Piece, line, paragraph
from apiscape.tui.messages import Go, Rescan, Shows
from apiscape.tui.pages.empty import refused_page
from apiscape.tui.pages.names import NAME_COLUMNS, name_entry, name_page, no_names
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
DANGLING = "dangling:yes"
"""The item of a view that leaves only what dangles."""


class NamesScreen(Frame):
    """The names of a view, and all that is known of the one at the cursor."""

    GROUP = "names"
    HEADING = "Names"
    BINDINGS = keys.bindings(keys.NAMES)

    def __init__(self, session: Session) -> None:
        """Begin with none."""
        super().__init__(session)
        self.grid = Grid(FixedTable(), NAME_COLUMNS, id="grid")
        self.names: dict[str, DnsName] = {}
        self._seq = -1
        self._page: NamePage | None = None
        self._error: ApiscapeError | None = None

    def body(self) -> Iterable[Widget]:
        """Return the list, and the name at the cursor in full."""
        return (self.grid, LineView(id="detail"))

    def on_mount(self) -> None:
        """Begin in the list."""
        self.grid.focus()

    def renew(self) -> None:
        """Ask for the names, in a thread."""
        self._seq = self.session.seq
        self._show()
        ask = partial(self._ask, self.session.inventory, self.argument)
        self.run_worker(ask, thread=True, group="names", exclusive=True)

    def tick(self) -> None:
        """Ask again after anything changed."""
        self.session.settle()
        if self._seq != self.session.seq:
            self.renew()

    def _ask(self, inventory: Inventory, view: str) -> None:
        try:
            page = inventory.names(view, limit=MOST_NAMES)
        except ApiscapeError as error:
            tell(self, self._take, view, None, error)
        else:
            tell(self, self._take, view, page, None)

    def _take(self, view: str, page: NamePage | None, error: ApiscapeError | None) -> None:
        if view == self.argument:
            self._page, self._error = page, error
            self._show()

    def _show(self) -> None:
        now, items = self.session.now(), self._page.items if self._page else ()
        self.names = {each.uid: each for each in items}
        table = FixedTable([name_entry(each, now) for each in items])
        self.grid.show(table, empty=self._empty)
        self.show_head(self._counts())
        self._show_one(self.grid.cursor)

    def _counts(self) -> list[Piece]:
        page = self._page
        if page is None:
            return []
        words = {each.dangling for each in page.items}
        tone = "bad" if Dangling.YES in words else "warn" if words - {Dangling.NO} else "muted"
        pieces = [Piece(names_words(page.items), tone)]
        if page.matched > len(page.items):
            pieces.append(Piece(f" · the first of {page.matched:,}", "warn"))
        if page.undecided:
            pieces.append(Piece(f" · ? {page.undecided:,} undecided", "muted"))
        return pieces

    def _empty(self, width: int) -> list[Line]:
        if self._error:
            return refused_page(self._error, width)
        if self._page is None:
            return [BLANK, *paragraph("◌ Asking for names …", width, "muted")]
        return no_names(self.argument, self._page.undecided, width)

    def _show_one(self, uid: str | None) -> None:
        name, now = self.names.get(uid or ""), self.session.now()
        self.query_one("#detail", LineView).show(
            lambda width: name_page(name, now, width) if name else [line()], top=True
        )

    def action_prompt(self, sign: str) -> None:
        """Open the prompt, with the view there is."""
        super().action_prompt(sign)
        if sign == "/":
            self.prompt.open(sign, self.argument, self._complete)

    def _complete(self, text: str, cursor: int) -> tuple[int, Sequence[str]]:
        return cursor - len(item_before(text, cursor)), complete(text, cursor)

    def on_prompt_typed(self, event: Prompt.Typed) -> None:
        """Narrow while it is typed."""
        if event.sign != "/":
            return
        try:
            read_name_view(event.text)
        except QueryError as error:
            arrow = " " * max(error.column - 1, 0)
            self.prompt.hint([Piece(f"  {arrow}^ {error.message}", "bad")])
            return
        self.prompt.hint([])
        self.post_message(Shows(event.text.strip()))
        self.open(event.text.strip())

    def action_edit(self, _name: str) -> None:
        """Leave only what dangles, or show everything again."""
        items = self.argument.split()
        items = (
            [each for each in items if each != DANGLING]
            if DANGLING in items
            else [*items, DANGLING]
        )
        self.post_message(Go(Place(self.GROUP, " ".join(items))))

    def action_copy(self) -> None:
        """Copy the name."""
        name = self.names.get(self.grid.cursor or "")
        if name:
            put(self, name.name)

    def action_rescan(self) -> None:
        """Visit the scope that lists the name now."""
        name = self.names.get(self.grid.cursor or "")
        self.post_message(Rescan(name.scope if name else None))

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
        """Show the deployments that are reached by the name."""
        name = self.names.get(event.key)
        if name:
            self.post_message(Go(Place("inventory", f"endpoint:{name.name}")))
