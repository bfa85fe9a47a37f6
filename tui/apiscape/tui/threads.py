"""The way back from a worker's thread: answers are shown while there is a screen to show them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from textual.widget import Widget


def tell(shown: Widget, call: Callable[..., object], *values: object) -> None:
    """Call something on the screen's own thread, if a widget is still there by then."""

    def still() -> None:
        if shown.is_running and shown.is_mounted and shown.is_attached:
            call(*values)

    with suppress(RuntimeError):  # the app ended meanwhile
        shown.app.call_from_thread(still)
