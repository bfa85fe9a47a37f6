"""One Inventory, three ways: in this process, over a socket, over a port. Equal answers, equal errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import hypothesis
import pytest
from hypothesis import HealthCheck

from apiscape.client.address import Address
from apiscape.client.http import HttpInventory
from apiscape.client.inventory import Inventory
from apiscape.errors import ApiscapeError, QueryError
from apiscape.model.known import PresenceChange, Verdict
from apiscape.query import format_view
from apiscape.serve.local import LocalInventory
from apiscape.store import Store, open_store
from tests.store.declared import fill_catalogues
from tests.store.filled import fill
from tests.store.making import DAY, MINUTE, T0, batch, make, visit
from tests.store.named import fill_names
from tests.strategies import views
from tests.unit.cli.filled import rich
from tests.unit.serve.http.harness import OPERATOR, serving

Ask = Callable[[Inventory], object]

HOSTILE = "odd/name?x=1&y#z %2F é\x1b[31m"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("store") / "store.db"
    with open_store(str(path), write=True) as opened:
        fill(opened)
        twins = (make(20, name="twin"), make(21, name="twin"), make(22, name=HOSTILE))
        visit(opened, batch(rich(), *twins), at=T0 + DAY)
        fill_names(opened, T0 + DAY)
        fill_catalogues(opened, T0 + DAY)
        yield opened


@pytest.fixture(scope="module")
def local(store: Store) -> LocalInventory:
    return LocalInventory(store, lambda: T0 + 2 * DAY)


@pytest.fixture(scope="module", params=["unix", "tcp"])
def remote(
    request: pytest.FixtureRequest, local: LocalInventory, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HttpInventory]:
    folder: Path = tmp_path_factory.mktemp(
        "a-folder-whose-name-is-longer-than-any-socket-may-be" * 2
    )
    with serving(local, folder) as doors:
        unix, tcp = Address(doors.unix or ""), Address(doors.url or "", OPERATOR)
        with closing(HttpInventory(unix if request.param == "unix" else tcp)) as opened:
            yield opened


QUESTIONS: dict[str, Ask] = {
    "page": lambda each: each.page("", limit=3),
    "page of a view": lambda each: each.page("payments sort:name:desc", limit=100),
    "next page": lambda each: each.page("", limit=3, after=each.page("", limit=3).next),
    "undecided": lambda each: each.page("p95>1 undecided:yes"),
    "as of": lambda each: each.page("at:2026-09-01T09:00Z"),
    "select": lambda each: each.select("twin"),
    "facets": lambda each: each.facets("", ("provider", "owner", "title", "operations")),
    "no facets": lambda each: each.facets("", ()),
    "snapshot": lambda each: each.snapshot(),
    "detail": lambda each: each.detail(rich().uid),
    "detail by native id": lambda each: each.detail(make(1).native_id),
    "detail by an odd name": lambda each: each.detail(HOSTILE),
    "changes": lambda each: each.changes(limit=4),
    "changes of a view": lambda each: each.changes(after=3, view="payments-1"),
    "difference": lambda each: each.diff(T0, T0 + DAY),
    "difference of a view": lambda each: each.diff(T0, T0 + DAY, view="payments", limit=2),
    "next page of a difference": lambda each: each.diff(
        T0, T0 + DAY, limit=2, after=each.diff(T0, T0 + DAY, limit=2).next
    ),
    "difference until now": lambda each: each.diff(T0),
    "names": lambda each: each.names(),
    "names of a view": lambda each: each.names("dangling:yes,unknown sort:name", limit=1),
    "next page of names": lambda each: each.names(limit=2, after=each.names(limit=2).next),
    "catalogues": lambda each: each.catalogues(),
    "catalogues of a view": lambda each: each.catalogues("backend:none,unknown", limit=1),
    "next page of catalogues": lambda each: each.catalogues(
        limit=2, after=each.catalogues(limit=2).next
    ),
    "scopes": lambda each: each.scopes(),
    "runs": lambda each: each.runs(limit=2),
    "runs of a scope": lambda each: each.runs(scope=each.scopes()[0].scope.key),
    "estate": lambda each: each.estate(),
    "summary": lambda each: each.summary(),
}

ERRORS: dict[str, Ask] = {
    "view": lambda each: each.page("tax colour:red"),
    "view of select": lambda each: each.select("p95>x"),
    "view of changes": lambda each: each.changes(view="at:2026-01-01"),
    "days the wrong way round": lambda each: each.diff(T0 + DAY, T0),
    "view of a difference": lambda each: each.diff(T0, view="at:2026-01-01"),
    "difference to before what is kept": lambda each: each.diff(T0 - 99 * DAY),
    "place of a difference": lambda each: each.diff(T0, after="nonsense"),
    "view of names": lambda each: each.names("tax health:failing"),
    "place of a name": lambda each: each.names(after="none"),
    "view of catalogues": lambda each: each.catalogues("tax health:failing"),
    "place of a record": lambda each: each.catalogues(after="none"),
    "facet": lambda each: each.facets("", ("colour",)),
    "cursor": lambda each: each.page("", after="nonsense"),
    "another view's cursor": lambda each: each.page("tax", after=each.page("", limit=1).next),
    "nothing of that name": lambda each: each.detail("none"),
    "no name": lambda each: each.detail(""),
    "several of that name": lambda each: each.detail("twin"),
    "no scope to confirm": lambda each: each.confirm("none", by="ada"),
    "nothing to forget": lambda each: each.forget("none", by="ada"),
    "not retired": lambda each: each.forget(make(1).uid, by="ada"),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answers_are_equal(local: LocalInventory, remote: HttpInventory, question: str) -> None:
    answer = QUESTIONS[question](remote)
    assert answer == QUESTIONS[question](local)
    assert type(answer) is type(QUESTIONS[question](local))


@pytest.mark.parametrize("question", ERRORS)
def test_the_errors_are_equal(local: LocalInventory, remote: HttpInventory, question: str) -> None:
    with pytest.raises(ApiscapeError) as here:
        ERRORS[question](local)
    with pytest.raises(ApiscapeError) as there:
        ERRORS[question](remote)
    assert type(there.value) is type(here.value)
    assert (there.value.message, there.value.hint) == (here.value.message, here.value.hint)
    if isinstance(here.value, QueryError) and isinstance(there.value, QueryError):
        assert there.value.pointer() == here.value.pointer()


@hypothesis.settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@hypothesis.given(view=views().map(format_view))
def test_any_view_is_answered_alike(
    local: LocalInventory, remote: HttpInventory, view: str
) -> None:
    def said(inventory: Inventory) -> object:
        try:
            return inventory.page(view, limit=5).items, inventory.select(view)
        except ApiscapeError as error:
            return type(error), error.message

    assert said(remote) == said(local)


def test_actions_reach_the_store(
    store: Store, local: LocalInventory, remote: HttpInventory
) -> None:
    gone = make(20).uid
    key = local.detail(gone).scope.scope.key
    change = PresenceChange(uid=gone, presence="suspect", missing_since=T0)
    number = len(local.runs())
    visit(store, at=T0 + DAY + number * MINUTE, verdict=Verdict(presence=(change,)))
    assert remote.confirm(key, by="ada") == 1
    assert remote.detail(gone).row.presence == "retired"
    back = PresenceChange(uid=gone, presence="present")
    visit(store, at=T0 + DAY + (number + 1) * MINUTE, verdict=Verdict(presence=(back,)))
