"""A target over a real receiver: in order, repeated under the same id, bounded however much happens."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from apiscape.errors import StoreFull
from apiscape.model.known import PresenceChange, Verdict
from apiscape.notify import gathering
from apiscape.notify.sending import LONGEST_GATHERING_S, MOST_TRIES, QUIET_S, SETTLE_S
from apiscape.store import Conclusion, Store
from tests.store.copies import opened_copy
from tests.store.making import DAY, T0, batch, make, visit
from tests.unit.notify.bench import Bench, Killed
from tests.unit.notify.receiver import (
    OTHER,
    OTHER_VARIABLE,
    SECRET,
    Post,
    Receiver,
    receiving,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        yield opened


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


def names(receiver: Receiver) -> list[str]:
    return [event["data"]["name"] for post in receiver.taken for event in post.events]


def sums(post: Post) -> dict[str, object]:
    return dict(post.events[0]["data"])


async def test_changes_come_one_by_one_in_order_signed_and_once(
    store: Store, receiver: Receiver
) -> None:
    visit(store, batch(make(0)))
    bench = await Bench(store, receiver).begun()
    bench.appear(1, 2)
    visit(store, batch(make(1, title="new"), kind="changed"), at=bench.clock.now())
    await bench.turns(3)
    assert receiver.kinds == [
        *("apiscape.deployment.appeared", "apiscape.deployment.appeared"),
        "apiscape.deployment.changed",
    ]
    assert names(receiver) == ["payments-1", "payments-2", "payments-1"]
    assert all(post.is_signed_by(SECRET) for post in receiver.posts)
    assert not receiver.posts[0].is_signed_by(OTHER)
    assert receiver.posts[0].ident == f"{make(1).uid}-2"
    assert {post.headers["content-type"] for post in receiver.posts} == {
        "application/cloudevents+json"
    }
    assert bench.told == {"sent": 3}


async def test_a_post_is_signed_by_every_secret_while_one_is_replaced(
    store: Store, receiver: Receiver, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(SECRET + "\n")
    secrets = (f"env:{OTHER_VARIABLE}", f"file:{tmp_path}/key")
    bench = await Bench(store, receiver, secrets=secrets).begun()
    bench.environment[OTHER_VARIABLE] = OTHER
    bench.appear(1)
    await bench.turns(1)
    (post,) = receiver.taken
    assert (post.is_signed_by(SECRET), post.is_signed_by(OTHER)) == (True, True)
    (tmp_path / "key").write_text(OTHER)
    bench.appear(2)
    await bench.turns(1)
    assert not receiver.taken[1].is_signed_by(SECRET)


async def test_what_is_not_taken_comes_again_later_every_time_and_in_order(
    store: Store, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    bench = await Bench(store, receiver).begun()
    receiver.answer(500, 503, 302)
    bench.appear(1, 2)
    waits: list[float] = []
    with caplog.at_level(logging.INFO, "apiscape.notify"):
        while len(receiver.taken) < 2:
            wait_s = await bench.sender.turn()
            waits += [wait_s] if wait_s else []
            bench.clock.advance(seconds=wait_s)
    assert waits == [1.0, 2.0, 4.0]
    assert [post.ident for post in receiver.posts] == [
        *[f"{make(1).uid}-1"] * 4,
        f"{make(2).uid}-2",
    ]
    assert bench.told == {"failed": 3, "sent": 2}
    assert [record.getMessage() for record in caplog.records] == [
        "desk was not told, and will be: the answer was 500",
        "desk takes notifications again",
    ]


async def test_a_target_that_asks_for_time_gets_it(store: Store, receiver: Receiver) -> None:
    bench = await Bench(store, receiver).begun()
    receiver.answer(429, **{"Retry-After": "120"})
    bench.appear(1)
    assert await bench.sender.turn() == 120.0
    bench.clock.advance(seconds=119)
    assert await bench.sender.turn() == pytest.approx(1.0)
    assert len(receiver.posts) == 1
    bench.clock.advance(seconds=1)
    await bench.turns()
    assert len(receiver.taken) == 1


async def test_410_ends_it_with_a_word_and_what_waits_is_kept(
    store: Store, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    bench = await Bench(store, receiver).begun()
    receiver.answer(410)
    bench.appear(1)
    await bench.turns(90)
    assert (len(receiver.posts), bench.sender.is_disabled) == (1, True)
    assert "desk answered 410" in caplog.text
    assert bench.sender.backlog().changes == 1
    bench.sender = bench.make()
    await bench.turns()
    assert names(receiver) == ["payments-1"]


async def test_what_a_target_refuses_for_good_is_left_out_and_said(
    store: Store, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    bench = await Bench(store, receiver).begun()
    receiver.answer(*[422] * MOST_TRIES)
    bench.appear(1, 2)
    await bench.turns(60)
    assert names(receiver) == ["payments-2"]
    assert bench.told == {"failed": MOST_TRIES, "dropped": 1, "sent": 1}
    assert f"desk refused {make(1).uid}-1 5 times" in caplog.text


async def test_a_secret_that_is_not_there_is_said_and_nothing_is_posted_unsigned(
    store: Store, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    bench = await Bench(store, receiver).begun()
    held, bench.environment = bench.environment, {}
    bench.sender = bench.make()
    bench.appear(1)
    await bench.turns()
    assert receiver.posts == []
    assert "environment variable TEST_HOOK_KEY is not set" in caplog.text
    bench.environment.update(held)
    await bench.turns(2)
    assert names(receiver) == ["payments-1"]


# ── Storms ───────────────────────────────────────────────────────────────────


async def test_a_first_inventory_of_ten_thousand_is_one_digest(
    store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as fit into a test stand for them: what is held in memory is as little as there."""
    monkeypatch.setattr(gathering, "PAGE", 50)
    monkeypatch.setattr(gathering, "MOST_PAGES", 2)
    bench = await Bench(store, receiver).begun()
    for start in range(0, 600, 200):
        bench.appear(*range(start, start + 200))
        await bench.turns(1)
    assert receiver.posts == []
    assert bench.sender._waiting is not None
    assert len(bench.sender._waiting.held) == gathering.MOST_HELD
    await bench.turns(QUIET_S + 1)
    (post,) = receiver.taken
    assert post.headers["content-type"] == "application/cloudevents-batch+json"
    assert sums(post) == {
        "changes": 600,
        "kinds": {"appeared": 600},
        "listed": 20,
        "undecided": 0,
        "after": 0,
        "until": 600,
        "lost": False,
    }
    assert [event["id"] for event in post.events[1:]] == [
        f"{make(number).uid}-{number + 1}" for number in range(20)
    ]
    await bench.turns(120)
    assert len(receiver.posts) == 1


