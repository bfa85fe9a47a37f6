"""PostgreSQL is restarted, or a connection is cut: what is said, what stays, and that the store goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from apiscape.errors import Fenced, StoreError
from apiscape.model.known import Verdict
from apiscape.store import Store, open_store
from apiscape.store.database import bulk
from apiscape.store.reading.reader import Reader
from apiscape.store.schema import change, deployment
from tests.store import postgres
from tests.store.looking import count
from tests.store.making import MINUTE, SCOPE, T0, batch, make, report, visit
from tests.store.postgres import Server

pytestmark = pytest.mark.postgres

ITEMS = [make(number) for number in range(30)]


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """Give a server that a test may stop."""
    binaries = postgres.find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL: neither the system's nor pgserver")
    with postgres.running(binaries, postgres.LASTING) as running:
        yield running


@pytest.fixture
def own_address(own_server: Server) -> str:
    """Give the address of an empty database of that server."""
    return own_server.url(own_server.create())


def names(store: Store) -> list[str]:
    return [row.name for row in Reader(store.database, lambda: T0).page("sort:name").items]


def test_a_restart_between_two_visits_is_not_noticed(own_server: Server, own_address: str) -> None:
    with open_store(own_address, write=True) as store:
        visit(store, batch(make(1)))
        assert names(store) == ["payments-1"]
        own_server.stop()
        own_server.start()
        assert names(store) == ["payments-1"]
        visit(store, batch(make(1), make(2)), at=T0 + MINUTE)
        assert names(store) == ["payments-1", "payments-2"]
        assert store.changes.last_seq() == 2


def test_a_server_that_stops_in_mid_transaction_is_said_and_takes_up_where_it_was(
    own_server: Server, own_address: str
) -> None:
    with open_store(own_address, write=True) as store:
        run = store.runs.begin(SCOPE, at=T0)
        store.runs.apply(run, batch(make(1)), at=T0)
        with cut_off(), store.database.write() as connection:
            connection.execute(sa.update(deployment).values(name="half"))
            own_server.stop()
            connection.execute(sa.update(deployment).values(name="half"))
        for ask in (
            lambda: store.runs.apply(run, batch(make(2)), at=T0),
            lambda: names(store),
            lambda: open_store(own_address, write=True),
            lambda: open_store(own_address, write=False),
        ):
            with cut_off():
                ask()
        own_server.start()
        assert names(store) == ["payments-1"]
        store.runs.apply(run, batch(*ITEMS), at=T0)
        store.runs.end(run, report(run, T0), Verdict())
        assert [each.outcome for each in store.runs.newest()] == ["complete"]
        assert count(store, "deployment") == len(ITEMS)
        assert [each.seq for each in store.changes.after(0)] == list(range(1, len(ITEMS) + 1))


@pytest.mark.parametrize("rows", [3, 30], ids=["insert", "copy"])
def test_a_connection_cut_within_a_batch_leaves_nothing_of_it(
    server: Server, postgresql_address: str, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = str(make_url(postgresql_address).database)
    given = batch(*ITEMS[:rows])
    with open_store(postgresql_address, write=True) as store:
        visit(store, batch(make(40)))
        run = store.runs.begin(SCOPE, at=T0)
        with monkeypatch.context() as midway:
            cut_before(midway, change.name, lambda: server.disconnect(name))
            with cut_off():
                store.runs.apply(run, given, at=T0)
        assert names(store) == ["payments-40"]
        store.runs.apply(run, given, at=T0)
        store.runs.end(run, report(run, T0), Verdict())
        assert count(store, "deployment") == rows + 1
        assert store.changes.last_seq() == rows + 1


def test_a_connection_cut_while_it_is_read_is_said_and_the_next_read_answers(
    server: Server, postgresql_address: str
) -> None:
    name = str(make_url(postgresql_address).database)
    with open_store(postgresql_address, write=True) as store:
        visit(store, batch(make(1)))
        with cut_off(), store.database.read() as connection:
            connection.execute(sa.select(deployment.c.pk)).all()
            server.disconnect(name)
            connection.execute(sa.select(deployment.c.pk)).all()
        assert names(store) == ["payments-1"]


def test_a_writer_that_connects_again_is_alive_to_others(
    server: Server, postgresql_address: str
) -> None:
    name = str(make_url(postgresql_address).database)
    with open_store(postgresql_address, write=True) as first:
        run = first.runs.begin(SCOPE, at=T0)
        server.disconnect(name)
        first.runs.apply(run, batch(make(1)), at=T0)
        with open_store(postgresql_address, write=True) as second:
            assert second.runs.newest()[0].ended_at is None
        first.runs.end(run, report(run, T0), Verdict())
        assert first.runs.newest()[0].outcome == "complete"


def test_a_writer_that_is_cut_off_while_another_comes_is_fenced(
    server: Server, postgresql_address: str
) -> None:
    name = str(make_url(postgresql_address).database)
    with open_store(postgresql_address, write=True) as first:
        run = first.runs.begin(SCOPE, at=T0)
        server.disconnect(name)
        open_store(postgresql_address, write=True, clock=lambda: T0 + MINUTE).close()
        with pytest.raises(Fenced):
            first.runs.apply(run, batch(make(1)), at=T0)
        visit(first, batch(make(1)))
        assert names(first) == ["payments-1"]


def cut_off() -> pytest.RaisesExc[StoreError]:
    """Expect the error that says that the server is gone, and what to do."""
    return pytest.RaisesExc(StoreError, match="database server does not answer", check=_has_hint)


def _has_hint(error: StoreError) -> bool:
    return "what was committed is kept" in (error.hint or "")


def cut_before(patch: pytest.MonkeyPatch, table: str, cut: Callable[[], None]) -> None:
    """Let something happen right before rows go into a table."""
    for name in ("_insert", "_copy_statement"):
        statement_of = getattr(bulk, name)

        def cutting(*asked: object, _statement_of: Callable[..., str] = statement_of) -> str:
            if table in asked:
                cut()
            return _statement_of(*asked)

        patch.setattr(bulk, name, cutting)
