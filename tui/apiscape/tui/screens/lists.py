"""A list beside that of deployments, and the item at the cursor in full: the worst first, narrowed by a view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, Protocol

from textual.widget import Widget

from apiscape.client.inventory import Inventory
from apiscape.errors import ApiscapeError, QueryError
from apiscape.model.vocabulary import Dangling
from apiscape.query import View, complete
from apiscape.query.complete import item_before
from apiscape.tui import keys
from apiscape.tui.lines import BLANK, Line, Piece, line, paragraph
from apiscape.tui.messages import Go, Rescan, Shows
from apiscape.tui.pages.empty import refused_page
from apiscape.tui.pages.head import breadcrumb
from apiscape.tui.places import Place
from apiscape.tui.screens import panes
from apiscape.tui.screens.copying import put
from apiscape.tui.screens.frame import Frame
from apiscape.tui.session import Session
from apiscape.tui.threads import tell
from apiscape.tui.widgets.bar import Bar
from apiscape.tui.widgets.fixed import Entry, FixedTable
from apiscape.tui.widgets.grid import Grid
from apiscape.tui.widgets.line_view import LineView
from apiscape.tui.widgets.painted import Painted
from apiscape.tui.widgets.prompt import Prompt
from apiscape.tui.widgets.table import Column

PANES = ("grid", "detail")
DANGLING = "dangling:yes"
"""The item of a view that leaves only what dangles."""


class Page(Protocol):
    """What an inventory answers with: see `client.names.NamePage`."""

    @property
    def items(self) -> Sequence[Any]:
        """The items of the page."""
        ...

    @property
    def matched(self) -> int:
        """How many match in all."""
        ...

    @property
    def undecided(self) -> int:
        """How many neither match nor are ruled out."""
        ...


class Kind(NamedTuple):
    """What is listed. Its items have a `uid`, a `scope`, and a word of `Dangling`.

    Attributes:
        place: What places call the list; `heading`: what people do; `plural`: what it has.
        ask: Returns the first page of a view; `read`: reads a view, to refuse a wrong one while it is typed.
        entry: Returns an item as a row; `page`: in full, at a width.
        words: Returns what some of them come to; `none`: what stands where there are none.
        copied: Returns what is copied of an item; `opens`: where it leads to.
    """

    place: str
    heading: str
    plural: str
    columns: tuple[Column, ...]
    ask: Callable[[Inventory, str], Page]
    read: Callable[[str], View]
    entry: Callable[[Any, datetime], Entry]
    page: Callable[[Any, datetime, int], list[Line]]
    words: Callable[[Sequence[Any]], str]
    none: Callable[[str, int, int], list[Line]]
    copied: Callable[[Any], str]
    opens: Callable[[Any], Place | None]


class ListScreen(Frame):
    """The items of a view, and all that is known of the one at the cursor."""

    GROUP = "names"
    BINDINGS = keys.bindings(keys.NAMES)

    def __init__(self, kind: Kind, session: Session) -> None:
        """Begin with none."""
        super().__init__(session)
        self.kind = kind
        self.grid = Grid(FixedTable(), kind.columns, id="grid")
        self.items: dict[str, Any] = {}
        self._seq = -1
        self._page: Page | None = None
        self._error: ApiscapeError | None = None

    def body(self) -> Iterable[Widget]:
        """Return the list, and the item at the cursor in full."""
        return (self.grid, LineView(id="detail"))

    def on_mount(self) -> None:
        """Begin in the list."""
        self.grid.focus()

    def renew(self) -> None:
        """Ask for the items, in a thread."""
        self._seq = self.session.seq
        self._show()
        ask = partial(self._ask, self.session.inventory, self.argument)
        self.run_worker(ask, thread=True, group=self.kind.place, exclusive=True)

    def tick(self) -> None:
        """Ask again after anything changed."""
        self.session.settle()
        if self._seq != self.session.seq:
            self.renew()

    def show_head(self, counts: Sequence[Piece] = (), view: str | None = None) -> None:
        """Show which list it is, and how much of it there is."""
        text = self.argument if view is None else view
        self.query_one("#crumb", Bar).show(*breadcrumb(self.kind.heading, text, counts))

    def _ask(self, inventory: Inventory, view: str) -> None:
        try:
            page = self.kind.ask(inventory, view)
        except ApiscapeError as error:
            tell(self, self._take, view, None, error)
        else:
            tell(self, self._take, view, page, None)

    def _take(self, view: str, page: Page | None, error: ApiscapeError | None) -> None:
        if view == self.argument:
            self._page, self._error = page, error
            self._show()

    def _show(self) -> None:
        now, items = self.session.now(), self._page.items if self._page else ()
        self.items = {each.uid: each for each in items}
        table = FixedTable([self.kind.entry(each, now) for each in items])
        self.grid.show(table, empty=self._empty)
        self.show_head(self._counts())
        self._show_one(self.grid.cursor)

    def _counts(self) -> list[Piece]:
        page = self._page
        if page is None:
            return []
        words = {each.dangling for each in page.items}
        tone = "bad" if Dangling.YES in words else "warn" if words - {Dangling.NO} else "muted"
        pieces = [Piece(self.kind.words(page.items), tone)]
        if page.matched > len(page.items):
            pieces.append(Piece(f" · the first of {page.matched:,}", "warn"))
        if page.undecided:
            pieces.append(Piece(f" · ? {page.undecided:,} undecided", "muted"))
        return pieces

    def _empty(self, width: int) -> list[Line]:
        if self._error:
            return refused_page(self._error, width)
        if self._page is None:
            return [BLANK, *paragraph(f"◌ Asking for {self.kind.plural} …", width, "muted")]
        return self.kind.none(self.argument, self._page.undecided, width)

    def _show_one(self, uid: str | None) -> None:
        item, now = self.items.get(uid or ""), self.session.now()
        self.query_one("#detail", LineView).show(
            lambda width: self.kind.page(item, now, width) if item else [line()], top=True
        )

    def action_prompt(self, sign: str) -> None:
        """Open the prompt, with the view there is."""
        super().action_prompt(sign)
        if sign == "/":
            self.prompt.open(sign, self.argument, _complete)

    def on_prompt_typed(self, event: Prompt.Typed) -> None:
        """Narrow while it is typed."""
        if event.sign != "/":
            return
        try:
            self.kind.read(event.text)
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
        self.post_message(Go(Place(self.kind.place, " ".join(items))))

    def action_copy(self) -> None:
        """Copy what the item is called."""
        item = self.items.get(self.grid.cursor or "")
        if item:
            put(self, self.kind.copied(item))

    def action_rescan(self) -> None:
        """Visit the scope that lists the item now."""
        item = self.items.get(self.grid.cursor or "")
        self.post_message(Rescan(item.scope if item else None))

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
        """Show the deployments that it leads to."""
        item = self.items.get(event.key)
        place = self.kind.opens(item) if item else None
        if place:
            self.post_message(Go(place))


def _complete(text: str, cursor: int) -> tuple[int, Sequence[str]]:
    return cursor - len(item_before(text, cursor)), complete(text, cursor)
