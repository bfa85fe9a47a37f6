"""Versions of conclusions.

What stands begins where the log last says that a conclusion moved the row, so that a read of an
earlier day says nothing of which nothing is known; where no line is left, it begins now.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

BACKFILL = """
    INSERT INTO conclusion_version (deployment_pk, from_seq, api_uid, doc)
    SELECT held.deployment_pk,
        COALESCE(
            (SELECT MAX(seq) FROM change
             WHERE change.deployment_pk = held.deployment_pk AND subject = 'conclusion'),
            (SELECT seq FROM cursor WHERE name = 'log'),
            0
        ),
        member.api_uid, held.doc
    FROM conclusion AS held
    LEFT JOIN api_member AS member ON member.deployment_pk = held.deployment_pk
"""


def upgrade() -> None:
    op.create_table(
        "conclusion_version",
        sa.Column("deployment_pk", KEY, autoincrement=False, nullable=False),
        sa.Column("from_seq", KEY, autoincrement=False, nullable=False),
        sa.Column("to_seq", KEY, nullable=True),
        sa.Column("api_uid", TEXT, nullable=True),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_pk"],
            ["deployment.pk"],
            name=op.f("fk_conclusion_version_deployment_pk_deployment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("deployment_pk", "from_seq", name=op.f("pk_conclusion_version")),
    )
    op.create_index(
        "ix_conclusion_version_api_uid", "conclusion_version", ["api_uid"], unique=False
    )
    op.execute(BACKFILL)