@pytest.mark.no_cover
async def test_there_are_never_more_posts_in_a_minute_than_are_allowed(
    store: Store, receiver: Receiver
) -> None:
    bench = await Bench(store, receiver, most_per_minute=5).begun()
    sent_at: list[float] = []

    def reply(_receiver: Receiver, _post: Post) -> tuple[int, dict[str, str]]:
        sent_at.append(bench.clock.elapsed_s)
        return 204, {}

    receiver.reply = reply
    for number in range(120):
        bench.appear(number)
        await bench.turns(3)
    await bench.turns(LONGEST_GATHERING_S)
    busiest = max(sum(0 <= other - at < 60 for other in sent_at) for at in sent_at)
    assert busiest <= 5
    digests = [sums(post) for post in receiver.taken if "-batch+" in post.headers["content-type"]]
    singles = len(receiver.taken) - len(digests)
    assert singles + sum(int(str(each["changes"])) for each in digests) == 120


@pytest.mark.no_cover
async def test_a_storm_without_an_end_is_told_now_and_then(
    store: Store, receiver: Receiver
) -> None:
    bench = await Bench(store, receiver, most_per_minute=1).begun()
    for number in range(0, 400, 2):
        bench.appear(number, number + 1)
        await bench.turns(2)
    assert 1 <= len(receiver.taken) <= 400 / LONGEST_GATHERING_S + 1
    assert sums(receiver.taken[0])["changes"] in range(280, 320)


async def test_changes_are_gathered_where_that_is_asked_for(
    store: Store, receiver: Receiver
) -> None:
    bench = await Bench(store, receiver, digest_s=600).begun()
    bench.appear(1)
    await bench.turns(300, step_s=10)
    bench.appear(2)
    await bench.turns(295, step_s=5)
    assert receiver.posts == []
    await bench.turns(10)
    assert sums(receiver.taken[0])["changes"] == 2
    bench.appear(3)
    await bench.turns(605, step_s=5)
    assert [event["data"]["name"] for event in receiver.taken[1].events] == ["payments-3"]


# ── Outages and kills ────────────────────────────────────────────────────────


async def test_after_an_outage_a_digest_says_how_many(store: Store, tmp_path: Path) -> None:
    receiver = Receiver()
    with receiving(receiver):
        bench = await Bench(store, receiver).begun()
    for number in range(50):
        bench.appear(number)
        await bench.turns(30, step_s=10)
    assert bench.told["failed"] > 3
    assert bench.told["sent"] == 0
    assert bench.sender.backlog().changes == 50
    assert bench.sender.backlog().oldest_at == T0
    with receiving(receiver):
        await bench.turns(600, step_s=10)
    told = sum(int(str(sums(post).get("changes", 1))) for post in receiver.taken)
    assert (told, len(receiver.taken)) == (50, len({post.ident for post in receiver.taken}))
    assert len(receiver.taken) <= 3


