from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlalchemy.engine.interfaces import ReflectedIndex

from apiscape.errors import StoreError, StoreTooNew
from apiscape.model.known import PresenceChange, Verdict
from apiscape.store import Conclusion, Store, open_store
from apiscape.store.database import migrate
from apiscape.store.database.engine import Database, parse_url
from apiscape.store.database.migrate import REVISIONS, SCRIPTS, Revision
from apiscape.store.keeping import retention
from apiscape.store.schema import metadata
from apiscape.store.search import is_search
from tests.store.filled import SCHEMAS, fill, load, statements_of
from tests.store.looking import counts, everything, records, search
from tests.store.making import DAY, SCOPE, T0, batch, make, visit
from tests.store.postgres import Server

NEXT, AFTER = (f"{int(REVISIONS[-1].name) + steps:04}" for steps in (1, 2))
"""Names of revisions to come."""

HEADER = 'import sqlalchemy as sa\nfrom alembic import op\nrevision = "{}"\ndown_revision = "{}"\n'
EXPAND = (
    HEADER.format(NEXT, REVISIONS[-1].name)
    + """
def upgrade():
    op.create_table("novelty", sa.Column("pk", sa.Integer, primary_key=True))
    op.add_column("deployment", sa.Column("novelty", sa.Text))
"""
)
CONTRACT = (
    HEADER.format(AFTER, NEXT)
    + """
def upgrade():
    with op.batch_alter_table("deep") as table:
        table.drop_column("labels")
    with op.batch_alter_table("deployment") as table:
        table.drop_column("last_seen_at")
"""
)
BROKEN = (
    HEADER.format(AFTER, NEXT)
    + """
def upgrade():
    op.create_table("torn", sa.Column("pk", sa.Integer, primary_key=True))
    op.drop_table("nowhere")
"""
)


FILLED_FROM = {"conclusion_version": "conclusion"}
"""Tables that came after the first schema, and of which older one an upgrade makes their rows."""

EMPTY_BEFORE = {"measurement": "0003", "terms": "0005"}
"""Tables that came after the first schema, and of which an upgrade knows nothing."""


@pytest.fixture
def bare_address(request: pytest.FixtureRequest, address: str) -> str:
    """Give the address of a database with nothing in it, on each database in turn."""
    if address.startswith("postgresql"):
        server: Server = request.getfixturevalue("server")
        return server.url(request.getfixturevalue("bare_database"))
    return f"{address}.bare"


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let there be revisions after ours, which a test writes to the folder it is given."""
    scripts = tmp_path / "migrations"
    shutil.copytree(SCRIPTS, scripts)
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)
    return scripts / "versions"


def release(monkeypatch: pytest.MonkeyPatch, *steps: Revision) -> None:
    monkeypatch.setattr(migrate, "REVISIONS", (*REVISIONS, *steps))


def test_the_revisions_make_the_schema_that_the_code_has(
    bare_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "DESCRIBED", "none")
    address = bare_address

    def is_ours(_item: object, name: str | None, kind: str, *_more: object) -> bool:
        return not (kind in {"table", "index"} and is_search(name))

    with open_store(address, write=True) as store, store.database.read() as connection:
        options = {"include_object": is_ours, "version_table": migrate.VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def index_words(index: ReflectedIndex) -> str:
    """Return an index in words, its condition included."""
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return f"{index['name']} {index['column_names']} {index['unique']} {options}"


def shape(connection: Connection) -> dict[str, tuple[object, ...]]:
    """Return what a schema is made of: columns, keys, references and indexes of every table."""
    seen = inspect(connection)
    return {
        name: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in seen.get_columns(name)],
            seen.get_pk_constraint(name),
            sorted(map(str, seen.get_foreign_keys(name))),
            sorted(map(str, seen.get_unique_constraints(name))),
            sorted(map(index_words, seen.get_indexes(name))),
        )
        for name in sorted(seen.get_table_names())
        if not is_search(name)
    }


def test_a_new_store_is_made_at_once_as_its_revisions_would_make_it(
    bare_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert REVISIONS[-1].name == migrate.DESCRIBED
    shapes: list[dict[str, tuple[object, ...]]] = []
    for described in (migrate.DESCRIBED, "none"):
        monkeypatch.setattr(migrate, "DESCRIBED", described)
        with open_store(bare_address, write=True) as store:
            with store.database.read() as connection:
                shapes.append(shape(connection))
            assert store.status().revision == REVISIONS[-1].name
        database = Database(parse_url(bare_address), write=True)
        with database.write() as connection:
            empty(connection)
        database.close()
    for name, made in shapes[0].items():
        assert made == shapes[1][name]
    assert "apiscape_revision" in shapes[0]


def empty(connection: Connection) -> None:
    """Take every table of a store away."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP TABLE deep_search")
    for table in reversed(metadata.sorted_tables):
        connection.exec_driver_sql(f'DROP TABLE "{table.name}"')
    connection.exec_driver_sql("DROP TABLE apiscape_revision")


