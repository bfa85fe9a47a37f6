"""Whether names still lead somewhere, and whether owners were confirmed: unknown of rows that were written before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    for name in ("dangling", "confirmation"):
        op.add_column("row", sa.Column(name, TEXT, nullable=True))
