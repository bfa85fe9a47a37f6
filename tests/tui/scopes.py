"""Scopes of the tests' department: most complete, one partial, one denied, one never run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from apiscape.client.inventory import ScopeStatus
from apiscape.model.row import Row
from apiscape.model.run import (
    ErrorRecord,
    EstateEntry,
    Exclusion,
    Gap,
    Ledger,
    PartReport,
    Reach,
    RunReport,
    Scope,
)
from tests.tui.rows import BEFORE, LAST_RUN

DENIED = ErrorRecord(
    kind="access_denied",
    message="the role may not list HTTP APIs",
    permission="apigateway:GET on /apis",
    operation="GetApis",
)
THROTTLED = ErrorRecord(kind="throttled", message="TooManyRequestsException after 5 attempts")
CALLER = "arn:aws:sts::111122223333:assumed-role/apiscape/agent"

ESTATE = (
    EstateEntry(source="prod", provider="aws", key="111122223333", title="tax-prod"),
    EstateEntry(source="prod", provider="aws", key="222233334444", title="payments-prod"),
    EstateEntry(source="prod", provider="aws", key="444455556666", title="benefits-prod"),
    EstateEntry(
        source="prod", provider="aws", key="555566667777", title="customs-sandbox",
        state="not_configured", reason="no role is configured for it",
    ),
    EstateEntry(
        source="prod", provider="aws", key="666677778888", title="legacy-billing",
        state="excluded", reason="exclude: accounts", accepted="closes in October, agreed with finance",
    ),
    EstateEntry(
        source="prod", provider="aws", key="777788889999", title="old-gateway", state="lost",
        reason="planned before, no longer offered by the organisation",
    ),
    EstateEntry(
        source="prod", provider="aws", key="222233334444/appsync", state="unsupported",
        reason="4 AppSync APIs that nothing reads yet",
    ),
)  # fmt: skip


def statuses(rows: Iterable[Row]) -> list[ScopeStatus]:
    """Return a status for each scope that rows are of, and one that was never visited."""
    tally: Counter[str] = Counter()
    unseen: Counter[str] = Counter()
    for row in rows:
        tally[row.scope] += 1
        unseen[row.scope] += row.freshness == "not_observed"
    found = [_status(key, tally[key], unseen[key]) for key in sorted(tally)]
    never = Scope(
        source="prod",
        provider="aws",
        product="aws.apigateway.domains",
        reach=Reach(key="444455556666/eu-west-2", account="444455556666", region="eu-west-2"),
    )
    return [*found, ScopeStatus(scope=never)]


def scope_of(key: str) -> Scope:
    """Return the scope of a key."""
    source, account, region, product = key.split("/")
    title = {"111122223333": "tax-prod", "222233334444": "payments-prod"}.get(
        account, "benefits-prod"
    )
    reach = Reach(
        key=f"{account}/{region}", account=account, region=region, title=f"{title} {region}"
    )
    return Scope(source=source, provider="aws", product=product, reach=reach)


def _status(key: str, deployments: int, unseen: int) -> ScopeStatus:
    scope = scope_of(key)
    if unseen:
        run = _run(scope, "failed", Ledger(calls=1), error=DENIED)
        return ScopeStatus(
            scope=scope,
            last_run=run,
            last_complete_at=BEFORE,
            deployments=deployments,
            not_observed=unseen,
        )
    if key == "prod/222233334444/eu-west-2/aws.apigateway.rest":
        ledger = Ledger(
            listed=61,
            recorded=57,
            skipped=1,
            failed=3,
            deployments=deployments,
            calls=64,
            throttled=9,
        )
        part = PartReport(
            part="restapis",
            outcome="partial",
            ledger=ledger,
            error=THROTTLED,
            skipped=(
                Exclusion(
                    native_id="aws:222233334444:eu-west-2:apigateway:zz",
                    reason="excluded by tag team=lab",
                ),
            ),
            failed=tuple(
                Exclusion(
                    native_id=f"aws:222233334444:eu-west-2:apigateway:{name}", error=THROTTLED
                )
                for name in ("q1w2e3", "r4t5y6", "u7i8o9")
            ),
            gaps=(
                Gap(
                    native_id="aws:222233334444:eu-west-2:apigateway:a1b2c3",
                    detail="tags",
                    error=DENIED,
                ),
            ),
        )
        run = _run(scope, "partial", ledger, parts=(part,))
        return ScopeStatus(
            scope=scope, last_run=run, last_complete_at=BEFORE, deployments=deployments
        )
    ledger = Ledger(
        listed=deployments // 3 + 2, listed_whole=True, recorded=deployments // 3, skipped=2,
        deployments=deployments, calls=deployments + 4,
    )  # fmt: skip
    part = PartReport(part="restapis", outcome="complete", ledger=ledger)
    run = _run(scope, "complete", ledger, parts=(part,))
    return ScopeStatus(
        scope=scope, last_run=run, last_complete_at=LAST_RUN, deployments=deployments
    )


def _run(
    scope: Scope,
    outcome: str,
    ledger: Ledger,
    *,
    error: ErrorRecord | None = None,
    parts: tuple[PartReport, ...] = (),
) -> RunReport:
    return RunReport(
        scope=scope,
        generation=17,
        started_at=LAST_RUN - timedelta(seconds=27),
        ended_at=LAST_RUN,
        outcome=outcome,
        ledger=ledger,
        parts=parts,
        error=error,
        caller=CALLER,
    )
