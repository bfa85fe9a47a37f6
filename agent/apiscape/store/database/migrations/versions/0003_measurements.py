"""What sources measure of deployments.

Rows go with their deployment, for the release before this table drops deployments without knowing it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "measurement",
        sa.Column("deployment_pk", KEY, autoincrement=False, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_pk"],
            ["deployment.pk"],
            name=op.f("fk_measurement_deployment_pk_deployment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("deployment_pk", "source", name=op.f("pk_measurement")),
        sqlite_with_rowid=False,
    )
