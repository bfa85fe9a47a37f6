"""The UI over hostile names, to be run in a terminal."""

from __future__ import annotations

from tests.tui.shots import make_app
from tests.tui.test_hostile import hostile

if __name__ == "__main__":
    make_app(hostile()).run()