def test_the_revisions_known_are_those_that_there_are() -> None:
    scripts = sorted(path.name[:4] for path in (SCRIPTS / "versions").glob("[0-9]*.py"))
    assert scripts == [step.name for step in REVISIONS]


@pytest.mark.parametrize("revision", [step.name for step in REVISIONS])
def test_a_store_of_every_earlier_schema_keeps_every_row(
    bare_address: str, monkeypatch: pytest.MonkeyPatch, revision: str
) -> None:
    stored = (SCHEMAS / f"{revision}.sql").read_text(encoding="utf-8")
    load_schema(bare_address, monkeypatch, revision)
    with open_store(bare_address, write=True) as store:
        counted = {name: len(held) for name, held in everything(store).items()}
        lines = [line.split('"')[1] for line in statements_of(stored)]
        assert counted == {
            name: lines.count(name) or lines.count(FILLED_FROM.get(name, name))
            for name in metadata.tables
        }
        empty_then = {name for name, came in EMPTY_BEFORE.items() if revision < came}
        assert {name for name, number in counted.items() if number == 0} == empty_then
        assert store.status().revision == REVISIONS[-1].name
        assert search(store, "payments-3") == {make(3).uid}
        assert store.runs.newest()[0].error is not None
        facts = store.runs.documents(store.runs.known(SCOPE))
        assert facts[make(0).uid] == make(0, title="new")
        assert facts[make(5).uid] == make(5)
        visit(store, batch(make(9)))


def load_schema(address: str, monkeypatch: pytest.MonkeyPatch, revision: str) -> None:
    """Let a database hold the store of an earlier schema."""
    names = [step.name for step in REVISIONS]
    with monkeypatch.context() as then:
        then.setattr(migrate, "REVISIONS", REVISIONS[: names.index(revision) + 1])
        open_store(address, write=True).close()
        database = Database(parse_url(address), write=True)
        with database.write() as connection:
            connection.exec_driver_sql("DELETE FROM meta")
            load(connection, (SCHEMAS / f"{revision}.sql").read_text(encoding="utf-8"))
        database.close()


