"""How long reads of a large store take: `python -m tests.bench.reads [DEPLOYMENTS] [STORE]`.

Makes an SQLite store of synthetic deployments with ten operations each, straight into the tables,
where the file does not exist yet, and prints the median and the 95th percentile of each read.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from apiscape.model.codec import encode
from apiscape.model.deployment import Deployment, Endpoint, Operation, Owner
from apiscape.model.identity import aws_native_id, deployment_uid, staged
from apiscape.model.run import Reach, Scope
from apiscape.model.security import ANONYMOUS, Scheme, Security
from apiscape.model.values import utc_millis
from apiscape.store import open_store, schema
from apiscape.store.reading.reader import Reader
from apiscape.store.writing.rows import project_deployment

NOW = datetime(2026, 9, 30, 12, 0, tzinfo=UTC)
ROUNDS = 15
BATCH = 2_000
SCOPES = 300
WORDS = (
    *("tax", "benefit", "order", "payment", "citizen", "search", "notify", "address", "vehicle"),
    *("licence", "passport", "pension", "report", "upload", "audit", "claim", "visa", "health"),
    *("school", "council", "border", "trade", "fishing", "farm", "land", "court", "prison"),
    *("police", "fire", "ambulance"),
)
PRODUCTS = ("aws.apigateway.rest", "aws.apigateway.http", "aws.apigateway.websocket")
ENVIRONMENTS = ("production", "staging", "test", "unknown")
FACETS = ("provider", "product", "account", "region", "environment", "auth", "health")
SECURED = Security(requirement="required", schemes=(Scheme(kind="iam"),))


def scope_of(number: int) -> Scope:
    """Return one of the scopes."""
    account, region = (
        f"{111_122_220_000 + number // 6:012d}",
        ("eu-west-1", "eu-west-2")[number % 2],
    )
    reach = Reach(key=f"{account}/{region}", account=account, region=region)
    return Scope(source="prod", provider="aws", product=PRODUCTS[number % 3], reach=reach)


def deployment_of(number: int, scope: Scope, chance: random.Random) -> Deployment:
    """Return a synthetic deployment."""
    reach = scope.reach
    native_api_id = aws_native_id(
        "aws", reach.account, reach.region or "", scope.product, f"a{number:07d}"
    )
    native_id = staged(native_api_id, "v1")
    words = chance.sample(WORDS, 3)
    name = "-".join([*words, str(number % 1000)])
    return Deployment(
        uid=deployment_uid(native_id),
        native_id=native_id,
        native_api_id=native_api_id,
        native_kind=scope.product,
        provider="aws",
        product=scope.product,
        account=reach.account,
        region=reach.region,
        name=name,
        title=f"The {name}",
        style="rest",
        gateway=f"gw-{number % 50}",
        environment=ENVIRONMENTS[number % 4],
        stage="v1",
        status="active",
        endpoints=(
            Endpoint(url=f"https://a{number:07d}.execute-api.{reach.region}.amazonaws.com/v1"),
        ),
        exposure="internet",
        operations=tuple(
            Operation(
                verb="GET",
                template=f"/{chance.choice(WORDS)}/{chance.choice(WORDS)}/{{id}}/{ordinal}",
                security=ANONYMOUS if number % 3 == 0 else SECURED,
            )
            for ordinal in range(10)
        ),
        owners=(Owner(name=f"Team {chance.choice(WORDS)}"),),
        backends=(),
        specs=(),
        labels={"team": chance.choice(WORDS), "cost": str(number % 100)},
    )


def build(path: Path, count: int) -> None:
    """Write a store of `count` deployments."""
    with open_store(str(path), write=True) as store:
        scopes = [scope_of(number) for number in range(SCOPES)]
        with store.database.write() as connection:
            _write_scopes(connection, scopes)
        chance = random.Random(1)
        for start in range(1, count + 1, BATCH):
            with store.database.write() as connection:
                numbers = range(start, min(start + BATCH, count + 1))
                items = [
                    (n, n % SCOPES + 1, deployment_of(n, scopes[n % SCOPES], chance))
                    for n in numbers
                ]
                _write(connection, items, scopes)


def _write_scopes(connection: sa.Connection, scopes: list[Scope]) -> None:
    at = utc_millis(NOW)
    connection.execute(sa.insert(schema.source), [{"pk": 1, "name": "prod", "provider": "aws"}])
    values = [
        {
            "pk": key,
            "key": scope.key + f"#{key}",
            "source_pk": 1,
            "source": scope.source,
            "provider": scope.provider,
            "product": scope.product,
            "reach_key": scope.reach.key,
            "account": scope.reach.account,
            "region": scope.reach.region,
            "generation": 1,
            "last_complete_at": at,
        }
        for key, scope in enumerate(scopes, start=1)
    ]
    parts = [
        {"pk": v["pk"], "scope_pk": v["pk"], "name": "apis", "stale": False, "observed_at": at}
        for v in values
    ]
    connection.execute(sa.insert(schema.scope), values)
    connection.execute(sa.insert(schema.part), parts)


def _write(
    connection: sa.Connection, items: list[tuple[int, int, Deployment]], scopes: list[Scope]
) -> None:
    held, rows, docs, deeps, facts = [], [], [], [], []
    for key, scope_pk, item in items:
        shown = project_deployment(key, item, scopes[scope_pk - 1], None)
        held.append(_held(key, scope_pk, item))
        rows.append(shown.columns)
        docs.append(shown.doc)
        deeps.append(shown.deep)
        facts.append({"deployment_pk": key, "from_seq": key, "doc": encode(item)})
    for table, values in (
        (schema.deployment, held),
        (schema.row, rows),
        (schema.row_doc, docs),
        (schema.deep, deeps),
        (schema.deployment_version, facts),
    ):
        connection.execute(sa.insert(table), values)


def _held(key: int, scope_pk: int, item: Deployment) -> dict[str, Any]:
    at = utc_millis(NOW)
    return {
        "pk": key,
        "uid": item.uid,
        "native_id": item.native_id,
        "native_api_key": f"aws|{item.account}|{item.native_api_id}",
        "name": item.name,
        "stage": item.stage,
        "scope_pk": scope_pk,
        "part_pk": scope_pk,
        "listed_id": item.native_api_id,
        "facts_hash": b"0" * 16,
        "detail_hash": b"0" * 16,
        "presence": "present",
        "missing_runs": 0,
        "first_seen_at": at,
        "changed_at": at,
    }


def reads(reader: Reader) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield what is measured: a name and the read."""
    uid = reader.page("", limit=1).items[0].uid
    yield "page of 50, one common word, by name", lambda: reader.page("tax sort:name")
    yield "page of 50, one common word, by uid", lambda: reader.page("tax")
    yield "page of 50, word that all have, by name", lambda: reader.page("aws sort:name")
    yield "page of 50, three words, by name", lambda: reader.page("tax land report sort:name")
    yield "page of 50, rare piece of a path", lambda: reader.page("path:/tax/land sort:name")
    yield "page of 50, all, by name", lambda: reader.page("sort:name")
    yield (
        "page of 50, word and field, by p95",
        lambda: reader.page("tax env:production sort:p95:desc"),
    )
    yield "page of 50, field that may be unknown", lambda: reader.page("env:production sort:name")
    yield "page of 50, two letters", lambda: reader.page("ta sort:name")
    yield "page of 50, tag", lambda: reader.page("tag:team=tax sort:name")
    yield "page of 50, pattern over all", lambda: reader.page("/tax-l.nd/ sort:name")
    yield "select, one common word", lambda: reader.select("tax")
    yield "select, one common word, by name", lambda: reader.select("tax sort:name")
    yield "select, all", lambda: reader.select("")
    yield "7 facets, unfiltered", lambda: reader.facets("", FACETS)
    yield "7 facets with owner, unfiltered", lambda: reader.facets("", (*FACETS[:-1], "owner"))
    yield "7 facets, one common word", lambda: reader.facets("tax", FACETS)
    yield (
        "7 facets, presence and freshness too",
        lambda: reader.facets("", (*FACETS[:5], "presence", "freshness")),
    )
    yield "detail", lambda: reader.detail(uid)
    yield "scopes", reader.scopes
    yield "summary", reader.summary


def main() -> None:
    """Make the store and print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    folder = tempfile.TemporaryDirectory()
    path = Path(sys.argv[2] if len(sys.argv) > 2 else f"{folder.name}/reads.db")
    if not path.exists():
        began = time.perf_counter()
        build(path, count)
        print(f"{count:,} deployments written in {time.perf_counter() - began:.1f} s")
    print(f"{path.stat().st_size / 1e6:.0f} MB")
    with open_store(str(path), write=False) as store:
        reader = Reader(store.database, lambda: NOW)
        for name, read in reads(reader):
            _measure(name, read, ROUNDS)
        _measure("snapshot", reader.snapshot, 3)
    folder.cleanup()


def _measure(name: str, read: Callable[[], object], rounds: int) -> None:
    read()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        read()
        times.append((time.perf_counter() - began) * 1e3)
    times.sort()
    print(
        f"{name:40} p50 {times[len(times) // 2]:8.1f} ms   p95 {times[int(len(times) * 0.95)]:8.1f} ms"
    )


if __name__ == "__main__":
    main()
