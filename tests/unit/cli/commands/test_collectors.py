from __future__ import annotations

import json

import msgspec
import pytest

from apiscape.cli.commands import collectors
from apiscape.collectors.registry import find_collectors
from tests.unit.cli.conftest import Call


def test_what_is_installed(call: Call) -> None:
    names = call("collectors", "-o", "name").out.split()
    assert "aws.apigateway.rest" in names
    lines = [json.loads(line) for line in call("collectors", "--json").out.splitlines()]
    assert [line["product"] for line in lines] == names
    assert {line["distribution"] for line in lines} == {"apiscape"}
    assert "apigateway:GET" in call("collectors").out
    assert "apigateway:GET" in call("collectors", "-o", "wide").out


def test_one_that_cannot_be_loaded_says_why(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = [("acme.gateway", ImportError("no module named acme"))]
    monkeypatch.setattr(collectors, "load_collectors", lambda: broken)
    found = find_collectors()[0]
    named = msgspec.structs.replace(found, name="acme.gateway", distribution=None)
    monkeypatch.setattr(collectors, "find_collectors", lambda: [named])
    out = call("collectors").out.splitlines()[1]
    assert out.split() == ["acme.gateway", "no", "module", "named", "acme", "unusable", "?", "?"]
