"""How Alembic runs the store's revisions: on the connection, and in the transaction, that it is given."""

from __future__ import annotations

from typing import Any

from alembic import context

from apiscape.store.migrate import VERSION_TABLE
from apiscape.store.schema import metadata
from apiscape.store.search import is_search


def _is_ours(_item: object, name: str | None, kind: str, *_more: object) -> bool:
    return not (kind in {"table", "index"} and is_search(name))


def _run(connection: Any) -> None:  # noqa: ANN401 - what the configuration was given
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=VERSION_TABLE,
        render_as_batch=True,
        transactional_ddl=True,
        include_object=_is_ours,
    )
    with context.begin_transaction():
        context.run_migrations()


_run(context.config.attributes["connection"])
