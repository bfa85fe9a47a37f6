"""Substring search by trigrams – FTS5 on SQLite, pg_trgm on PostgreSQL where the server has it – and narrow indexes.

Without pg_trgm the same questions are answered by scanning, and the store's status says so.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

INDEX = "deep_search"
"""FTS5 table over `deep.text` and `deep.paths`; its rowid is the deployment's key."""

_TRIGGERS = {
    "deep_search_insert": """AFTER INSERT ON deep BEGIN
        INSERT INTO deep_search (rowid, text, paths) VALUES (new.deployment_pk, new.text, new.paths);
        END""",
    "deep_search_delete": """AFTER DELETE ON deep BEGIN
        INSERT INTO deep_search (deep_search, rowid, text, paths)
        VALUES ('delete', old.deployment_pk, old.text, old.paths);
        END""",
    "deep_search_update": """AFTER UPDATE OF text, paths ON deep
        WHEN old.text IS NOT new.text OR old.paths IS NOT new.paths BEGIN
        INSERT INTO deep_search (deep_search, rowid, text, paths)
        VALUES ('delete', old.deployment_pk, old.text, old.paths);
        INSERT INTO deep_search (rowid, text, paths) VALUES (new.deployment_pk, new.text, new.paths);
        END""",
}

_REBUILD = "INSERT INTO deep_search (deep_search) VALUES ('rebuild')"

_MERGE_RARELY = """INSERT INTO deep_search (deep_search, rank) SELECT 'automerge', 8
    WHERE NOT EXISTS (SELECT 1 FROM deep_search_config WHERE k = 'automerge')"""
"""Of what is written, pieces of the index are merged by eights: a quarter less to write than by fours."""

_WRITE_TOGETHER = """INSERT INTO deep_search (deep_search, rank) SELECT 'hashsize', 8388608
    WHERE NOT EXISTS (SELECT 1 FROM deep_search_config WHERE k = 'hashsize')"""
"""What a transaction of hundreds of rows adds is one piece of the index: of 1 MB of memory it would be several."""

_TRIGRAM_COLUMNS = ("text", "paths", "backends")

NARROW = {
    "ix_row_uid_narrow": ("row", ("uid",)),
    "ix_row_name_narrow": ("row", ("name", "uid")),
    "ix_row_gateway_narrow": ("row", ("gateway",)),
    "ix_row_owners_narrow": ("row", ("owners",)),
    "ix_row_unauthenticated_narrow": ("row", ("provider", "product", "unauthenticated")),
    "ix_deployment_presence_narrow": ("deployment", ("presence",)),
    "ix_deep_backends_narrow": ("deep", ("backends",)),
}
"""Indexes that SQLite goes through from end to end, a tenth of the pages of their table.

Values may be of any length, which PostgreSQL's indexes do not take.
"""


class Search(StrEnum):
    """How substrings are found."""

    TRIGRAM = "trigram"
    LIKE = "like"


def prepare_search(connection: Connection) -> Search:
    """Make what search needs and is not there yet, inside the caller's transaction."""
    if connection.dialect.name == "sqlite":
        _prepare_fts5(connection)
    elif _has_pg_trgm(connection):
        for column in _TRIGRAM_COLUMNS:
            connection.exec_driver_sql(
                f"CREATE INDEX IF NOT EXISTS ix_deep_{column}_trgm ON deep"
                f" USING gin ({column} gin_trgm_ops)"
            )
    return find_search(connection)


def find_search(connection: Connection) -> Search:
    """Return how substrings are found in this store as it stands."""
    if connection.dialect.name == "sqlite":
        return Search.TRIGRAM
    names = {index["name"] for index in inspect(connection).get_indexes("deep")}
    return Search.TRIGRAM if "ix_deep_text_trgm" in names else Search.LIKE


def is_search(name: str | None) -> bool:
    """Say whether a table or index belongs to search, which migrations leave alone."""
    return name is not None and (name.startswith(INDEX) or name.endswith(("_trgm", "_narrow")))


def _prepare_fts5(connection: Connection) -> None:
    query = text("SELECT name FROM sqlite_master WHERE name LIKE 'deep_search%'")
    present = set(connection.execute(query).scalars())
    for name, body in _TRIGGERS.items():
        connection.exec_driver_sql(f"CREATE TRIGGER IF NOT EXISTS {name} {body}")
    if INDEX not in present:
        connection.exec_driver_sql(
            f"CREATE VIRTUAL TABLE {INDEX} USING fts5(text, paths, content='deep',"
            " content_rowid='deployment_pk', tokenize='trigram case_sensitive 1')"
        )
    connection.exec_driver_sql(_MERGE_RARELY)
    connection.exec_driver_sql(_WRITE_TOGETHER)
    if not present.issuperset({INDEX, *_TRIGGERS}):
        connection.exec_driver_sql(_REBUILD)
    for name, (of, columns) in NARROW.items():
        connection.exec_driver_sql(
            f"CREATE INDEX IF NOT EXISTS {name} ON {of} ({', '.join(columns)})"
        )


def _has_pg_trgm(connection: Connection) -> bool:
    """Say whether the extension is there, making it where we may."""
    query = text("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'")
    if connection.execute(query).scalar_one():
        return True
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DBAPIError:
        return False
    return True
