"""Deployments, writes and runs for tests, small and readable."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from apiscape.model.codec import detail_hash, facts_hash
from apiscape.model.deployment import Backend, Deployment, Operation, Spec
from apiscape.model.identity import deployment_uid, staged
from apiscape.model.known import Batch, Verdict, Write
from apiscape.model.run import Ledger, PartReport, Reach, RunReport, Scope
from apiscape.model.security import Scheme, Security
from apiscape.model.vocabulary import Outcome
from apiscape.store import OpenRun, Store

T0 = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
PART = "restapis"
PRODUCT = "aws.apigateway.rest"
ACCOUNT = "111122223333"

SCOPE = Scope(
    source="prod",
    provider="aws",
    product=PRODUCT,
    reach=Reach(key=f"{ACCOUNT}/eu-west-1", account=ACCOUNT, region="eu-west-1", title="tax"),
)
OTHER_SCOPE = msgspec.structs.replace(SCOPE, source="again")

IAM = Security(requirement="required", schemes=(Scheme(kind="iam"),), evidence="AWS_IAM")
OPEN = Security(requirement="none", evidence="NONE")


def doomed_environment() -> dict[str, str]:
    """Return the environment of a process that dies or runs out of room: it measures no coverage."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}


def make(number: int, **changes: Any) -> Deployment:
    """Return a deployment; equal numbers are the same one."""
    api = f"aws:{ACCOUNT}:eu-west-1:apigateway:/restapis/a{number:04}"
    stage = changes.get("stage", "prod")
    native_id = staged(api, stage)
    facts: dict[str, Any] = {
        "uid": deployment_uid(native_id),
        "native_id": native_id,
        "native_api_id": api,
        "native_kind": PRODUCT,
        "provider": "aws",
        "product": PRODUCT,
        "account": ACCOUNT,
        "region": "eu-west-1",
        "name": f"payments-{number}",
        "stage": stage,
        "environment": "production",
        "operations": (
            Operation(verb="GET", template=f"/payments/{number % 3}", security=IAM, backend="b"),
            Operation(verb="OPTIONS", template="/payments", security=OPEN, preflight=True),
        ),
        "backends": (Backend(key="b", kind="lambda", address="arn:aws:lambda:fn"),),
        "specs": (Spec(format="openapi", format_version="3.0.1", contract_sha256="c0ffee"),),
        "labels": {"team": "Tax"},
        "updated_at": T0,
    }
    return Deployment(**(facts | changes))


def write(item: Deployment, kind: str | None = "appeared", **changes: Any) -> Write:
    """Return the write of a deployment as reconcile would give it."""
    values: dict[str, Any] = {
        "item": item,
        "part": PART,
        "listed_id": item.native_api_id,
        "facts": facts_hash(item),
        "detail": detail_hash(item),
        "kind": kind,
    }
    return Write(**(values | changes))


def batch(*items: Deployment, kind: str | None = "appeared") -> Batch:
    return Batch(writes=tuple(write(item, kind) for item in items))


def part(outcome: str = Outcome.COMPLETE, name: str = PART, **more: Any) -> PartReport:
    return PartReport(part=name, outcome=outcome, **more)


def report(run: OpenRun, at: datetime, *parts: PartReport, **more: Any) -> RunReport:
    outcomes = [item.outcome for item in parts or (part(),)]
    values: dict[str, Any] = {
        "scope": run.scope,
        "generation": run.generation,
        "started_at": run.started_at,
        "ended_at": at,
        "outcome": outcomes[0],
        "ledger": Ledger(listed=1, listed_whole=True, recorded=1),
        "parts": parts or (part(),),
    }
    return RunReport(**(values | more))


def visit(
    store: Store,
    *batches: Batch,
    at: datetime = T0,
    scope: Scope = SCOPE,
    parts: Iterable[PartReport] = (),
    verdict: Verdict | None = None,
) -> OpenRun:
    """Run a scope once, from begin to end."""
    run = store.runs.begin(scope, at=at)
    for item in batches:
        store.runs.apply(run, item, at=at)
    store.runs.end(run, report(run, at, *parts), verdict or Verdict())
    return run
