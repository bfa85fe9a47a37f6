"""The suite catches a collector whose import does too much."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from apiscape.collectors.contract import Collector
from tests.collectors.broken import suite, world_of


def module_of(folder: Path, text: str) -> Collector:
    """Return a collector of a module of its own, to be imported in another process."""
    (folder / "lonely.py").write_text(text, "utf-8")

    class Lonely:
        provider: ClassVar[str] = "toygate"

    Lonely.__module__, Lonely.__qualname__ = "lonely", "Lonely"
    return Lonely()  # type: ignore[return-value]  # only its name is looked at


CONNECTS = """
import socket

class Lonely:
    def __init__(self):
        socket.socket().connect_ex(("127.0.0.1", 9))
"""

WRITES = """
open(__file__ + ".log", "w").close()

class Lonely: ...
"""

IS_SLOW = """
import time

while time.process_time() < 3: ...

class Lonely: ...
"""

DOES_NOT_LOAD = "raise ImportError('no such SDK')"


@pytest.mark.parametrize(
    ("test", "text", "words"),
    [
        ("it_does_nothing_before_it_is_asked", CONNECTS, "socket.connect"),
        ("it_does_nothing_before_it_is_asked", WRITES, "write"),
        ("it_imports_quickly", IS_SLOW, "imported in"),
        ("it_imports_quickly", DOES_NOT_LOAD, "no such SDK"),
    ],
    ids=["connects", "writes", "is slow", "does not load"],
)
def test_an_import_that_does_too_much_is_caught(
    installed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    test: str,
    text: str,
    words: str,
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    world = world_of(installed)
    world.collector = module_of(tmp_path, text)
    with pytest.raises(AssertionError, match=words):
        getattr(suite(world), f"test_{test}")()
