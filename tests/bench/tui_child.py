"""The UI over as many rows as are asked for, with as many updates a second: run in a terminal."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable

import msgspec

from apiscape.tui.app import ApiscapeApp
from apiscape.tui.options import Actions, Options
from apiscape.tui.session import Session
from tests.tui.fake import FakeInventory, fixed_clock
from tests.tui.rows import department

FEED_HZ = 10


def main(count: int, updates: int, theme: str) -> None:
    """Show the UI."""
    inventory = FakeInventory(department(count))
    options = Options(poll_s=3600, clock=fixed_clock)
    session = Session(inventory, options, Actions())
    app = ApiscapeApp(session, theme=theme)
    if updates:
        app.call_later(app.set_interval, 1 / FEED_HZ, feed(session, inventory, updates // FEED_HZ))
    app.run()


def feed(session: Session, inventory: FakeInventory, batch: int) -> Callable[[], None]:
    """Return what writes a batch of rows with another latency into the store."""
    chance = random.Random(3)
    rows = list(inventory.rows.values())
    batches = [
        [msgspec.structs.replace(row, p95_ms=chance.random()) for row in chance.sample(rows, batch)]
        for _ in range(20)
    ]

    def write() -> None:
        if session.is_loaded:
            session.dirty |= session.store.update(chance.choice(batches))

    return write


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
