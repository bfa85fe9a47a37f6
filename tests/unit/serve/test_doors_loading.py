"""The HTTP API is an extra: without it the rest works, and what lacks is named."""

from __future__ import annotations

import sys

import pytest

from apiscape.errors import UsageError
from apiscape.serve.doors import load_doors
from apiscape.serve.http.server import Doors


def test_the_doors_are_found() -> None:
    assert load_doors() is Doors


def test_a_missing_library_is_named_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "apiscape.serve.http.server")
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(UsageError, match="uvicorn") as caught:
        load_doors()
    assert caught.value.hint == "install it with `pip install 'apiscape[agent]'`"