async def test_killed_between_post_and_cursor_it_repeats_the_post_under_the_same_id(
    store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = await Bench(store, receiver).begun()
    bench.appear(1, 2)

    def kill(_name: str, _seq: int) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(store.deliveries, "deliver", kill)
        with pytest.raises(Killed):
            await bench.turns()
    bench.sender = bench.make()
    await bench.turns(2)
    first, second = f"{make(1).uid}-1", f"{make(2).uid}-2"
    assert [post.ident for post in receiver.posts] == [first, first, second]
    assert receiver.posts[0].body == receiver.posts[1].body
    bench.sender = bench.make()
    await bench.turns(90)
    assert len(receiver.posts) == 3


async def test_a_digest_that_was_sent_before_a_kill_is_the_same_one_after_it(
    store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = await Bench(store, receiver).begun()
    bench.appear(*range(30))

    def kill(_name: str, _seq: int) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(store.deliveries, "deliver", kill)
        with pytest.raises(Killed):
            await bench.turns(QUIET_S + 1)
    bench.appear(*range(30, 60))
    bench.sender = bench.make()
    await bench.turns(2 * QUIET_S + 2)
    assert [post.ident for post in receiver.posts] == ["desk-0-30", "desk-0-30", "desk-30-60"]
    assert sums(receiver.posts[0]) == sums(receiver.posts[1])


async def test_a_promised_digest_of_which_nothing_is_left_is_forgotten(
    store: Store, receiver: Receiver
) -> None:
    bench = await Bench(store, receiver).begun()
    bench.appear(*range(30))
    store.deliveries.promise("desk", 30)
    other = Bench(store, receiver, kinds=("retired",))
    await other.turns(SETTLE_S + 1)
    assert receiver.posts == []
    bench.appear(31)
    gone = PresenceChange(uid=make(31).uid, presence="retired")
    visit(store, at=T0 + DAY, verdict=Verdict(presence=(gone,)))
    await other.turns(2)
    assert receiver.kinds == ["apiscape.deployment.retired"]


async def test_a_store_that_fails_after_a_post_is_said_and_the_post_comes_again(
    store: Store,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(_name: str, _seq: int) -> None:
        raise StoreFull("no space is left")

    bench = await Bench(store, receiver).begun()
    bench.appear(1)
    with monkeypatch.context() as broken:
        broken.setattr(store.deliveries, "deliver", full)
        await bench.turns()
    assert "no space is left" in caplog.text
    with caplog.at_level(logging.INFO, "apiscape.notify"):
        await bench.turns(2)
    assert len({post.ident for post in receiver.posts}) == 1
    assert "desk takes notifications again" in caplog.text


async def test_what_is_no_longer_kept_is_said_to_be_lost(store: Store, receiver: Receiver) -> None:
    visit(store, batch(make(1)))
    bench = await Bench(store, receiver).begun()
    for number in range(2, 5):
        bench.appear(number)
    store.upkeep.retain(T0 + 500 * DAY)
    await bench.turns(QUIET_S + 1)
    (post,) = receiver.taken
    assert (sums(post)["changes"], sums(post)["lost"]) == (0, True)
    bench.appear(9)
    await bench.turns(2)
    assert receiver.taken[1].events[0]["data"]["name"] == "payments-9"


# ── What is told ─────────────────────────────────────────────────────────────


async def test_a_new_target_is_told_nothing_of_before(store: Store, receiver: Receiver) -> None:
    visit(store, batch(*map(make, range(30))))
    bench = await Bench(store, receiver).begun()
    await bench.turns(QUIET_S + 1)
    assert receiver.posts == []


async def test_only_changes_of_the_view_and_the_kinds(store: Store, receiver: Receiver) -> None:
    bench = await Bench(store, receiver, view="health:failing", kinds=("health",)).begun()
    bench.appear(1, 2)
    for day, health in enumerate(("healthy", "failing", "healthy"), start=1):
        said = Conclusion(health=health, basis="serving", health_reason="5xx 7 %")
        given = {make(1).uid: said, make(2).uid: Conclusion(health="idle", basis="serving")}
        store.conclusions.save(given, (), seq=2, at=T0 + day * DAY)
    await bench.turns(2)
    (post,) = receiver.taken
    assert [each["new"] for each in post.events[0]["data"]["fields"]] == ["failing", "serving"]
    assert post.events[0]["type"] == "apiscape.deployment.health"


async def test_what_nobody_can_decide_is_not_told_and_counted(
    store: Store, receiver: Receiver
) -> None:
    bench = await Bench(store, receiver, view="p95>1").begun()
    bench.appear(1, 2)
    await bench.turns(3)
    assert receiver.posts == []
    assert bench.told == {"undecided": 2}


async def test_how_far_the_log_was_read_in_vain_is_kept_now_and_then(
    store: Store, receiver: Receiver
) -> None:
    bench = await Bench(store, receiver, kinds=("retired",)).begun()
    bench.appear(1, 2)
    await bench.turns(1)
    assert store.deliveries.begin("desk").told == 0
    await bench.turns(SETTLE_S)
    assert store.deliveries.begin("desk").told == 2