def test_what_was_concluded_before_its_versions_counts_from_when_it_last_moved(
    bare_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_schema(bare_address, monkeypatch, "0001")
    with open_store(bare_address, write=True) as store:
        versions = records(store, "conclusion_version")
        assert [(v["deployment_pk"], v["from_seq"], v["to_seq"]) for v in versions] == [
            *((1, 8, None), (2, 9, None)),
        ]
        assert {v["api_uid"] for v in versions} == {"api"}
        assert {v["doc"] for v in versions} == {c["doc"] for c in records(store, "conclusion")}
        before = counts(store)
        drawn = store.conclusions.load([make(1).uid])
        store.conclusions.save(drawn, (), seq=9, at=T0)
        assert counts(store) == before


def test_a_conclusion_whose_line_is_no_longer_kept_counts_from_the_upgrade(
    bare_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as then:
        load_schema(bare_address, then, "0001")
        database = Database(parse_url(bare_address), write=True)
        with database.write() as connection:
            connection.exec_driver_sql("DELETE FROM change WHERE subject = 'conclusion'")
        database.close()
    with open_store(bare_address, write=True) as store:
        last = store.changes.last_seq()
        assert {v["from_seq"] for v in records(store, "conclusion_version")} == {last}


def test_the_release_before_drops_deployments_without_knowing_of_their_conclusions(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit(store, batch(make(1), make(2)))
    drawn = {make(n).uid: Conclusion(health="failing") for n in (1, 2)}
    store.conclusions.save(drawn, (), seq=2, at=T0)
    gone = PresenceChange(uid=make(1).uid, presence="retired")
    visit(store, at=T0 + DAY, verdict=Verdict(presence=(gone,)))
    older = tuple(table for table in retention.HISTORY if table.name != "conclusion_version")
    monkeypatch.setattr(retention, "HISTORY", older)
    store.upkeep.retain(T0 + 500 * DAY)
    (left,) = records(store, "conclusion_version")
    (kept,) = records(store, "deployment")
    assert (kept["uid"], left["deployment_pk"]) == (make(2).uid, kept["pk"])


def test_an_expanding_step_leaves_the_release_before_at_work(
    address: str, later: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (later / f"{NEXT}_expand.py").write_text(EXPAND)
    with open_store(address, write=True) as store:
        fill(store)
        before = everything(store)
    with monkeypatch.context() as newer:
        release(newer, Revision(NEXT))
        open_store(address, write=True).close()
    with open_store(address, write=True) as store:
        after = everything(store)
        assert store.status().revision == NEXT
        assert {name: len(held) for name, held in after.items()} == {
            name: len(held) for name, held in before.items()
        }
        assert after["deployment"] == before["deployment"]
        visit(store, batch(make(0, title="newer still"), make(9), kind="changed"))
        assert len(store.runs.known(SCOPE)) == 7


def test_a_contracting_step_is_preceded_by_a_backup_and_ends_older_code(
    address: str, later: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (later / f"{NEXT}_expand.py").write_text(EXPAND)
    (later / f"{AFTER}_contract.py").write_text(CONTRACT)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with open_store(address, write=True) as store:
        fill(store)
        before = records(store, "deployment_version")
    with monkeypatch.context() as newer:
        release(newer, Revision(NEXT), Revision(AFTER, contracts=True))
        with open_store(address, write=True) as store:
            assert records(store, "deployment_version") == before
            assert search(store, "payments-3") == {make(3).uid}
            with store.database.write() as connection:
                connection.exec_driver_sql("UPDATE deep SET text = 'moved' WHERE deployment_pk = 4")
            assert search(store, "payments-3") == set()
            assert search(store, "moved") == {make(3).uid}
    for write in (True, False):
        with pytest.raises(StoreTooNew):
            open_store(address, write=write)
    (kept,) = tmp_path.rglob(f"*.before-{AFTER}")
    with open_store(str(kept), write=False) as backup:
        assert records(backup, "deployment_version") == before


def test_a_step_that_fails_leaves_nothing_behind(
    address: str, later: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (later / f"{NEXT}_expand.py").write_text(EXPAND)
    (later / f"{AFTER}_broken.py").write_text(BROKEN)
    with open_store(address, write=True) as store:
        fill(store)
        before = everything(store)
    with monkeypatch.context() as newer:
        release(newer, Revision(NEXT), Revision(AFTER))
        with pytest.raises(StoreError, match="nowhere"):
            open_store(address, write=True)
    with open_store(address, write=False) as store:
        assert store.status().revision == REVISIONS[-1].name
        assert everything(store)["deployment"] == before["deployment"]
        with store.database.read() as connection:
            assert {"torn", "novelty"}.isdisjoint(tables(connection))


def tables(connection: Connection) -> set[str]:
    from sqlalchemy import inspect

    return set(inspect(connection).get_table_names())


def test_a_change_of_schema_that_loses_references_is_undone(sqlite_address: str) -> None:
    with open_store(sqlite_address, write=True) as store:
        fill(store)
        with (
            pytest.raises(StoreError, match="lose references"),
            store.database.restructure() as connection,
        ):
            connection.exec_driver_sql("DELETE FROM security")
        assert len(records(store, "security")) == 2
        with (
            pytest.raises(StoreError, match="FOREIGN KEY"),
            store.database.write() as connection,
        ):
            connection.exec_driver_sql("DELETE FROM security")


def test_a_reader_upgrades_an_older_store_that_nobody_writes(
    sqlite_address: str, later: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (later / f"{NEXT}_expand.py").write_text(EXPAND)
    release(monkeypatch, Revision(NEXT))
    with open_store(sqlite_address, write=False) as store:
        assert store.status().revision == NEXT


def test_a_backup_of_an_older_schema_is_restored_into_this_one(
    address: str, later: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (later / f"{NEXT}_expand.py").write_text(EXPAND)
    with open_store(address, write=True) as store:
        fill(store)
        before = records(store, "deployment")
        store.upkeep.backup(tmp_path / "backup")
    release(monkeypatch, Revision(NEXT))
    with open_store(address, write=True) as store:
        visit(store, batch(make(50)))
        store.upkeep.restore(tmp_path / "backup")
        assert store.status().revision == NEXT
        assert records(store, "deployment") == before
