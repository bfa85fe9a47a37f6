"""The suite catches what it is for: a collector broken in one way fails the test of that way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apiscape.collectors.contract import (
    Absent,
    AccessDenied,
    Budget,
    Cancelled,
    CollectorError,
    Failed,
    Listed,
    Observation,
    Permission,
    Quota,
    Recorded,
    Unreachable,
    Unseen,
)
from apiscape.collectors.testing import MAPPED, Fault
from apiscape.collectors.testing.judging import to_stop
from apiscape.collectors.testing.trials import Trial, TrialVisit
from apiscape.model.deployment import Deployment
from tests.collectors.broken import Change, Unmetered, suite, world_of
from tests.collectors.gate import CANARY


def reuid(said: Recorded, uid: Callable[[Deployment], str]) -> Recorded:
    return Recorded(
        said.native_id,
        tuple(
            msgspec.structs.replace(item, uid=uid(item)) if isinstance(item, Deployment) else item
            for item in said.entities
        ),
    )


def leaves_one_over(said: Iterator[Observation]) -> Iterator[Observation]:
    yield from (each for each in said if not (isinstance(each, Recorded) and each.native_id == "b"))


def says_one_twice(said: Iterator[Observation]) -> Iterator[Observation]:
    for each in said:
        yield each
        if isinstance(each, Recorded) and each.native_id == "b":
            yield each


def never_ends(said: Iterator[Observation]) -> Iterator[Observation]:
    for each in said:
        is_page = isinstance(each, Listed)
        yield msgspec.structs.replace(each, last=False) if is_page else each


def shares_a_uid(said: Iterator[Observation]) -> Iterator[Observation]:
    for each in said:
        yield reuid(each, lambda _: "one") if isinstance(each, Recorded) else each


def rolls_its_uids() -> Change:
    visits = iter(range(100))

    def change(said: Iterator[Observation]) -> Iterator[Observation]:
        visit = next(visits)
        for each in said:
            if isinstance(each, Recorded):
                yield reuid(each, lambda item: f"{item.uid}{visit}")
            else:
                yield each

    return change


def takes_uids_of_its_own(said: Iterator[Observation]) -> Iterator[Observation]:
    for each in said:
        yield reuid(each, lambda item: f"own-{item.uid}") if isinstance(each, Recorded) else each


def passes_a_cut_page_as_the_last(said: Iterator[Observation]) -> Iterator[Observation]:
    held: Listed | None = None
    try:
        for each in said:
            if isinstance(each, Listed):
                held = each
            yield each
    except CollectorError as error:
        if held is None:
            raise
        yield Listed(held.part, (), last=True)
        yield Unseen(held.native_ids[0], "rest", error.record())


def swallows(said: Iterator[Observation]) -> Iterator[Observation]:
    try:
        for each in said:
            if not isinstance(each, Failed):
                yield each
    except CollectorError:
        return


def says_another_kind(said: Iterator[Observation]) -> Iterator[Observation]:
    try:
        for each in said:
            if isinstance(each, Failed):
                yield Failed(each.native_id, msgspec.structs.replace(each.error, kind="defect"))
            else:
                yield each
    except CollectorError as error:
        raise CollectorError(error.message) from None


def goes_on_when_told_to_stop(said: Iterator[Observation]) -> Iterator[Observation]:
    try:
        yield from said
    except Cancelled:
        raise Unreachable("as if the network had failed") from None


def calls_the_refused_gone(said: Iterator[Observation]) -> Iterator[Observation]:
    for each in said:
        yield each
        if isinstance(each, Failed):
            yield Absent("apis", each.native_id)


def records_the_refused_without_its_stages(said: Iterator[Observation]) -> Iterator[Observation]:
    for each in said:
        if isinstance(each, Failed):
            yield Unseen(each.native_id, "stages", each.error)
            yield Recorded(each.native_id)
        else:
            yield each


def tells_a_secret(said: Iterator[Observation]) -> Iterator[Observation]:
    yield from said
    yield Recorded("x", documents={"sum": CANARY.encode()})


def needs_every_field(said: Iterator[Observation]) -> Iterator[Observation]:
    for each in said:
        if isinstance(each, Recorded):
            for item in each.entities:
                if isinstance(item, Deployment) and item.name == each.native_id:
                    raise AccessDenied("no name")
        yield each


SABOTAGED: list[tuple[str, Change, str]] = [
    ("its_ledger_closes", leaves_one_over, "do not end exactly once"),
    ("its_ledger_closes", says_one_twice, "do not end exactly once"),
    ("its_ledger_closes", never_ends, "never listed to the end"),
    ("its_uids_are_unique_and_stable", shares_a_uid, "given twice"),
    ("its_uids_are_unique_and_stable", rolls_its_uids(), "other uids"),
    ("its_uids_are_unique_and_stable", takes_uids_of_its_own, "does not follow from its native id"),
    ("it_says_what_was_cut", passes_a_cut_page_as_the_last, "ends complete without"),
    ("it_says_what_was_denied", swallows, "nothing is said"),
    ("it_says_what_was_throttled", says_another_kind, "said to be"),
    ("it_says_what_was_denied", calls_the_refused_gone, "said to be gone"),
    ("it_says_what_was_denied", records_the_refused_without_its_stages, "without all"),
    ("it_stops_when_told", goes_on_when_told_to_stop, "it went on"),
    ("it_keeps_no_secret", tells_a_secret, CANARY),
    ("it_survives_missing_fields", needs_every_field, "raised"),
]


@pytest.mark.parametrize(
    ("test", "change", "words"),
    SABOTAGED,
    ids=[f"{test}: {how.__name__}" for test, how, _ in SABOTAGED],
)
def test_a_breach_is_caught(installed: Path, test: str, change: Change, words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        getattr(suite(world_of(installed, change)), f"test_{test}")()


def test_every_call_is_broken_and_the_ends_of_each_operation_by_every_kind(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, broken = world_of(installed), dict[str, set[int]]()
    opened = world.open

    def noting(fault: Fault | None, budget: Budget) -> AbstractContextManager[Any]:
        if fault is not None:
            broken.setdefault(fault.kind, set()).add(fault.call)
        return opened(fault, budget)

    monkeypatch.setattr(world, "open", noting)
    with world.open(None, Unmetered()) as session:
        list(world.collector.discover(world.scope, TrialVisit(session, {})))
        operations = tuple(world.operations())
    for kind in MAPPED:
        getattr(suite(world), f"test_it_says_what_was_{kind}")()
    assert operations.count("read") > 2, "some are between"
    assert set.union(*broken.values()) == set(range(len(operations)))
    ends = {operations.index(name) for name in operations}
    ends |= {len(operations) - 1 - operations[::-1].index(name) for name in operations}
    assert all(ends <= calls for calls in broken.values())
    assert any(len(calls) < len(operations) for calls in broken.values()), "kinds take turns"


def test_what_nothing_broke_is_visited_once_for_all_tests_of_a_world(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, unbroken = world_of(installed), list[Budget]()
    opened = world.open

    def noting(fault: Fault | None, budget: Budget) -> AbstractContextManager[Any]:
        unbroken.extend([budget] if fault is None else [])
        return opened(fault, budget)

    monkeypatch.setattr(world, "open", noting)
    for kind in MAPPED:
        getattr(suite(world), f"test_it_says_what_was_{kind}")()
    assert len(unbroken) == 1
    suite(world).test_its_uids_are_unique_and_stable()
    assert len(unbroken) == 2, "whoever compares two visits makes a second"


def clean(operations: str, taken: int) -> Trial:
    return Trial(said=(), error=None, operations=tuple(operations), taken=taken)


@pytest.mark.parametrize(
    ("trial", "most", "calls"),
    [
        pytest.param(clean("aaaaaaaab", 9), 40, [0, 3, 6, 7, 8], id="ends and every third"),
        pytest.param(clean("aaaaaaaab", 9), 5, [0, 3, 4], id="of the first"),
        pytest.param(clean("aab", 7), 40, [0, 1, 2, 3, 4, 5, 6], id="all, if some take twice"),
        pytest.param(clean("aab", 7), 2, [0, 1], id="all of the first"),
        pytest.param(clean("", 0), 40, [], id="none"),
    ],
)
def test_a_visit_is_told_to_stop_at_each_kind_of_call(
    trial: Trial, most: int, calls: list[int]
) -> None:
    assert to_stop(trial, most) == calls


def permission(**more: Any) -> tuple[Permission, ...]:
    given: dict[str, Any] = {
        "action": "toygate:Read",
        "reveals": "every API",
        "operations": ("list", "read"),
    }
    return (Permission(**(given | more)),)


@pytest.mark.parametrize(
    ("test", "facts", "words"),
    [
        ("it_says_what_it_is", {"product": "apis"}, "provider first"),
        ("it_says_what_it_is", {"title": ""}, "no title"),
        ("it_says_what_it_is", {"parts": ()}, "no parts"),
        ("it_says_what_it_is", {"normaliser_version": 0}, "begins at 1"),
        ("it_says_what_it_is", {"permissions": permission(reveals="")}, "what it reveals"),
        ("it_says_what_it_is", {"quotas": (Quota("toygate", 0, 1),)}, "no rate"),
        ("its_ledger_closes", {"parts": ("apis", "domains")}, "domains"),
        ("it_calls_only_what_it_declares", {"permissions": ()}, "list.*read"),
        (
            "its_readme_names_every_permission",
            {"permissions": permission(action="toygate:Write")},
            "toygate:Write",
        ),
    ],
)
def test_a_wrong_word_is_caught(
    installed: Path, test: str, facts: dict[str, Any], words: str
) -> None:
    with pytest.raises(AssertionError, match=words):
        getattr(suite(world_of(installed, **facts)), f"test_{test}")()


def test_a_call_past_the_budget_is_caught(installed: Path) -> None:
    world = world_of(installed)
    provider = world.provider

    class Generous:
        def __getattr__(self, name: str) -> Any:
            return getattr(provider, name)

        def session(self, settings: Any, reach: Any, budget: Budget) -> Any:
            return provider.session(settings, reach, Unmetered())

    world.provider = Generous()  # type: ignore[assignment]  # as much of one as is used
    with pytest.raises(AssertionError, match="past the budget"):
        suite(world).test_it_calls_only_what_it_declares()
