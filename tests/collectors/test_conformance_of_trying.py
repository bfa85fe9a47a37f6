"""The suite catches a collector that tries its permissions dishonestly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apiscape.collectors.contract import Permission, Visit
from apiscape.collectors.trying import Grant, Tried, attempt
from apiscape.model.run import Scope
from tests.collectors.broken import suite, world_of


def trying(says: Callable[[Any], Iterator[Tried]]) -> dict[str, Any]:
    """Return a collector's facts: two permissions, and what it says of them, given a session."""

    def try_permissions(self: object, scope: Scope, visit: Visit) -> Iterator[Tried]:
        yield from says(visit.session)

    return {"permissions": (LIST, READ), "try_permissions": try_permissions}


LIST = Permission("toygate:Read", "every API", operations=("list",))

READ = Permission("toygate:Read", "its stages", operations=("read",))

Get = Callable[[str], Any]


def tries(permission: Permission, get: Get, path: str) -> Tried:
    return attempt(permission, permission.operations[0], lambda: get(path))


def tries_both(get: Get) -> Iterator[Tried]:
    yield tries(LIST, get, "/apis?after=")
    yield tries(READ, get, "/apis/a")


def guesses(get: Get) -> Iterator[Tried]:
    yield tries(LIST, get, "/apis?after=")
    yield Tried(READ, Grant.GRANTED)


def forgets_one(get: Get) -> Iterator[Tried]:
    yield tries(LIST, get, "/apis?after=")


def asks_twice(get: Get) -> Iterator[Tried]:
    get("/apis?after=")
    yield from tries_both(get)


def takes_a_refusal_for_an_answer(get: Get) -> Iterator[Tried]:
    for tried in tries_both(get):
        yield msgspec.structs.replace(tried, grant=Grant.GRANTED)


def tries_by_another_call(get: Get) -> Iterator[Tried]:
    yield tries(LIST, get, "/apis?after=")
    yield attempt(READ, "list", lambda: get("/apis?after="))


def hides_its_call(get: Get) -> Iterator[Tried]:
    yield tries(LIST, get, "/apis?after=")
    get("/apis/a")
    yield Tried(READ, Grant.UNKNOWN, "no API to try it on")


def test_honest_trying_passes(installed: Path) -> None:
    world = world_of(installed, **trying(tries_both))
    suite(world).test_trying_its_permissions_is_cheap_and_honest()
    assert world.operations() == ("list", "read")


def test_a_collector_that_cannot_try_passes(installed: Path) -> None:
    world = world_of(installed)
    suite(world).test_trying_its_permissions_is_cheap_and_honest()
    assert world.operations() == ()


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (guesses, "granted without a call"),
        (forgets_one, "not every permission"),
        (asks_twice, "says it called"),
        (takes_a_refusal_for_an_answer, "was denied, not granted"),
        (tries_by_another_call, "does not declare"),
        (hides_its_call, "says it called"),
    ],
)
def test_dishonest_trying_is_caught(
    installed: Path, says: Callable[[Any], Iterator[Tried]], words: str
) -> None:
    with pytest.raises(AssertionError, match=words):
        suite(world_of(installed, **trying(says))).test_trying_its_permissions_is_cheap_and_honest()
