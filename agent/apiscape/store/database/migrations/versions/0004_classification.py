"""How sensitive deployments are, as people say: a column of rows that nobody spoke of yet is unknown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("row", sa.Column("classification", TEXT, nullable=True))
