"""An agent from its start to its end: it visits, concludes, answers, reloads, and ends in order."""

from __future__ import annotations

import asyncio
import logging
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from apiscape.client.http import HttpAgent
from apiscape.client.wire import CollectRequest
from apiscape.collectors.contract import Listed, Observation, Visit
from apiscape.daemon import beside, process
from apiscape.daemon.configured import Configured
from apiscape.daemon.process import Agent, Place
from apiscape.errors import Exit, SettingsError, StoreError, StoreLocked
from apiscape.govern.overlay import Entry, Overlay
from apiscape.model.run import Scope
from apiscape.network.ways import Ways
from apiscape.schedule.driver import Driver
from apiscape.serve.http.listen import Listen
from apiscape.serve.http.tokens import Tokens
from apiscape.settings.schema import Probes
from apiscape.store import open_store
from apiscape.store.database.lock import read_holder
from tests.unit.collect.toy import SOURCE, recorded
from tests.unit.daemon.toys import Bench, until
from tests.unit.schedule.agents import source


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def get(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - a door of the test's own
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def probe_of(bench: Bench) -> str:
    line = next(line for line in bench.said if "probes" in line)
    return line.split()[1]


async def rows(bench: Bench) -> int:
    page = await bench.ask(lambda inventory: inventory.page(""))
    return sum(row.api is not None for row in page.items)


async def concluded(bench: Bench, number: int) -> None:
    """Wait until so many deployments were seen and concluded."""
    for _ in range(2000):
        if await rows(bench) == number:
            return
        await asyncio.sleep(0.01)
    message = "it was never concluded"
    raise AssertionError(message)


async def test_it_visits_concludes_and_answers(bench: Bench) -> None:
    async with bench.running():
        await concluded(bench, 2)
        holder = read_holder(bench.file)
        assert holder is not None
        assert holder.address == bench.unix.url
        state = await bench.ask(lambda inventory: inventory.collect(CollectRequest()))
        while not state.is_over:
            state = await bench.ask(lambda inventory: inventory.collection("1"))
        assert state.result is not None
        assert (len(state.result.runs), state.result.exit_code) == (2, 0)
    assert bench.code is Exit.COMPLETE
    assert read_holder(bench.file) is None


async def test_it_says_what_it_serves_and_where_and_what_is_due(bench: Bench) -> None:
    async with bench.running():
        await concluded(bench, 2)
    assert "1 source · nothing was visited yet: everything is due" in bench.said[0]
    assert bench.unix.url in bench.said[1]
    bench.said.clear()
    async with bench.running():
        assert "2 scopes known · 0 due now" in bench.said[0]
        assert "the next of the others in 1 h" in bench.said[0]


async def test_after_a_restart_what_was_visited_lately_is_left_in_peace(bench: Bench) -> None:
    async with bench.running():
        await concluded(bench, 2)
    visits: list[str] = []

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        visits.append(scope.key)
        yield Listed("apis", (), last=True)

    bench.script = script
    async with bench.running() as agent:
        slots = await asyncio.wrap_future(agent._driver.slots())
        while not slots:
            slots = await asyncio.wrap_future(agent._driver.slots())
        assert {slot.failures for slot in slots} == {0}
        assert min(slot.due_in_s or 0 for slot in slots) > 3000
    assert visits == []


async def test_it_serves_while_clouds_hang_and_ends_all_the_same(bench: Bench) -> None:
    release = threading.Event()
    entered: list[str] = []

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", ("a", "b"), last=True)
        yield from recorded("a")
        entered.append(scope.key)
        release.wait(60)
        yield from recorded("b")

    bench.script = script
    async with bench.running():
        await until(lambda: len(entered) == 2)
        status, text = await asyncio.to_thread(get, probe_of(bench) + "/readyz")
        assert (status, text) == (200, "ready\n")
    release.set()
    with open_store(str(bench.file), write=False) as store:
        runs = store.runs.newest()
        assert {str(run.outcome) for run in runs} == {"partial"}
        assert {run.error.kind for run in runs if run.error} == {"interrupted"}
        assert all(run.ended_at is not None for run in runs)


def runs_ended(text: str) -> dict[str, float]:
    """How many runs a scrape says ended, by their outcome."""
    lines = [line for line in text.splitlines() if line.startswith("apiscape_runs_total{")]
    return {
        line.split('outcome="')[1].split('"')[0]: float(line.rsplit(" ", 1)[1]) for line in lines
    }


async def test_what_is_paused_is_said_until_it_is_resumed(bench: Bench) -> None:
    async with bench.running():
        await concluded(bench, 2)
        await bench.ask(lambda agent: agent.pause())
        standing = await bench.ask(lambda agent: agent.standing())
        assert standing.schedule.paused == ("toys",)
        _, text = await asyncio.to_thread(get, probe_of(bench) + "/metrics")
        assert "apiscape_sources_paused 1.0" in text
        await bench.ask(lambda agent: agent.resume(["toys"]))
        standing = await bench.ask(lambda agent: agent.standing())
        assert standing.schedule.paused == ()
        _, text = await asyncio.to_thread(get, probe_of(bench) + "/metrics")
    assert "apiscape_sources_paused 0.0" in text


async def test_its_metrics_are_aggregates_and_name_nothing(bench: Bench) -> None:
    async with bench.running():
        await concluded(bench, 2)
        status, text = await asyncio.to_thread(get, probe_of(bench) + "/metrics")
        while (ended := runs_ended(text)) != {
            "complete": 2.0
        }:  # counted after its run was concluded
            assert ended in ({}, {"complete": 1.0})
            status, text = await asyncio.to_thread(get, probe_of(bench) + "/metrics")
    assert status == 200
    assert "apiscape_configuration_valid 1.0" in text
    assert "apiscape_conclude_failures 0.0" in text
    assert "toys" not in text


async def test_a_store_that_does_not_answer_is_not_ready(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent() -> int:
        raise StoreError("no answer")

    async with bench.running() as agent:
        await concluded(bench, 2)
        with monkeypatch.context() as broken:
            broken.setattr(agent._store.changes, "last_seq", silent)
            status, text = await asyncio.to_thread(get, probe_of(bench) + "/readyz")
            assert (status, text) == (503, "not ready: the store does not answer\n")
        assert (await asyncio.to_thread(get, probe_of(bench) + "/readyz"))[0] == 200


async def test_a_second_agent_on_the_store_is_refused(bench: Bench) -> None:
    async with bench.running():
        with pytest.raises(StoreLocked) as caught:
            open_store(str(bench.file), write=True)
        assert caught.value.address == bench.unix.url


# ── Configuration ──


async def test_a_new_configuration_is_taken(bench: Bench) -> None:
    async with bench.running() as agent:
        await concluded(bench, 2)
        bench.configured = Configured(sources=(SOURCE, source("more")))
        agent.reload()
        await until(lambda: agent._journal.runs["complete"] == 4)
        state = await bench.ask(
            lambda inventory: inventory.collect(CollectRequest(sources=("more",)))
        )
        assert state.number == "1"


async def test_a_file_that_cannot_be_read_leaves_the_old_one_and_is_said(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LOOK_S", 0.01)
    good = bench.configured
    async with bench.running() as agent:
        await concluded(bench, 2)
        bench.configured = SettingsError("unknown key 'bogus'", path="config.yaml", line=3)
        with caplog.at_level(logging.INFO, "apiscape.agent"):
            bench.config.write_text("bogus: 1")  # the file itself is what is watched
            await until(lambda: agent.configuration_error is not None)
        fields = [record.__dict__["fields"] for record in caplog.records if record.levelno > 30]
        assert (fields[0]["path"], fields[0]["line"]) == ("config.yaml", 3)
        assert (await asyncio.to_thread(get, probe_of(bench) + "/readyz"))[0] == 200
        _, text = await asyncio.to_thread(get, probe_of(bench) + "/metrics")
        assert "apiscape_configuration_valid 0.0" in text
        assert await rows(bench) == 2
        standing = await bench.ask(lambda inventory: inventory.standing())
        refused = standing.configuration
        assert (refused.is_valid, refused.path, refused.line) == (False, "config.yaml", 3)
        assert (standing.lacking, standing.conclusions.failures) == ((), 0)
        bench.configured = good
        bench.config.write_text("")
        await until(lambda: agent.configuration_error is None)
        standing = await bench.ask(lambda inventory: inventory.standing())
        assert standing.configuration.is_valid
        assert standing.configuration.since > refused.since > standing.started_at


async def test_a_file_that_was_refused_is_looked_at_until_it_is_right(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(process, "LOOK_S", 0.01)
    named = tmp_path / "entries.yaml"
    assert isinstance(bench.configured, Configured)
    async with bench.running() as agent:
        renamed = msgspec.structs.replace(SOURCE, files={str(named): "digest"})
        good = msgspec.structs.replace(bench.configured, sources=(renamed,))
        bench.configured = SettingsError("no such key", path=str(named), line=2)
        agent.reload()
        await until(lambda: agent.configuration_error is not None)
        bench.configured = good
        named.write_text("- 1")  # only this file changes
        await until(lambda: agent.configuration_error is None)
        other = msgspec.structs.replace(SOURCE, files={str(named): "another"})
        bench.configured = msgspec.structs.replace(good, sources=(other,))
        named.write_text("- 1 2")
        await until(lambda: agent._configured.sources == (other,))


async def test_a_reading_that_fails_unforeseen_is_said_and_the_next_one_is_taken(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LOOK_S", 0.01)
    monkeypatch.setattr(beside, "FIRST_WAIT_S", 0.01)
    good = bench.configured
    async with bench.running() as agent:
        bench.configured = LookupError("nobody foresaw")
        agent.reload()
        await until(lambda: "reloading failed and begins anew" in caplog.text)
        said = (await bench.ask(lambda inventory: inventory.standing())).configuration
        assert (said.is_valid, said.error) == (
            False,
            "could not be read: LookupError, which nobody foresaw; the one before stands",
        )
        assert "SIGHUP" in str(said.next_step)
        bench.configured = SettingsError("unknown key 'bogus'", path="config.yaml")
        agent.reload()
        await until(lambda: agent.configuration_error == "unknown key 'bogus'")
        bench.configured = good
        agent.reload()
        await until(lambda: agent.configuration_error is None)


OWNED = Overlay(entries=(Entry(view="", values={"owners": ["Team Tax"]}, place="a.yaml:1"),))


async def owned(bench: Bench) -> set[object]:
    page = await bench.ask(lambda inventory: inventory.page(""))
    return {row.owners for row in page.items}


async def becomes_owned(bench: Bench, owners: set[object]) -> None:
    """Wait until the deployments have these owners."""
    for _ in range(2000):
        if await owned(bench) == owners:
            return
        await asyncio.sleep(0.01)
    message = "the overlay was never concluded"
    raise AssertionError(message)


async def test_a_file_of_the_overlay_is_taken_and_no_source_is_touched(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(process, "LOOK_S", 0.01)
    folder = tmp_path / "overlay"
    assert isinstance(bench.configured, Configured)
    bench.configured = msgspec.structs.replace(bench.configured, overlay_folder=folder)
    async with bench.running() as agent:
        await concluded(bench, 2)
        monkeypatch.setattr(agent._driver, "reload", lambda _: pytest.fail("a source was touched"))
        bench.configured = msgspec.structs.replace(bench.configured, overlay=OWNED)
        folder.mkdir()
        (folder / "a.yaml").write_text("- …")  # what it says is what the bench has configured
        await until(lambda: agent._configured.overlay == OWNED)
        await becomes_owned(bench, {("Team Tax",)})
        bench.configured = SettingsError("no", path="a.yaml", line=1, column=3)
        (folder / "b.yaml").write_text("-")
        await until(lambda: agent.configuration_error is not None)
        assert await owned(bench) == {("Team Tax",)}


async def test_what_is_read_at_the_start_only_is_said(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    async with bench.running() as agent:
        assert isinstance(bench.configured, Configured)
        doors = msgspec.structs.replace(bench.configured.agent, listen=":1")
        bench.configured = msgspec.structs.replace(bench.configured, agent=doors)
        with caplog.at_level(logging.WARNING, "apiscape.agent"):
            await agent.take_configuration()
        assert "doors and logs change at the next start" in caplog.text


async def test_certificates_that_cannot_be_read_leave_the_old_way(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    async with bench.running() as agent:
        assert isinstance(bench.configured, Configured)
        bench.configured = msgspec.structs.replace(
            bench.configured, probes=Probes(view="x"), ways=Ways(ca_bundle="/no/such.pem")
        )
        with caplog.at_level(logging.ERROR, "apiscape.agent"):
            await agent.take_configuration()
        assert agent.configuration_error == "cannot be read: No such file or directory"
        assert "not taken" in caplog.text


# ── When it goes wrong ──


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_schedule_that_ends_by_itself_ends_the_agent_as_not_well(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Driver, "look", crash)
    async with bench.running() as agent:
        await until(lambda: agent.is_stopping)
    assert bench.code is Exit.UNREACHABLE
    assert "the schedule ended by itself" in caplog.text


async def test_where_another_agent_has_the_store_by_now_it_ends_as_not_well(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[Exception] = [
        StoreLocked("the agent on elsewhere has this store"),
        StoreError("no answer"),
    ]

    def check() -> None:
        raise said.pop()

    monkeypatch.setattr(process, "ALONE_S", 0.01)
    async with bench.running() as agent:
        monkeypatch.setattr(agent._store, "check_alone", check)
        await until(lambda: agent.is_stopping)
    assert bench.code is Exit.UNREACHABLE
    assert said == []
    fields = [record.__dict__["fields"] for record in caplog.records if record.levelno >= 50]
    assert fields == [{"why": "the agent on elsewhere has this store"}]


async def test_who_asks_is_answered_by_the_inventory_of_the_store(bench: Bench) -> None:
    async with bench.running():
        await concluded(bench, 2)

        def ask(inventory: HttpAgent) -> tuple[int, int]:
            summary = inventory.summary()
            return summary.scopes, len(inventory.runs())

        assert await bench.ask(ask) == (2, 2)


def test_an_agent_that_did_not_run_is_quiet_only_once_it_was_stopped(bench: Bench) -> None:
    with open_store(str(bench.file), write=True) as store:
        place = Place(listen=Listen(), tokens=Tokens())
        agent = Agent(store, bench.load(), bench.load, place, say=bench.said.append)
        assert (agent.is_quiet, agent.is_stopping) == (True, False)
