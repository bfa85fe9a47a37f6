"""The first schema."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _where(condition: str) -> dict[str, Any]:
    """Return the condition of a partial index for this database: naming another one's loads its dialect."""
    return {f"{op.get_context().dialect.name}_where": sa.text(condition)}


def upgrade() -> None:
    _itself()
    _visits()
    _runs()
    _deployments()
    _operations()
    _versions()
    _presence()
    _surroundings()
    _rows()
    _facets()
    _details()
    _conclusions()


def _itself() -> None:
    op.create_table(
        "meta",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "cursor",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("seq", KEY, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cursor")),
    )
    op.create_table(
        "source",
        sa.Column("pk", KEY, autoincrement=False, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("provider", TEXT, nullable=False),
        sa.Column("planned_at", KEY, nullable=True),
        sa.Column("error", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_source")),
        sa.UniqueConstraint("name", name=op.f("uq_source_name")),
    )
    op.create_table(
        "estate",
        sa.Column("source_pk", KEY, autoincrement=False, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_pk"], ["source.pk"], name=op.f("fk_estate_source_pk_source")
        ),
        sa.PrimaryKeyConstraint("source_pk", "key", name=op.f("pk_estate")),
        sqlite_with_rowid=False,
    )


def _visits() -> None:
    op.create_table(
        "scope",
        sa.Column("pk", KEY, autoincrement=False, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("source_pk", KEY, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("provider", TEXT, nullable=False),
        sa.Column("product", TEXT, nullable=False),
        sa.Column("reach_key", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("region", TEXT, nullable=True),
        sa.Column("title", TEXT, nullable=True),
        sa.Column("generation", KEY, nullable=False),
        sa.Column("last_run_pk", KEY, nullable=True),
        sa.Column("last_complete_at", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["source_pk"], ["source.pk"], name=op.f("fk_scope_source_pk_source")
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_scope")),
        sa.UniqueConstraint("key", name=op.f("uq_scope_key")),
    )
    op.create_table(
        "part",
        sa.Column("pk", KEY, autoincrement=False, nullable=False),
        sa.Column("scope_pk", KEY, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=True),
        sa.Column("generation", KEY, nullable=True),
        sa.Column("observed_at", KEY, nullable=True),
        sa.Column("complete_at", KEY, nullable=True),
        sa.Column("complete_generation", KEY, nullable=True),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("reason", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["scope_pk"], ["scope.pk"], name=op.f("fk_part_scope_pk_scope")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_part")),
    )
    op.create_index("uq_part_scope_pk_name", "part", ["scope_pk", "name"], unique=True)


def _runs() -> None:
    op.create_table(
        "run",
        sa.Column("pk", KEY, autoincrement=False, nullable=False),
        sa.Column("scope_pk", KEY, nullable=False),
        sa.Column("generation", KEY, nullable=False),
        sa.Column("started_at", KEY, nullable=False),
        sa.Column("ended_at", KEY, nullable=True),
        sa.Column("outcome", TEXT, nullable=True),
        sa.Column("writer", KEY, nullable=False),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["scope_pk"], ["scope.pk"], name=op.f("fk_run_scope_pk_scope")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_run")),
    )
    op.create_index("uq_run_scope_pk_generation", "run", ["scope_pk", "generation"], unique=True)
    op.create_table(
        "gap",
        sa.Column("part_pk", KEY, autoincrement=False, nullable=False),
        sa.Column("listed_id", TEXT, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.Column("error", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["part_pk"], ["part.pk"], name=op.f("fk_gap_part_pk_part")),
        sa.PrimaryKeyConstraint("part_pk", "listed_id", "detail", name=op.f("pk_gap")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "change",
        sa.Column("seq", KEY, autoincrement=False, nullable=False),
        sa.Column("at", KEY, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("deployment_pk", KEY, nullable=True),
        sa.Column("uid", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("scope_pk", KEY, nullable=False),
        sa.Column("generation", KEY, nullable=False),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["scope_pk"], ["scope.pk"], name=op.f("fk_change_scope_pk_scope")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_change")),
    )
    op.create_index("ix_change_at", "change", ["at"], unique=False)
    op.create_index("ix_change_deployment_pk", "change", ["deployment_pk", "seq"], unique=False)


def _deployments() -> None:
    op.create_table(
        "deployment",
        sa.Column("pk", KEY, autoincrement=False, nullable=False),
        sa.Column("uid", TEXT, nullable=False),
        sa.Column("native_id", TEXT, nullable=False),
        sa.Column("native_api_key", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("stage", TEXT, nullable=True),
        sa.Column("scope_pk", KEY, nullable=False),
        sa.Column("part_pk", KEY, nullable=False),
        sa.Column("listed_id", TEXT, nullable=False),
        sa.Column("facts_hash", sa.LargeBinary(), nullable=False),
        sa.Column("detail_hash", sa.LargeBinary(), nullable=False),
        sa.Column("presence", TEXT, nullable=False),
        sa.Column("missing_since", KEY, nullable=True),
        sa.Column("missing_runs", sa.Integer(), nullable=False),
        sa.Column("last_seen_at", KEY, nullable=True),
        sa.Column("first_seen_at", KEY, nullable=False),
        sa.Column("changed_at", KEY, nullable=False),
        sa.Column("retired_at", KEY, nullable=True),
        sa.Column("forgotten_at", KEY, nullable=True),
        sa.Column("token", TEXT, nullable=True),
        sa.Column("token_at", KEY, nullable=True),
        sa.ForeignKeyConstraint(["part_pk"], ["part.pk"], name=op.f("fk_deployment_part_pk_part")),
        sa.ForeignKeyConstraint(
            ["scope_pk"], ["scope.pk"], name=op.f("fk_deployment_scope_pk_scope")
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_deployment")),
        sa.UniqueConstraint("uid", name=op.f("uq_deployment_uid")),
    )
    op.create_index(
        "ix_deployment_hidden",
        "deployment",
        ["presence", "retired_at"],
        unique=False,
        **_where("presence IN ('superseded', 'retired')"),
    )
    op.create_index("ix_deployment_native_api_key", "deployment", ["native_api_key"], unique=False)
    op.create_index("ix_deployment_part_pk", "deployment", ["part_pk"], unique=False)
    op.create_index("ix_deployment_scope_pk", "deployment", ["scope_pk"], unique=False)


def _operations() -> None:
    op.create_table(
        "operation_set",
        sa.Column("pk", KEY, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_operation_set")),
        sa.UniqueConstraint("hash", name=op.f("uq_operation_set_hash")),
    )
    op.create_table(
        "security",
        sa.Column("pk", KEY, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_security")),
        sa.UniqueConstraint("hash", name=op.f("uq_security_hash")),
    )
    op.create_table(
        "operation",
        sa.Column("set_pk", KEY, autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("verb", TEXT, nullable=False),
        sa.Column("template", TEXT, nullable=False),
        sa.Column("security_pk", KEY, nullable=False),
        sa.Column("rest", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["security_pk"], ["security.pk"], name=op.f("fk_operation_security_pk_security")
        ),
        sa.ForeignKeyConstraint(
            ["set_pk"], ["operation_set.pk"], name=op.f("fk_operation_set_pk_operation_set")
        ),
        sa.PrimaryKeyConstraint("set_pk", "ordinal", name=op.f("pk_operation")),
        sqlite_with_rowid=False,
    )


def _versions() -> None:
    op.create_table(
        "deployment_version",
        sa.Column("deployment_pk", KEY, autoincrement=False, nullable=False),
        sa.Column("from_seq", KEY, autoincrement=False, nullable=False),
        sa.Column("to_seq", KEY, nullable=True),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.Column("operation_set_pk", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment_pk"],
            ["deployment.pk"],
            name=op.f("fk_deployment_version_deployment_pk_deployment"),
        ),
        sa.ForeignKeyConstraint(
            ["operation_set_pk"],
            ["operation_set.pk"],
            name=op.f("fk_deployment_version_operation_set_pk_operation_set"),
        ),
        sa.PrimaryKeyConstraint("deployment_pk", "from_seq", name=op.f("pk_deployment_version")),
    )
    op.create_index(
        "ix_deployment_version_operation_set_pk",
        "deployment_version",
        ["operation_set_pk"],
        unique=False,
    )


def _presence() -> None:
    op.create_table(
        "presence_version",
        sa.Column("deployment_pk", KEY, autoincrement=False, nullable=False),
        sa.Column("from_seq", KEY, autoincrement=False, nullable=False),
        sa.Column("to_seq", KEY, nullable=True),
        sa.Column("presence", TEXT, nullable=False),
        sa.Column("missing_since", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment_pk"],
            ["deployment.pk"],
            name=op.f("fk_presence_version_deployment_pk_deployment"),
        ),
        sa.PrimaryKeyConstraint("deployment_pk", "from_seq", name=op.f("pk_presence_version")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "exception",
        sa.Column("deployment_pk", KEY, autoincrement=False, nullable=False),
        sa.Column("observed_at", KEY, nullable=True),
        sa.Column("reason", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_pk"], ["deployment.pk"], name=op.f("fk_exception_deployment_pk_deployment")
        ),
        sa.PrimaryKeyConstraint("deployment_pk", name=op.f("pk_exception")),
        sqlite_with_rowid=False,
    )


def _surroundings() -> None:
    op.create_table(
        "surrounding",
        sa.Column("pk", KEY, autoincrement=False, nullable=False),
        sa.Column("uid", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("scope_pk", KEY, nullable=False),
        sa.Column("part_pk", KEY, nullable=False),
        sa.Column("listed_id", TEXT, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.Column("from_seq", KEY, nullable=False),
        sa.Column("to_seq", KEY, nullable=True),
        sa.ForeignKeyConstraint(["part_pk"], ["part.pk"], name=op.f("fk_surrounding_part_pk_part")),
        sa.ForeignKeyConstraint(
            ["scope_pk"], ["scope.pk"], name=op.f("fk_surrounding_scope_pk_scope")
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_surrounding")),
    )
    op.create_index("ix_surrounding_part_pk", "surrounding", ["part_pk"], unique=False)
    op.create_index("ix_surrounding_uid", "surrounding", ["uid"], unique=False)
    op.create_index(
        "uq_surrounding_current",
        "surrounding",
        ["scope_pk", "uid"],
        unique=True,
        **_where("to_seq IS NULL"),
    )
    op.create_table(
        "spec_document",
        sa.Column("contract_sha256", TEXT, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("contract_sha256", name=op.f("pk_spec_document")),
    )


def _rows() -> None:
    op.create_table(
        "row",
        sa.Column("deployment_pk", KEY, autoincrement=False, nullable=False),
        sa.Column("uid", TEXT, nullable=True),
        sa.Column("name", TEXT, nullable=True),
        sa.Column("title", TEXT, nullable=True),
        sa.Column("style", TEXT, nullable=True),
        sa.Column("provider", TEXT, nullable=True),
        sa.Column("product", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=True),
        sa.Column("scope", TEXT, nullable=True),
        sa.Column("account", TEXT, nullable=True),
        sa.Column("region", TEXT, nullable=True),
        sa.Column("gateway", TEXT, nullable=True),
        sa.Column("environment", TEXT, nullable=True),
        sa.Column("stage", TEXT, nullable=True),
        sa.Column("version", TEXT, nullable=True),
        sa.Column("status", TEXT, nullable=True),
        sa.Column("native_id", TEXT, nullable=True),
        sa.Column("api", TEXT, nullable=True),
        sa.Column("auth", TEXT, nullable=True),
        sa.Column("exposure", TEXT, nullable=True),
        sa.Column("audience", TEXT, nullable=True),
        sa.Column("lifecycle", TEXT, nullable=True),
        sa.Column("spec", TEXT, nullable=True),
        sa.Column("health", TEXT, nullable=True),
        sa.Column("basis", TEXT, nullable=True),
        sa.Column("health_reason", TEXT, nullable=True),
        sa.Column("endpoints", TEXT, nullable=True),
        sa.Column("schemes", TEXT, nullable=True),
        sa.Column("owners", TEXT, nullable=True),
        sa.Column("operations", KEY, nullable=True),
        sa.Column("unauthenticated", KEY, nullable=True),
        sa.Column("consumers", KEY, nullable=True),
        sa.Column("requests", sa.Float(), nullable=True),
        sa.Column("errors_4xx", sa.Float(), nullable=True),
        sa.Column("errors_5xx", sa.Float(), nullable=True),
        sa.Column("p95_ms", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment_pk"], ["deployment.pk"], name=op.f("fk_row_deployment_pk_deployment")
        ),
        sa.PrimaryKeyConstraint("deployment_pk", name=op.f("pk_row")),
    )


def _facets() -> None:
    op.create_index(
        "ix_row_facets",
        "row",
        [
            *("provider", "source", "account", "region", "product", "environment", "style"),
            *("status", "auth", "exposure", "lifecycle", "audience", "health", "basis"),
        ],
        unique=False,
    )


def _details() -> None:
    op.create_table(
        "row_doc",
        sa.Column("deployment_pk", KEY, autoincrement=False, nullable=False),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_pk"], ["deployment.pk"], name=op.f("fk_row_doc_deployment_pk_deployment")
        ),
        sa.PrimaryKeyConstraint("deployment_pk", name=op.f("pk_row_doc")),
    )
    op.create_table(
        "deep",
        sa.Column("deployment_pk", KEY, autoincrement=False, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("paths", TEXT, nullable=True),
        sa.Column("backends", TEXT, nullable=True),
        sa.Column("labels", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment_pk"], ["deployment.pk"], name=op.f("fk_deep_deployment_pk_deployment")
        ),
        sa.PrimaryKeyConstraint("deployment_pk", name=op.f("pk_deep")),
    )
    op.create_index(
        "ix_deep_paths_unknown",
        "deep",
        ["deployment_pk"],
        unique=False,
        **_where("paths IS NULL"),
    )


def _conclusions() -> None:
    op.create_table(
        "api",
        sa.Column("uid", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("explicit_id", TEXT, nullable=True),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_api")),
    )
    op.create_table(
        "api_member",
        sa.Column("deployment_pk", KEY, autoincrement=False, nullable=False),
        sa.Column("api_uid", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["api_uid"], ["api.uid"], name=op.f("fk_api_member_api_uid_api")),
        sa.ForeignKeyConstraint(
            ["deployment_pk"],
            ["deployment.pk"],
            name=op.f("fk_api_member_deployment_pk_deployment"),
        ),
        sa.PrimaryKeyConstraint("deployment_pk", name=op.f("pk_api_member")),
    )
    op.create_index("ix_api_member_api_uid", "api_member", ["api_uid"], unique=False)
    op.create_table(
        "redirect",
        sa.Column("old_uid", TEXT, nullable=False),
        sa.Column("new_uid", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("old_uid", name=op.f("pk_redirect")),
    )
    op.create_table(
        "conclusion",
        sa.Column("deployment_pk", KEY, autoincrement=False, nullable=False),
        sa.Column("doc", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_pk"],
            ["deployment.pk"],
            name=op.f("fk_conclusion_deployment_pk_deployment"),
        ),
        sa.PrimaryKeyConstraint("deployment_pk", name=op.f("pk_conclusion")),
    )
