"""Whether front doors can be gone around: a column of rows of which nothing was concluded yet is unknown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("row", sa.Column("bypass", TEXT, nullable=True))
