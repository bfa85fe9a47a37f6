"""A store with something in every table, and such a store as plain SQL, for schemas to come.

`python -m tests.store.filled REVISION` writes `schemas/REVISION.sql`, once, when a revision is made.
"""

from __future__ import annotations

import re
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from apiscape.model.deployment import Endpoint, Operation
from apiscape.model.known import Batch, NotObserved, PresenceChange, Verdict
from apiscape.model.limits import RateLimit
from apiscape.model.measured import Measured
from apiscape.model.run import ErrorRecord, EstateEntry, Gap
from apiscape.model.surroundings import Api, FrontDoor, Signal
from apiscape.store import Conclusion, Store, open_store
from apiscape.store.schema import metadata
from tests.store.looking import records
from tests.store.making import IAM, PART, SCOPE, T0, batch, make, part, visit

SCHEMAS = Path(__file__).parent / "schemas"
MEASURED = Measured(
    signals=(Signal("d", name="probe.answers", value=True, observed_at=T0, source="probe"),)
)
LIMIT = RateLimit(
    requests=100.0,
    per_s=1.0,
    burst=200.0,
    by=(),
    shared=True,
    evidence="methodSettings */*",
    native_id="prod",
)
DENIED = ErrorRecord(kind="access_denied", message="needs apigateway:GET")


def fill(store: Store) -> None:
    """Put something in every table."""
    later = T0 + timedelta(days=1)
    door = FrontDoor(
        uid="door",
        native_id="tax.example",
        native_kind="domain",
        provider="aws",
        account="1",
        name="tax.example",
        endpoint=Endpoint(url="https://tax.example"),
    )
    around = Batch(surroundings=((PART, "tax.example", door),), documents={"c0ffee": b"openapi"})
    store.estate.save(
        "prod", [EstateEntry(source="prod", provider="aws", key="1")], provider="aws", at=T0
    )
    limited = (Operation("GET", "/refunds", security=IAM, match="template", rate_limits=(LIMIT,)),)
    changes: dict[int, Any] = {4: {"operations": limited}}
    visit(store, batch(*(make(n, **changes.get(n, {})) for n in range(6))), around)
    conclusions = {
        make(n).uid: Conclusion(api="api", endpoints=("https://tax.example",)) for n in (0, 1)
    }
    apis = [Api(uid="api", title="Tax", redirects=("older",))]
    store.conclusions.save(conclusions, apis, seq=7, at=T0)
    store.measurements.save("probe", {make(0).uid: MEASURED})
    gone = PresenceChange(uid=make(5).uid, presence="missing", missing_since=later, missing_runs=1)
    unseen = NotObserved(uid=make(4).uid, reason="throttled")
    gap = Gap(native_id=make(3).native_api_id, detail="stages", error=DENIED)
    visit(
        store,
        batch(make(0, title="new"), kind="changed"),
        at=later,
        parts=[part("partial", gaps=(gap,))],
        verdict=Verdict(presence=(gone,), not_observed=(unseen,)),
    )
    store.runs.begin(SCOPE, at=later)


def dump(store: Store) -> str:
    """Return a store's rows as statements that SQLite reads, and PostgreSQL after `for_dialect`."""
    lines = []
    for table in metadata.sorted_tables:
        for record in records(store, table.name):
            columns = ", ".join(f'"{name}"' for name in record)
            values = ", ".join(_literal(value) for value in record.values())
            lines.append(f'INSERT INTO "{table.name}" ({columns}) VALUES ({values});')
    return "\n".join(lines) + "\n"


def load(connection: Connection, statements: str) -> None:
    """Run what `dump` wrote."""
    for line in statements_of(statements):
        text = line
        if connection.dialect.name == "postgresql":
            text = re.sub(r"X'([0-9a-f]*)'", r"'\\x\1'::bytea", line).replace("%", "%%")
        connection.exec_driver_sql(text)


def statements_of(text: str) -> list[str]:
    """Return the statements of a dump; a text in it may hold line breaks."""
    return text.removesuffix(";\n").split(";\n")


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return f"'{int(value)}'"
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(f"{folder}/s.db", write=True) as filled,
    ):
        fill(filled)
        (SCHEMAS / f"{sys.argv[1]}.sql").write_text(dump(filled), encoding="utf-8")
