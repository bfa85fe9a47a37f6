r"""The tables: one description for SQLite and PostgreSQL.

Integer keys everywhere, allotted by the one writer; children lie beside their parent by its key.
Times are UTC milliseconds. Documents are deterministic JSON (`model.codec.encode`) as bytes.
Text compares by code point on both databases (`C` collation). A version is valid at sequence
number `s` where `from_seq <= s` and (`to_seq` is null or `s < to_seq`). The condition of a partial
index stands here for SQLite alone, whose dialect is small; the migrations have it for both.

Values of `row` and `deep` are encoded so that SQL's three-valued logic is the view language's
(see `encoding`): null is unknown, `''` an absent text, -1 an absent number, a list is
`'\x1f' || a || '\x1f' || b || '\x1f'`, and text is casefolded.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

KEY = BigInteger().with_variant(Integer(), "sqlite")
"""Type of keys, sequence numbers and generations: SQLite's rowid, PostgreSQL's bigint."""

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that compares by code point."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _key() -> Column[Any]:
    return Column("pk", KEY, primary_key=True, autoincrement=False)


def _to(name: str, target: str, *, primary: bool = False, nullable: bool = False) -> Column[Any]:
    options: dict[str, Any] = (
        {"primary_key": True, "autoincrement": False} if primary else {"nullable": nullable}
    )
    return Column(name, KEY, ForeignKey(f"{target}.pk"), **options)


def _text(name: str, *, nullable: bool = False, **options: Any) -> Column[Any]:  # noqa: ANN401
    return Column(name, TEXT, nullable=nullable, **options)


def _millis(name: str, *, nullable: bool = True) -> Column[Any]:
    return Column(name, KEY, nullable=nullable)


def _bytes(name: str, *, nullable: bool = False, **options: Any) -> Column[Any]:  # noqa: ANN401
    return Column(name, LargeBinary, nullable=nullable, **options)


# ── What the store says of itself ────────────────────────────────────────────

meta = Table("meta", metadata, Column("key", TEXT, primary_key=True), _text("value"))
"""`horizon` (millis) and `horizon_seq` of what is kept, `oldest_reader` (revision)."""

cursor = Table(
    "cursor",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("seq", KEY, nullable=False),
)
"""`log` is the last sequence number given out; `sweep` counts retentions; others follow the log.

