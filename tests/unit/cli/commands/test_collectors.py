from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest

from apiscape.cli.commands import collectors
from apiscape.collectors.registry import PlugInError, find_collectors
from tests.unit.cli.conftest import Call


def test_what_is_installed(call: Call) -> None:
    names = call("collectors", "-o", "name").out.split()
    assert "aws.apigateway.rest" in names
    lines = [json.loads(line) for line in call("collectors", "--json").out.splitlines()]
    assert [line["product"] for line in lines] == names
    assert {line["distribution"] for line in lines} == {"apiscape"}
    assert "apigateway:GET" in call("collectors").out
    assert "apigateway:GET" in call("collectors", "-o", "wide").out
    assert call("collectors").err == ""


def test_one_that_cannot_be_loaded_says_why(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(products: Iterable[str]) -> Iterator[tuple[str, PlugInError]]:
        return ((product, PlugInError("no module named acme")) for product in products)

    monkeypatch.setattr(collectors, "load_collectors", broken)
    monkeypatch.setattr(collectors, "find_collectors", lambda: find_collectors()[:1])
    out = call("collectors").out.splitlines()[1].split()
    assert out[1:] == ["no", "module", "named", "acme", "unusable", "apiscape", "?"]


def test_one_that_nobody_chose_is_named_and_not_loaded(
    call: Call, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = find_collectors()[0]
    strange = msgspec.structs.replace(ours, name="aws.strange", distribution=None, target="no:Such")
    taken = msgspec.structs.replace(ours, distribution="taker", target="no:Such")
    monkeypatch.setattr(collectors, "find_collectors", lambda: (ours, taken, strange))
    first, second, third = map(json.loads, call("collectors", "--json").out.splitlines())
    assert first["stability"] != "not loaded"
    assert (second["distribution"], second["stability"]) == ("taker", "not loaded")
    assert second["title"] == f"{ours.name} is another package's"
    assert (third["distribution"], third["stability"], third["title"]) == ("?", "not loaded", "?")
    said = call("collectors").err
    assert said == f"not loaded, for no source chose them: {ours.name}, aws.strange\n"
    text = configured.read_text("utf-8").replace("aws.apigateway.rest", "aws.strange")
    configured.write_text(text, "utf-8")
    *_, third = map(json.loads, call("collectors", "--json").out.splitlines())
    assert third["stability"] == "unusable"


def test_a_configuration_that_cannot_be_read_is_said(call: Call, tmp_path: Path) -> None:
    answer = call("collectors", "--config", str(tmp_path / "none.yaml"))
    assert (answer.code, answer.out) == (3, "")
