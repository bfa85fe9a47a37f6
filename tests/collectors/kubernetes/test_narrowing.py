"""A source that is narrowed to some namespaces: what lies in others is not observed, neither missing nor retired.

In an emulated cluster, or the one that KUBECONFIG names.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from apiscape.collectors.contract import Listed
from apiscape.collectors.kubernetes import following
from apiscape.collectors.kubernetes.gateways import GatewaysCollector
from apiscape.model.run import RunReport
from apiscape.store import Store
from apiscape.store.reading.reader import Reader
from tests.collectors.kubernetes.anywhere import Somewhere
from tests.collectors.kubernetes.estate import namespace
from tests.collectors.kubernetes.test_anywhere import INGRESSES, ingress
from tests.collectors.kubernetes.visiting import SCOPE, Visit, read
from tests.collectors.kubernetes.visiting import following as follow
from tests.store.copies import opened_copy
from tests.unit.collect.store_double import MemoryStore
from tests.unit.collect.toy import SCOPE as OF_BENCH
from tests.unit.collect.toy import Bench


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        yield opened


class Agent:
    """Visits a cluster as it is configured at the time, and keeps what it sees.

    Attributes:
        shop, infra: Two namespaces, each with an Ingress; the name of the second begins with that of the first.
    """

    def __init__(self, somewhere: Somewhere, store: Store) -> None:
        self._somewhere = somewhere
        self._store = store
        self.bench = Bench(store=cast("MemoryStore", store))
        self.shop, self.infra = somewhere.space, f"{somewhere.space}-infra"
        self.made = [ingress("orders", each, f"{each}.example") for each in (self.shop, self.infra)]
        somewhere.add(namespace(self.infra), *self.made)

    def visit(self, *namespaces: str) -> RunReport:
        with self._somewhere.session(*namespaces) as session:
            said = GatewaysCollector().discover(SCOPE, Visit(session))
            return self.bench.script(*said, parts=GatewaysCollector.parts)

    @property
    def presence(self) -> dict[str, str]:
        """How each of the two stands, by namespace."""
        rows = self._store.runs.known(OF_BENCH).values()
        told = {row.name.partition("/")[0]: row.presence for row in rows}
        return {space: told[space] for space in (self.shop, self.infra)}

    def not_observed(self) -> set[str]:
        reader = Reader(self._store.database, self.bench.clock.now)
        spaces = {row.name.partition("/")[0] for row in reader.page("freshness:not_observed").items}
        return spaces & {self.shop, self.infra}


@pytest.fixture
def agent(somewhere: Somewhere, store: Store) -> Agent:
    return Agent(somewhere, store)


def test_what_lies_in_other_namespaces_is_not_observed_however_long(agent: Agent) -> None:
    agent.visit()
    assert agent.presence == {agent.shop: "present", agent.infra: "present"}
    for _ in range(4):
        agent.bench.clock.advance(hours=25)
        report = agent.visit(agent.shop)
        assert (report.totals.missing, report.totals.retired, report.totals.suspect) == (0, 0, 0)
    assert agent.presence == {agent.shop: "present", agent.infra: "present"}
    assert agent.not_observed() == {agent.infra}


def test_what_is_gone_from_a_namespace_that_is_looked_into_is_missing_all_the_same(
    agent: Agent, somewhere: Somewhere
) -> None:
    agent.visit()
    somewhere.remove(agent.made[0])
    assert agent.visit(agent.shop).totals.missing == 1
    assert agent.presence == {agent.shop: "missing", agent.infra: "present"}


def test_what_is_looked_at_again_is_observed_or_missing(agent: Agent, somewhere: Somewhere) -> None:
    agent.visit()
    agent.visit(agent.shop)
    somewhere.remove(agent.made[1])
    agent.visit(agent.shop, agent.infra)
    assert agent.presence == {agent.shop: "present", agent.infra: "missing"}
    assert agent.not_observed() == set()


@pytest.mark.parametrize("tails", [(), ("",), ("", "-infra")])
def test_every_page_says_which_namespaces_it_is_of(
    somewhere: Somewhere, tails: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "GATHER_S", 0.02)
    monkeypatch.setattr(following, "WAIT_S", 0.05)
    somewhere.add(namespace(f"{somewhere.space}-infra"))
    spaces = [f"{somewhere.space}{tail}" for tail in tails]
    with somewhere.session(*spaces) as session:
        said: list[Any] = read(session).said
        with follow(session) as watch:
            assert watch.until(lambda told: INGRESSES in told.synced)
            said = [*said, *watch.told.said]
    pages = [each for each in said if isinstance(each, Listed) and each.part == INGRESSES]
    kind = "cluster:networking.k8s.io/ingresses:"
    assert {each.within for each in pages} == {tuple(f"{kind}{space}/" for space in spaces)}