Those called after a scope say what was concluded of it (`conclude.counting`), those called after a
target of notifications how far it was told (`writing.deliveries`).
"""

# ── What is visited, and how that went ───────────────────────────────────────

source = Table(
    "source",
    metadata,
    _key(),
    _text("name", unique=True),
    _text("provider"),
    _millis("planned_at"),
    _bytes("error", nullable=True),
)
"""An entry of the configuration; `error`: why its estate could not be read at `planned_at`."""

estate = Table(
    "estate",
    metadata,
    _to("source_pk", "source", primary=True),
    Column("key", TEXT, primary_key=True),
    _bytes("doc"),
    sqlite_with_rowid=False,
)
"""`model.run.EstateEntry` per reach."""

scope = Table(
    "scope",
    metadata,
    _key(),
    _text("key", unique=True),
    _to("source_pk", "source"),
    _text("source"),
    _text("provider"),
    _text("product"),
    _text("reach_key"),
    _text("account"),
    _text("region", nullable=True),
    _text("title", nullable=True),
    Column("generation", KEY, nullable=False),
    Column("last_run_pk", KEY),
    _millis("last_complete_at"),
)
"""`last_run_pk`: the newest run that ended; `generation`: of the newest that began."""

part = Table(
    "part",
    metadata,
    _key(),
    _to("scope_pk", "scope"),
    _text("name"),
    _text("outcome", nullable=True),
    Column("generation", KEY),
    _millis("observed_at"),
    _millis("complete_at"),
    Column("complete_generation", KEY),
    Column("stale", Boolean, nullable=False),
    _text("reason", nullable=True),
    Index("uq_part_scope_pk_name", "scope_pk", "name", unique=True),
)
"""`observed_at`: the last run that saw it whole or partly; `stale`: the newest saw nothing of it."""

run = Table(
    "run",
    metadata,
    _key(),
    _to("scope_pk", "scope"),
    Column("generation", KEY, nullable=False),
    _millis("started_at", nullable=False),
    _millis("ended_at"),
    _text("outcome", nullable=True),
    Column("writer", KEY, nullable=False),
    _bytes("report"),
    Index("uq_run_scope_pk_generation", "scope_pk", "generation", unique=True),
)
"""`report`: `model.run.RunReport`; open while `ended_at` is null; `writer`: who writes it (see `engine`)."""

gap = Table(
    "gap",
    metadata,
    _to("part_pk", "part", primary=True),
    Column("listed_id", TEXT, primary_key=True),
    Column("detail", TEXT, primary_key=True),
    _bytes("error"),
    sqlite_with_rowid=False,
)
"""Details that the newest run of a part could not look at; `error`: `model.run.ErrorRecord`."""

# ── The change log ───────────────────────────────────────────────────────────

change = Table(
    "change",
    metadata,
    Column("seq", KEY, primary_key=True, autoincrement=False),
    _millis("at", nullable=False),
    _text("kind"),
    _text("subject"),
    Column("deployment_pk", KEY),
    _text("uid"),
    _text("name"),
    _to("scope_pk", "scope"),
    Column("generation", KEY, nullable=False),
    _bytes("doc"),
    Index("ix_change_at", "at"),
    Index("ix_change_deployment_pk", "deployment_pk", "seq"),
)
"""`doc`: `model.change.Change` (its `seq` is the column's); `subject`: `deployment`, or a kind of surrounding."""

# ── Facts ────────────────────────────────────────────────────────────────────

deployment = Table(
    "deployment",
    metadata,
    _key(),
    _text("uid", unique=True),
    _text("native_id"),
    _text("native_api_key"),
    _text("name"),
    _text("stage", nullable=True),
    _to("scope_pk", "scope"),
    _to("part_pk", "part"),
    _text("listed_id"),
    _bytes("facts_hash"),
    _bytes("detail_hash"),
    _text("presence"),
    _millis("missing_since"),
    Column("missing_runs", Integer, nullable=False),
    _millis("last_seen_at"),
    _millis("first_seen_at", nullable=False),
    _millis("changed_at", nullable=False),
    _millis("retired_at"),
    _millis("forgotten_at"),
    _text("token", nullable=True),
    _millis("token_at"),
    Index("ix_deployment_scope_pk", "scope_pk"),
    Index("ix_deployment_part_pk", "part_pk"),
    Index("ix_deployment_native_api_key", "native_api_key"),
    Index(
        "ix_deployment_hidden",
        "presence",
        "retired_at",
        sqlite_where=text("presence IN ('superseded', 'retired')"),
    ),
)
"""`native_api_key`: `provider|account|native_api_id`; `last_seen_at`: set while not present."""

operation_set = Table(
    "operation_set",
    metadata,
    _key(),
    _bytes("hash", unique=True),
    Column("size", Integer, nullable=False),
)
"""Operations by content (`codec.operations_hash`), shared by stages and versions."""

security = Table("security", metadata, _key(), _bytes("hash", unique=True), _bytes("doc"))
"""`model.security.Security` by content."""

terms = Table("terms", metadata, _key(), _bytes("hash", unique=True), _bytes("doc"))
"""`writing.operations.Terms` by content: what of an operation is alike in most of a set."""

operation = Table(
    "operation",
    metadata,
    _to("set_pk", "operation_set", primary=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    _text("verb"),
    _text("template"),
    _to("security_pk", "security"),
    _bytes("rest", nullable=True),
    Column("terms_pk", KEY),
    sqlite_with_rowid=False,
)
"""`rest`: the other fields of `model.deployment.Operation`, null where each is its default.

`terms_pk` is null likewise; no reference, for the release before it drops sets without knowing it.
"""

deployment_version = Table(
    "deployment_version",
    metadata,
    _to("deployment_pk", "deployment", primary=True),
    Column("from_seq", KEY, primary_key=True, autoincrement=False),
    Column("to_seq", KEY),
    _bytes("doc"),
    _to("operation_set_pk", "operation_set", nullable=True),
    Index("ix_deployment_version_operation_set_pk", "operation_set_pk"),
)
"""`doc`: `model.deployment.Deployment` without operations; no set where they are unknown."""

presence_version = Table(
    "presence_version",
    metadata,
    _to("deployment_pk", "deployment", primary=True),
    Column("from_seq", KEY, primary_key=True, autoincrement=False),
    Column("to_seq", KEY),
    _text("presence"),
    _millis("missing_since"),
    sqlite_with_rowid=False,
)

exception = Table(
    "exception",
    metadata,
    _to("deployment_pk", "deployment", primary=True),
    _millis("observed_at"),
    _text("reason"),
    sqlite_with_rowid=False,
)
"""Rows that the newest run of their part did not see, and when one last did."""

surrounding = Table(
    "surrounding",
    metadata,
    _key(),
    _text("uid"),
    _text("kind"),
    _to("scope_pk", "scope"),
    _to("part_pk", "part"),
    _text("listed_id"),
    _bytes("hash"),
    _bytes("doc"),
    Column("from_seq", KEY, nullable=False),
    Column("to_seq", KEY),
    Index(
        "uq_surrounding_current",
        "scope_pk",
        "uid",
        unique=True,
        sqlite_where=text("to_seq IS NULL"),
    ),
    Index("ix_surrounding_part_pk", "part_pk"),
    Index("ix_surrounding_uid", "uid"),
)
"""Versions of gateways, front doors, consumers, catalogue records, relations and signals (`kind`)."""

spec_document = Table(
    "spec_document",
    metadata,
    Column("contract_sha256", TEXT, primary_key=True),
    Column("size", Integer, nullable=False),
    _bytes("body"),
)
"""Sanitised contracts by content, zlib-compressed; `size` is of the contract itself."""

# ── What views ask for ───────────────────────────────────────────────────────

ROW_TEXTS = (
    *("uid", "name", "title", "style", "provider", "product", "source", "scope", "account"),
    *("region", "gateway", "environment", "stage", "version", "status", "native_id", "api"),
    *("auth", "exposure", "audience", "lifecycle", "spec", "health", "basis", "health_reason"),
    *("classification", "rate_limit", "bypass", "dangling", "confirmation"),
)
"""Columns of `row` that hold one text, named as in `model.row.Row`."""

ROW_LATER = ("classification", "rate_limit", "tls", "bypass", "dangling", "confirmation")
"""Those of them that came after the first schema, and stand last in the table."""

ROW_LISTS = ("endpoints", "schemes", "owners", "tls")
"""Columns of `row` that hold a list."""

ROW_COUNTS = ("operations", "unauthenticated", "consumers")
"""Columns of `row` that hold a whole number."""

ROW_RATES = ("requests", "errors_4xx", "errors_5xx", "p95_ms")
"""Columns of `row` that hold a measured number."""

DEEP_LISTS = ("paths", "backends", "labels")
"""Columns of `deep` that hold a list, named as in `model.row.Deep`."""

ROW_FACETS = (
    *("provider", "source", "account", "region", "product", "environment", "style", "status"),
    *("auth", "exposure", "lifecycle", "audience", "health", "basis"),
)
"""Columns of `row` with few and short values, read from a narrow index where a view asks for no others."""

row = Table(
    "row",
    metadata,
    _to("deployment_pk", "deployment", primary=True),
    *(_text(name, nullable=True) for name in (*ROW_TEXTS, *ROW_LISTS) if name not in ROW_LATER),
    *(Column(name, KEY) for name in ROW_COUNTS),
    *(Column(name, Float) for name in ROW_RATES),
    *(_text(name, nullable=True) for name in ROW_LATER),
    Index("ix_row_facets", *ROW_FACETS),
)
"""Filters and facets. Presence, freshness and times are not here: they move without a row's write.

`observed_at` = coalesce(exception.observed_at, deployment.last_seen_at, part.observed_at);
not observed where there is an exception or the part is stale.
"""

row_doc = Table(
    "row_doc", metadata, _to("deployment_pk", "deployment", primary=True), _bytes("doc")
)
"""`model.row.Row` for display: facts and conclusions, without presence, freshness and times."""

deep = Table(
    "deep",
    metadata,
    _to("deployment_pk", "deployment", primary=True),
    _text("text"),
    *(_text(name, nullable=True) for name in DEEP_LISTS),
    Index(
        "ix_deep_paths_unknown",
        "deployment_pk",
        sqlite_where=text("paths IS NULL"),
    ),
)
"""`text`: `model.row.search_text`. `text` and `paths` are indexed by trigrams (see `search`)."""

# ── Conclusions ──────────────────────────────────────────────────────────────

api = Table(
    "api",
    metadata,
    Column("uid", TEXT, primary_key=True),
    _text("title"),
    _text("explicit_id", nullable=True),
    _bytes("doc"),
)
"""`doc`: `model.surroundings.Api` without its members."""

api_member = Table(
    "api_member",
    metadata,
    _to("deployment_pk", "deployment", primary=True),
    Column("api_uid", TEXT, ForeignKey("api.uid"), nullable=False),
    Index("ix_api_member_api_uid", "api_uid"),
)

redirect = Table("redirect", metadata, Column("old_uid", TEXT, primary_key=True), _text("new_uid"))
"""Uids of merged Apis, and the older one that stayed."""

conclusion = Table(
    "conclusion", metadata, _to("deployment_pk", "deployment", primary=True), _bytes("doc")
)
"""`conclusions.Conclusion`: what overlays the row of the facts."""

conclusion_version = Table(
    "conclusion_version",
    metadata,
    Column(
        "deployment_pk",
        KEY,
        ForeignKey("deployment.pk", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("from_seq", KEY, primary_key=True, autoincrement=False),
    Column("to_seq", KEY),
    _text("api_uid", nullable=True),
    _bytes("doc"),
    Index("ix_conclusion_version_api_uid", "api_uid"),
)
"""What was concluded, as long as it said the same; without measured numbers (`overlay.words_of`).

Nothing was concluded of a deployment at a sequence number at which no version is valid. Rows go
with their deployment, for the release before this table drops deployments without knowing it.
"""

measurement = Table(
    "measurement",
    metadata,
    Column(
        "deployment_pk",
        KEY,
        ForeignKey("deployment.pk", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("source", TEXT, primary_key=True),
    _bytes("doc"),
    sqlite_with_rowid=False,
)
"""`model.measured.Measured`, the newest of each source; rows go with their deployment."""
