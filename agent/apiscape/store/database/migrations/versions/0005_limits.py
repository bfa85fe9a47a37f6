"""How often callers may, how paths are compared, and who ends TLS: unknown until a deployment is seen again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "terms",
        sa.Column("pk", KEY, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_terms")),
        sa.UniqueConstraint("hash", name=op.f("uq_terms_hash")),
    )
    op.add_column("operation", sa.Column("terms_pk", KEY, nullable=True))
    op.add_column("row", sa.Column("rate_limit", TEXT, nullable=True))
    op.add_column("row", sa.Column("tls", TEXT, nullable=True))
