"""Records of catalogues through a bound view: those that lead to what is seen, and nothing of what else they name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from apiscape.client.catalogues import Declaration
from apiscape.serve.local import LocalInventory
from apiscape.serve.narrowed import Narrowed, read_bound
from apiscape.store import open_store
from tests.store.declared import REGISTRY, a_record, around, listed, names
from tests.store.making import DAY, MINUTE, PART, SCOPE, T0, batch, make, visit

OURS = make(1, region="eu-west-1")
THEIRS = make(11, name="secret-11", environment="staging")
AWAY = "aws:9:eu-west-1:apigateway:restapis/secret-away/prod"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalInventory]:
    path: Path = tmp_path_factory.mktemp("store") / "store.db"
    with open_store(str(path), write=True) as store:
        visit(store, batch(OURS, THEIRS))
        given = around(
            a_record("ours"),
            names("ours", OURS.native_id),
            a_record("shared", untold="pages of secret: not seen"),
            names("shared", OURS.native_id),
            names("shared", THEIRS.native_id),
            names("shared", AWAY),
            a_record("secret-theirs"),
            names("secret-theirs", THEIRS.native_id),
            a_record("secret-nobodys"),
            names("secret-nobodys", AWAY),
        )
        visit(store, given, scope=REGISTRY, parts=[listed()], at=T0 + MINUTE)
        yield LocalInventory(store, lambda: T0 + DAY)


@pytest.fixture
def ours(whole: LocalInventory) -> Narrowed:
    return Narrowed(whole, read_bound("environment:production"), lambda: T0 + DAY)


def told(inventory: Narrowed, view: str = "") -> dict[str, Declaration]:
    return {each.name: each for each in inventory.catalogues(view).items}


def test_only_records_that_lead_to_what_is_seen_are_told(
    ours: Narrowed, whole: LocalInventory
) -> None:
    held = told(ours)
    assert sorted(held) == ["ours", "shared"]
    assert (held["ours"].dangling, held["ours"].leads_to) == ("no", ("payments-1/prod",))
    assert (held["shared"].dangling, held["shared"].leads_to) == ("unknown", ("payments-1/prod",))
    assert held["shared"].reason == "what else it may lead to is not shown to this token"
    assert b"secret" not in msgspec.json.encode(ours.catalogues())
    assert b"secret" in msgspec.json.encode(whole.catalogues())


@pytest.mark.parametrize(
    "view",
    ["secret", "backend:secret-11", f"backend:{THEIRS.uid}", "reason:secret", "dangling:yes"],
)
def test_no_view_finds_a_record_by_what_is_not_seen(
    ours: Narrowed, whole: LocalInventory, view: str
) -> None:
    assert whole.catalogues(view).items
    assert ours.catalogues(view).items == ()


def test_a_scope_of_others_is_not_named(whole: LocalInventory) -> None:
    held = told(Narrowed(whole, read_bound("environment:production")))
    assert (held["ours"].scope, held["ours"].source) == (None, None)


def test_pages_go_on(ours: Narrowed) -> None:
    first = ours.catalogues(limit=1)
    rest = ours.catalogues(limit=1, after=first.next)
    assert [each.name for each in (*first.items, *rest.items)] == ["shared", "ours"]
    assert (first.matched, rest.next) == (2, None)


def test_a_scope_that_is_seen_is_named(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "store.db"), write=True) as store:
        given = (a_record("ours"), names("ours", OURS.native_id))
        around_it = tuple((PART, f"l{number}", each) for number, each in enumerate(given))
        visit(store, msgspec.structs.replace(batch(OURS), surroundings=around_it))
        inventory = LocalInventory(store, lambda: T0 + DAY)
        (record,) = Narrowed(inventory, read_bound("environment:production")).catalogues().items
        assert (record.scope, record.source) == (SCOPE.key, SCOPE.source)
