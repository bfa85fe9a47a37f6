"""An agent of toys when the ground gives way: a full disk, a receiver that says nothing."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from apiscape.client.wire import CollectRequest
from apiscape.collectors.contract import Listed, Observation, Visit
from apiscape.daemon.configured import Configured
from apiscape.errors import StoreError
from apiscape.model.run import Scope
from apiscape.settings.schema import Telemetry
from tests.unit.collect.toy import recorded
from tests.unit.daemon.test_process import concluded, get, probe_of
from tests.unit.daemon.toys import Bench, until


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def full_disk() -> Iterator[list[int]]:
    """Give the most pages that a store may have, in a list that can be filled and emptied."""
    most: list[int] = []

    def bound(connection: object) -> None:
        pages = most[0] if most else 2**31
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]  # of the engine

    event.listen(Engine, "begin", bound)
    yield most
    event.remove(Engine, "begin", bound)


@pytest.fixture
def none_left_behind() -> Iterator[None]:
    """Wait for the threads that an agent left behind: what they say at their end is not of a later test."""
    before = set(threading.enumerate())
    yield
    left = [each for each in threading.enumerate() if not each.name.startswith("asyncio")]
    for thread in set(left) - before:
        thread.join(60)
        assert not thread.is_alive(), thread.name


def pages_of(bench: Bench) -> int:
    with closing(sqlite3.connect(bench.file)) as driver:
        return int(driver.execute("PRAGMA page_count").fetchone()[0])


def many(scope: Scope, visit: Visit) -> Iterator[Observation]:
    names = tuple(f"{scope.reach.account}-{number:03d}" for number in range(150))
    yield Listed("apis", names, last=True)
    yield from recorded(*names)


async def collected(bench: Bench) -> Any:
    """Have everything visited, and return what came of it."""
    state = await bench.ask(lambda inventory: inventory.collect(CollectRequest()))
    number = state.number
    while not state.is_over:
        state = await bench.ask(lambda inventory: inventory.collection(number))
    return state.result


async def test_a_full_disk_is_said_and_the_agent_goes_on_when_there_is_room(
    bench: Bench, full_disk: list[int]
) -> None:
    async with bench.running() as agent:
        await concluded(bench, 2)
        full_disk.append(pages_of(bench))
        bench.script = many
        visiting = asyncio.create_task(collected(bench))
        await until(lambda: agent._store.database.refusal is not None)
        said = (200, "ready\n")
        while said == (200, "ready\n"):  # as it is for a moment after a write that still fitted
            said = await asyncio.to_thread(get, probe_of(bench) + "/readyz")
        assert said == (503, "not ready: the store cannot be written\n")
        standing = await bench.ask(lambda inventory: inventory.standing())
        while standing.store.error is None:  # the same moment
            standing = await bench.ask(lambda inventory: inventory.standing())
        assert "no space is left" in standing.store.error
        page = await bench.ask(lambda inventory: inventory.page(""))
        assert page.matched >= 2, "what was there is read as ever"
        await visiting
        full_disk.clear()
        result = await collected(bench)
        assert {str(run.outcome) for run in result.runs} == {"complete"}
        await until(lambda: agent._lacking() == ())
        assert (await asyncio.to_thread(get, probe_of(bench) + "/readyz"))[0] == 200
    with closing(sqlite3.connect(bench.file)) as driver:
        assert driver.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_a_store_whose_file_is_gone_is_said_and_used_again_when_it_is_back(
    bench: Bench,
) -> None:
    away = bench.file.with_name("away")
    async with bench.running():
        await concluded(bench, 2)
        bench.file.rename(away)
        said = await asyncio.to_thread(get, probe_of(bench) + "/readyz")
        assert said == (503, "not ready: the store does not answer\n")
        standing = await bench.ask(lambda inventory: inventory.standing())
        assert standing.store.error == f"the store's file is gone: {bench.file}"
        with pytest.raises(StoreError, match="the store's file is gone"):
            await bench.ask(lambda inventory: inventory.page(""))
        assert not bench.file.exists()
        away.rename(bench.file)
        assert (await collected(bench)).exit_code == 0
        assert (await asyncio.to_thread(get, probe_of(bench) + "/readyz"))[0] == 200


async def test_a_receiver_that_never_answers_holds_up_neither_visits_nor_the_end(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, none_left_behind: None
) -> None:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv(
            "OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}"
        )
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        asked = Telemetry(push=True, interval_s=1.0, entities=True, traces=True)
        assert isinstance(bench.configured, Configured)
        bench.configured = msgspec.structs.replace(bench.configured, telemetry=asked)
        async with bench.running():
            await concluded(bench, 2)
            pushing, _ = await asyncio.to_thread(silent.accept)  # and waits for an answer
            assert (await asyncio.to_thread(get, probe_of(bench) + "/readyz"))[0] == 200
            assert (await collected(bench)).exit_code == 0
            began = loop.time()
        pushing.close()
        assert loop.time() - began < 10
