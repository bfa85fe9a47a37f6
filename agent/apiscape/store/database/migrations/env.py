"""How Alembic runs the store's revisions: on the connection, and in the transaction, that it is given."""

from __future__ import annotations

from alembic import context

from apiscape.store.database.migrate import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
