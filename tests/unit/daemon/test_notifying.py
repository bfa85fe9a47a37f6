"""Notifications of a real agent: through outages and restarts, past targets that are dead, and by its configuration."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apiscape.collectors.contract import Listed, Observation, Recorded, Visit
from apiscape.daemon import beside, notifying
from apiscape.daemon.configured import Configured
from apiscape.daemon.notifying import Notifying
from apiscape.daemon.process import Agent
from apiscape.errors import StoreFull
from apiscape.model.run import Scope
from apiscape.network.ways import Ways
from apiscape.notify import pacing, sending
from apiscape.notify.sending import Sender
from apiscape.settings.schema import Notify
from apiscape.store import Store, open_store
from tests.ports import free_port
from tests.store.copies import opened_copy
from tests.store.looking import records
from tests.store.making import batch, make, visit
from tests.unit.collect.toy import SOURCE, VirtualClock, toy_deployment
from tests.unit.daemon.toys import Bench, until
from tests.unit.notify.bench import LOOPBACK
from tests.unit.notify.receiver import SECRET, VARIABLE, Receiver, receiving


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, SECRET)
    monkeypatch.setattr(notifying, "LOOK_S", 0.01)
    monkeypatch.setattr(sending, "QUIET_S", 0.2)
    monkeypatch.setattr(pacing, "FIRST_BACK_OFF_S", 0.01)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def to(receiver: Receiver, name: str = "desk", **values: Any) -> Notify:
    known: dict[str, Any] = {"secrets": (f"env:{VARIABLE}",), "allow": (LOOPBACK,)}
    return Notify(name=name, url=receiver.url, **(known | values))


def tells(bench: Bench, *targets: Notify) -> None:
    bench.configured = Configured(sources=(SOURCE,), notify=targets)


def told(receiver: Receiver) -> list[str]:
    """Return the ids of all changes that were taken."""
    events = [event for post in receiver.taken for event in post.events]
    return [event["id"] for event in events if event["type"].startswith("apiscape.deployment.")]


def nobody() -> Receiver:
    """Return a receiver at a port where nobody listens."""
    return Receiver(port=free_port())


def cursors(agent: Agent) -> set[str]:
    return {each["name"] for each in records(agent._store, "cursor")}


def metric(text: str, name: str) -> float:
    return sum(
        float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name)
    )


async def test_a_first_inventory_is_told_and_a_restart_repeats_nothing(bench: Bench) -> None:
    with receiving() as receiver:
        tells(bench, to(receiver))
        async with bench.running() as agent:
            await until(lambda: len(told(receiver)) == 2)
            await until(lambda: agent._notifying.backlogs().changes == 0)
            text = agent._telemetry.metrics()
        assert metric(text, 'apiscape_notify_posts_total{apiscape_outcome="sent"}') == len(
            receiver.taken
        )
        assert metric(text, "apiscape_notify_pending") == 0
        assert "apiscape_notify_oldest_seconds " not in text
        before = list(receiver.posts)
        async with bench.running() as agent:
            await until(lambda: agent._notifying._held != {})
            visit(agent._store, batch(make(1)))
            await until(lambda: len(told(receiver)) == 3)
        assert len(receiver.posts) == len(before) + 1
    assert all(post.is_signed_by(SECRET) for post in receiver.posts)


async def test_a_receiver_that_was_down_is_told_all_of_it_in_order(bench: Bench) -> None:
    receiver = nobody()
    tells(bench, to(receiver))
    async with bench.running() as agent:
        await until(lambda: agent._notifying.backlogs().changes == 2)
        failed = 'apiscape_notify_posts_total{apiscape_outcome="failed"}'
        await until(lambda: metric(agent._telemetry.metrics(), failed) > 2)
        text = agent._telemetry.metrics()
        assert metric(text, "apiscape_notify_pending") == 2
        assert metric(text, "apiscape_notify_oldest_seconds") >= 0
        assert "apiscape_notify_oldest_seconds " in text
        with receiving(receiver):
            await until(lambda: len(told(receiver)) == 2)
    seqs = [int(each.rpartition("-")[2]) for each in told(receiver)]
    assert seqs == sorted(set(seqs))


async def test_a_dead_target_holds_up_neither_the_others_nor_the_agent(bench: Bench) -> None:
    with receiving() as receiver:
        dead, gone = to(nobody(), "dead"), Receiver()
        gone.reply = lambda _receiver, _post: (410, {})
        with receiving(gone):
            tells(bench, dead, to(gone, "gone"), to(receiver))
            async with bench.running() as agent:
                await until(lambda: len(told(receiver)) == 2)
                await until(lambda: agent._notifying.backlogs().disabled == 1)
                text = agent._telemetry.metrics()
                page = await bench.ask(lambda inventory: inventory.page(""))
    assert len(page.items) == 2
    assert metric(text, "apiscape_notify_disabled") == 1
    assert "dead" not in text
    assert len(gone.posts) == 1
    assert bench.code == 0


async def test_targets_come_and_go_with_the_configuration(bench: Bench) -> None:
    with receiving() as receiver:
        async with bench.running() as agent:
            await until(lambda: len(agent._store.changes.after(0)) >= 2)
            tells(bench, to(receiver))
            await agent.take_configuration()
            await until(lambda: len(agent._notifying._held) == 1)
            assert "notify:desk" in cursors(agent)
            (held,) = agent._notifying._held.values()
            visit(agent._store, batch(make(1)))
            await until(lambda: len(told(receiver)) == 1)
            await agent.take_configuration()
            await until(lambda: not agent._notifying._changed.is_set())
            assert list(agent._notifying._held.values()) == [held]
            tells(bench)
            await agent.take_configuration()
            await until(lambda: "notify:desk" not in cursors(agent))
            assert agent._notifying._held == {}


# ── What goes wrong ──────────────────────────────────────────────────────────


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        yield opened


def test_targets_that_cannot_be_taken_up_yet_are_said(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_name: str) -> None:
        raise StoreFull("no space is left")

    monkeypatch.setattr(store.deliveries, "begin", full)
    notifying = Notifying(store, VirtualClock(), lambda _outcome, _number: None)
    notifying.begin((to(nobody()),))
    assert "targets could not be taken up yet" in caplog.text


async def test_a_defect_of_one_target_is_said_and_the_others_go_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    turn = Sender.turn

    async def broken(self: Sender) -> float:
        if self._target.name == "broken":
            raise ZeroDivisionError
        return await turn(self)

    monkeypatch.setattr(Sender, "turn", broken)
    with receiving() as receiver, caplog.at_level(logging.ERROR, "apiscape.agent"):
        tells(bench, to(nobody(), "broken"), to(receiver))
        async with bench.running():
            await until(lambda: len(told(receiver)) == 2)
    assert "notify broken failed and begins anew" in caplog.text


async def test_no_credential_of_the_environment_is_in_what_is_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_TOKEN", "planted-credential")

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", ("a",), last=True)
        named = {"name": "planted-credential \x1b[31m"}
        item = msgspec.structs.replace(toy_deployment("a", "live"), **named)
        yield Recorded("a", (item,))

    bench.script = script
    with receiving() as receiver:
        tells(bench, to(receiver))
        async with bench.running():
            await until(lambda: len(told(receiver)) > 0)
    bodies = b"".join(post.body for post in receiver.posts)
    assert b"planted-credential" not in bodies
    assert b"\\u001b" not in bodies
    assert "*** \ufffd[31m".encode() in bodies


async def test_certificates_that_cannot_be_read_are_said_for_each_target(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    targets = [Notify(name=name, url="https://x.example", secrets=("env:K",)) for name in "ab"]
    with open_store(str(tmp_path / "store.db"), write=True) as store:
        notifying = Notifying(store, VirtualClock(), lambda _outcome, _number: None)
        notifying.configure(tuple(targets), Ways(ca_bundle=str(tmp_path / "none.pem")))
        running = asyncio.create_task(notifying.run())
        with caplog.at_level(logging.ERROR):
            await until(lambda: len(caplog.records) == len(targets))
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert {record.levelname for record in caplog.records} == {"ERROR"}


async def test_a_target_whose_sender_fails_unforeseen_is_told_by_another(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(beside, "FIRST_WAIT_S", 0.01)
    turn, tries = Sender.turn, 0

    async def failing(sender: Sender) -> float:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise LookupError
        return await turn(sender)

    monkeypatch.setattr(Sender, "turn", failing)
    with receiving() as receiver:
        tells(bench, to(receiver))
        async with bench.running() as agent:
            await until(lambda: len(told(receiver)) == 2)
            await until(lambda: agent._notifying.backlogs().changes == 0)
    assert "notify desk failed and begins anew" in caplog.text
