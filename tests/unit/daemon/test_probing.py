"""Probes of an agent: whom a view says, at their first address; what is found is kept, and forgotten in time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from apiscape.conclude.follow import conclude, conclude_due
from apiscape.daemon import probing
from apiscape.daemon.probing import Looking, targets_of
from apiscape.errors import StoreFull
from apiscape.health.probing.prober import Target
from apiscape.model.deployment import Endpoint
from apiscape.network.ways import Network, read_ways
from apiscape.serve.local import LocalInventory
from apiscape.settings.schema import Probes
from apiscape.store import Store
from tests.proxies import proxying
from tests.store.copies import opened_copy
from tests.store.making import batch, make, visit
from tests.unit.collect.toy import VirtualClock
from tests.unit.daemon.toys import until
from tests.unit.health.probing.servers import LOOPBACK, serving

PROBES = Probes(view="name:payments-1", allow=(LOOPBACK,))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        yield opened


class Bench:
    """A store with two deployments that lead to a server, and one without an address."""

    def __init__(self, store: Store, url: str) -> None:
        self.store = store
        self.clock = VirtualClock()
        self.measured = 0
        at = (Endpoint(url), Endpoint("https://second.example"))
        visit(store, batch(make(1, endpoints=at), make(2, endpoints=at), make(3)))
        conclude(store, self.clock.now())
        inventory = LocalInventory(store, self.clock.now)
        self.looking = Looking(store, inventory, self._count, self.clock)

    def _count(self) -> None:
        self.measured += 1

    def subjects(self) -> set[str]:
        return set(self.store.measurements.subjects())

    def health(self, number: int) -> tuple[str, str]:
        conclude_due(self.store, self.clock.now())
        row = LocalInventory(self.store).detail(make(number).uid).row
        return row.health, row.basis


async def test_what_a_view_says_is_asked_and_fares_by_its_answer(store: Store) -> None:
    async with serving() as heard:
        bench = Bench(store, heard.url)
        bench.looking.configure(PROBES)
        await bench.looking.look()
        assert [lines[0].split()[0] for lines in heard.requests] == ["HEAD"]
    assert bench.subjects() == {make(1).uid}
    assert bench.measured == 1
    assert bench.health(1) == ("healthy", "reachable")
    assert bench.health(2)[0] == "unknown"


async def test_failures_are_believed_after_a_few_in_a_row(store: Store) -> None:
    async with serving(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n") as heard:
        bench = Bench(store, heard.url)
        bench.looking.configure(msgspec.structs.replace(PROBES, failures=2))
        await bench.looking.look()
        assert bench.health(1)[0] != "failing"
        await bench.looking.look()
        assert bench.health(1) == ("failing", "reachable")


async def test_what_is_no_longer_asked_is_forgotten(store: Store) -> None:
    async with serving() as heard:
        bench = Bench(store, heard.url)
        bench.looking.configure(msgspec.structs.replace(PROBES, view="payments"))
        await bench.looking.look()
        assert bench.subjects() == {make(1).uid, make(2).uid}
        bench.looking.configure(PROBES)
        await bench.looking.look()
        assert bench.subjects() == {make(1).uid}
        bench.looking.configure(None)
        await bench.looking.look()
        assert bench.subjects() == set()
        assert len(heard.requests) == 3


async def test_private_ground_is_not_asked_unless_it_is_allowed(store: Store) -> None:
    async with serving() as heard:
        bench = Bench(store, heard.url)
        bench.looking.configure(Probes(view="payments"))
        await bench.looking.look()
        assert heard.connections == 0
    assert bench.health(1)[0] == "unknown"


async def test_a_store_that_fails_is_said_and_the_next_look_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise StoreFull("no space is left")

    async with serving() as heard:
        bench = Bench(store, heard.url)
        bench.looking.configure(PROBES)
        with monkeypatch.context() as broken:
            broken.setattr(store.measurements, "save", full)
            await bench.looking.look()
        assert bench.measured == 0
        assert "probes could not be kept" in caplog.text
        await bench.looking.look()
    assert bench.measured == 1


async def test_it_looks_soon_after_every_change_and_then_by_its_interval(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "FIRST_LOOK_S", 0.0)
    async with serving() as heard:
        bench = Bench(store, heard.url)
        task = asyncio.create_task(bench.looking.run())
        quick = msgspec.structs.replace(PROBES, interval_s=0.001)
        bench.looking.configure(quick)
        await until(lambda: bench.measured >= 3)
        bench.looking.configure(quick)  # no change
        bench.looking.configure(None)
        await until(lambda: not bench.subjects())
        asked = len(heard.requests)
        bench.looking.configure(msgspec.structs.replace(PROBES, interval_s=3600))
        await until(lambda: bench.subjects() == {make(1).uid})
        assert len(heard.requests) == asked + 1
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_another_way_out_is_taken_from_the_next_look_on(store: Store) -> None:
    async with serving() as heard:
        bench = Bench(store, heard.url)
        bench.looking.configure(PROBES)
        await bench.looking.look()
        assert len(heard.requests) == 1
        with proxying({"127.0.0.1": heard.port}) as proxy:
            bench.looking.configure(PROBES, read_ways(Network(proxy=proxy.url), {}))
            await bench.looking.look()
            assert [each.method for each in proxy.passed] == ["HEAD"]
            bench.looking.configure(PROBES)  # says nothing of the way
            await bench.looking.look()
            assert len(proxy.passed) == 2
    assert bench.health(1) == ("healthy", "reachable")


def test_every_page_of_a_view_is_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "PAGE", 2)
    at = (Endpoint("https://a.example"),)
    public = [make(number, endpoints=at, exposure="internet") for number in range(1, 6)]
    visit(store, batch(*public, make(6, endpoints=at, exposure="private"), make(7)))
    found = targets_of(LocalInventory(store), "payments")
    asked = [Target(uid=item.uid, url="https://a.example") for item in public]
    private = Target(uid=make(6).uid, url="https://a.example", is_public=False)
    assert set(found) == {*asked, private}


def test_the_first_address_that_is_no_pattern_is_asked(store: Store) -> None:
    pattern = Endpoint("https://*.shop.example/v1")
    visit(
        store,
        batch(
            make(1, endpoints=(pattern, Endpoint("https://shop.example"))),
            make(2, endpoints=(pattern,)),
        ),
    )
    assert {target.url for target in targets_of(LocalInventory(store), "payments")} == {
        "https://shop.example",
        pattern.url,
    }
