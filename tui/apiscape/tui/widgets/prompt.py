"""The line that one types in: a filter after `/`, a command after `:`, with what helps below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from apiscape.tui import keys
from apiscape.tui.lines import Piece
from apiscape.tui.widgets.bar import Bar

Complete: TypeAlias = Callable[[str, int], tuple[int, Sequence[str]]]
"""Returns where the part before the cursor begins, and what it may become."""

MOST_SHOWN = 12
"""Completions that are shown at once."""


class Field(Input, inherit_bindings=False):
    """The input itself; keys that mean something here are those of `keys.TYPING`."""

    BINDINGS = keys.bindings(keys.TYPING)

    def action_cancel(self) -> None:
        """Leave it to the prompt."""
        self.prompt.cancel()

    def action_complete(self, step: int) -> None:
        """Leave it to the prompt."""
        self.prompt.complete(step)

    def action_recall(self, step: int) -> None:
        """Leave it to the prompt."""
        self.prompt.recall(step)

    async def action_submit(self) -> None:
        """Leave it to the prompt."""
        self.prompt.submit()

    @property
    def prompt(self) -> Prompt:
        """The prompt that this is the input of."""
        return self.query_ancestor(Prompt)


class Prompt(Vertical):
    """The input with its sign before it and a hint below it."""

    class Typed(Message):
        """The text changed."""

        def __init__(self, sign: str, text: str) -> None:
            """Say what stands there now."""
            super().__init__()
            self.sign = sign
            self.text = text

    class Closed(Typed):
        """The person is done with it: keeps the text, or wants none of it."""

        def __init__(self, sign: str, text: str, *, kept: bool) -> None:
            """Say what was typed, and whether it is meant."""
            super().__init__(sign, text)
            self.kept = kept

    def __init__(self, *, id: str) -> None:  # noqa: A002 - the toolkit's name
        """Begin closed."""
        super().__init__(id=id)
        self.sign = "/"
        self._completer: Complete = lambda _text, _cursor: (0, ())
        self._past: dict[str, list[str]] = {}
        self._recalled = 0
        self._offered: tuple[str, int, Sequence[str], int] | None = None
        self._completing = False

    def compose(self) -> ComposeResult:
        """Make the sign, the input and the hint."""
        yield Bar(id="prompt-sign")
        yield Field(id="prompt-field", compact=True, select_on_focus=False)
        yield Bar(id="prompt-hint")

    @property
    def is_open(self) -> bool:
        """Whether one types."""
        return self.has_class("-open")

    @property
    def field(self) -> Field:
        """The input."""
        return self.query_one(Field)

    def open(self, sign: str, text: str, completer: Complete) -> None:
        """Open with a text to go on from."""
        self.sign, self._completer = sign, completer
        self._recalled, self._offered = 0, None
        self.add_class("-open")
        self.query_one("#prompt-sign", Bar).show([Piece(sign, "accent")])
        self.hint([])
        with self.prevent(Input.Changed):
            self.field.value = text
        self.field.cursor_position = len(text)
        self.field.focus()

    def close(self) -> None:
        """Close; whoever opened it takes the focus back."""
        self.remove_class("-open")

    def hint(self, pieces: Sequence[Piece]) -> None:
        """Show something below the input."""
        self.query_one("#prompt-hint", Bar).show(pieces)

    def submit(self) -> None:
        """Keep the text, and remember it."""
        text = self.field.value.strip()
        past = self._past.setdefault(self.sign, [])
        if text and past[-1:] != [text]:
            past.append(text)
        self.post_message(self.Closed(self.sign, text, kept=True))

    def cancel(self) -> None:
        """Clear the text; with nothing to clear, leave."""
        if self.sign == "/" and self.field.value:
            self.field.value = ""
        else:
            self.post_message(self.Closed(self.sign, "", kept=False))

    def recall(self, step: int) -> None:
        """Bring back what was typed before (-1) or after (1)."""
        past = self._past.get(self.sign, [])
        self._recalled = max(min(self._recalled + step, 0), -len(past))
        self._put(past[self._recalled] if self._recalled else "")

    def complete(self, step: int) -> None:
        """Complete the part before the cursor; again, take the next of what it may become."""
        field = self.field
        if self._offered is None:
            start, answers = self._completer(field.value, field.cursor_position)
            if not answers:
                return
            taken = 0 if step > 0 else len(answers) - 1
            self._offered = (field.value[:start], taken, answers, field.cursor_position)
            rest = field.value[field.cursor_position :]
        else:
            head, taken, answers, cursor = self._offered
            rest = field.value[cursor:]
            taken = (taken + step) % len(answers)
            self._offered = (head, taken, answers, cursor)
        head, taken, answers, _ = self._offered
        text = head + answers[taken]
        self._offered = (head, taken, answers, len(text))
        self._completing = True
        self._put(text + rest, len(text))
        self.offer(answers, taken)
        if len(answers) == 1:
            self._offered = None

    def offer(self, answers: Sequence[str], taken: int = -1) -> None:
        """Show what the part before the cursor may become."""
        first = max(min(taken - MOST_SHOWN // 2, len(answers) - MOST_SHOWN), 0)
        shown = list(enumerate(answers))[first : first + MOST_SHOWN]
        pieces = [
            Piece(f"{answer}  ", "strong" if index == taken else "muted") for index, answer in shown
        ]
        more = len(answers) - first - len(shown)
        self.hint([*pieces, Piece(f"… {more} more", "faint")] if more > 0 else pieces)

    def _put(self, text: str, cursor: int | None = None) -> None:
        self.field.value = text
        self.field.cursor_position = len(text) if cursor is None else cursor

    def on_input_changed(self, event: Input.Changed) -> None:
        """Pass on what is typed."""
        event.stop()
        completing, self._completing = self._completing, False
        if not completing:
            self._offered = None
        self.post_message(self.Typed(self.sign, event.value))
