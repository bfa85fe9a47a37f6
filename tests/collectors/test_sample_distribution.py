"""A collector of somebody else's is found, kept to the contract, and scanned with."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from apiscape.collect.scan import scan
from apiscape.collect.source import SourcePlan
from apiscape.collectors import registry
from apiscape.collectors.testing import CollectorConformance
from apiscape.errors import Exit
from apiscape.store import open_store
from tests.collectors.gate import Estate, GateWorld, serve, settings_of, three_apis
from tests.e2e.commands import run_cli


@pytest.fixture(autouse=True)
def _is_installed(installed: Path) -> None:
    """Every test here has the sample beside apiscape."""


class TestToyGateConformance(CollectorConformance):
    """The two lines, as an author writes them; the fixture stands for an installed distribution."""

    @pytest.fixture(autouse=True)
    def _has_a_world(self, installed: Path) -> None:
        type(self).world = GateWorld(
            registry.load_provider("toygate"), registry.load_collector("toygate.apis")
        )


def test_it_is_found_by_name_without_being_loaded() -> None:
    assert "toygate" in registry.provider_names()
    assert registry.collector_names("toygate") == ("toygate.apis",)
    assert registry.products_of("toygate") == ("toygate.apis",)
    [found] = [each for each in registry.find_collectors() if each.name == "toygate.apis"]
    assert (found.distribution, found.target) == ("apiscape-toygate", "toygate.apis:ToyGateApis")


def test_it_is_loaded_alone() -> None:
    assert registry.load_provider("toygate").title == "ToyGate"
    assert registry.load_collector("toygate.apis").title == "ToyGate APIs"


def test_it_is_loaded_among_all() -> None:
    loaded = dict(registry.load_collectors(registry.collector_names()))
    assert not isinstance(loaded["toygate.apis"], registry.PlugInError)


def test_it_is_scanned_with_from_end_to_end(tmp_path: Path) -> None:
    provider = registry.load_provider("toygate")
    estate = Estate(three_apis())
    with serve(estate) as url, open_store(str(tmp_path / "store.db"), write=True) as store:
        source = SourcePlan(name="toys", provider="toygate", settings=settings_of(provider, url))
        first = scan([source], store)
        [run] = first.runs
        assert (first.exit_code, run.outcome) == (Exit.COMPLETE, "complete")
        assert (run.ledger.listed, run.ledger.deployments, run.ledger.calls) == (3, 4, 5)
        assert run.collector_version == "apiscape-toygate 1.0"
        assert first.totals.appeared == 4
        estate.apis.pop("c")
        second = scan([source], store)
        assert (second.totals.missing, second.totals.appeared) == (1, 0)
        presences = {row.name: row.presence for row in store.runs.known(run.scope).values()}
        assert presences == {"Api a": "present", "Api b": "present", "Api c": "missing"}


def test_the_schema_has_its_keys_once_a_source_chose_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "toys.yaml"
    monkeypatch.setenv("APISCAPE_CONFIG", str(file))
    rules = '"const": "toygate"'
    file.write_text("sources: [{name: prod, provider: aws}]", "utf-8")
    assert rules not in run_cli("sources", "schema").out
    file.write_text("sources: [{name: toys, provider: toygate, url: x}]", "utf-8")
    assert rules in run_cli("sources", "schema").out
    file.write_text("sources: [", "utf-8")
    broken = run_cli("sources", "schema")
    assert (broken.code, rules in broken.out, '"const": "aws"' in broken.out) == (0, False, True)


def test_its_permissions_are_said_not_to_be_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate, file = Estate(three_apis()), tmp_path / "toys.yaml"
    monkeypatch.setenv("APISCAPE_CONFIG", str(file))
    with serve(estate) as url:
        file.write_text(
            yaml.safe_dump({"sources": [{"name": "toys", "provider": "toygate", "url": url}]})
        )
        said = run_cli("permissions", "toys")
    reason = "not tried: the collector cannot. toygate.apis: toygate:Read, in gate\n"
    assert said.code == 2
    assert f"? could not tell: {reason}" in said.out
    assert estate.paths == []
