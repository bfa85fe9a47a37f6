"""Rows for screens: a believable department of some 300 deployments, and as many more as wanted."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from apiscape.model.identity import deployment_uid
from apiscape.model.row import Row
from apiscape.model.values import UNKNOWN

NOW = datetime(2026, 9, 30, 14, 5, tzinfo=UTC)
LAST_RUN = NOW - timedelta(minutes=3)
BEFORE = NOW - timedelta(hours=6)

SERVICES = (
    "tax-ledger", "tax-return", "vat-return", "vat-registration", "payments", "refunds",
    "customs-declaration", "tariff-lookup", "benefits-claim", "benefits-eligibility", "identity-verify",
    "address-lookup", "company-register", "document-store", "notify", "case-management",
    "fraud-signals", "child-benefit", "pension-forecast", "employer-reports", "audit-events",
    "forms-runtime", "exchange-rates", "stamp-duty", "trust-register",
)  # fmt: skip
PARTS = ("", "-events", "-admin", "-search", "-v2")
TEAMS = ("tax", "vat", "payments", "customs", "benefits", "identity", "platform")
ACCOUNTS = ("111122223333", "222233334444", "444455556666")
STAGES = (("prod", "production"), ("staging", "staging"), ("test", "test"))
PRODUCTS = (
    ("aws.apigateway.rest", "rest"),
    ("aws.apigateway.http", "http"),
    ("aws.apigateway.websocket", "websocket"),
)
HEALTH = (
    ("healthy", "serving", None, 70),
    ("degraded", "serving", "p95 912 ms over 15 min, limit 500 ms", 6),
    ("failing", "serving", "5xx 7.2 % over 15 min, limit 1 %", 4),
    ("idle", "serving", "no request for 9 days", 8),
    ("unknown", "configured", None, 40),
)
AUTH = (
    ("required", ("iam",), 0, 40),
    ("required", ("jwt", "oauth2"), 0, 25),
    ("mixed", ("jwt",), 2, 8),
    ("none", (), 9, 6),
    ("unknown", UNKNOWN, UNKNOWN, 6),
)
EXPOSED = (("internet", 60), ("private", 30), ("unknown", 8))


def department(count: int = 312, seed: int = 7) -> list[Row]:
    """Return that many rows; the same ones for the same seed."""
    chance = random.Random(seed)
    return [_row(number, chance) for number in range(count)]


def _row(number: int, chance: random.Random) -> Row:
    service = SERVICES[number // 3 % len(SERVICES)]
    part = PARTS[number // (3 * len(SERVICES)) % len(PARTS)]
    series = number // (3 * len(SERVICES) * len(PARTS))
    stage, environment = STAGES[number % 3]
    account = ACCOUNTS[number // 3 % 7 % 3]
    region = ("eu-west-2", "eu-west-1")[number // 3 % 4 == 3]
    product, style = PRODUCTS[number // 3 % 5 % 3]
    health, basis, reason = _weighted(HEALTH, chance)
    auth, schemes, unauthenticated = _weighted(AUTH, chance)
    (exposure,) = _weighted(EXPOSED, chance)
    operations = chance.randint(3, 48)
    measured = basis == "serving" and health != "idle"
    api = f"{chance.getrandbits(40):010x}"
    native_id = f"aws:{account}:{region}:apigateway:{api}/{stage}"
    unseen = product == "aws.apigateway.http" and region == "eu-west-1"
    name = f"{service}{part}" + (f"-{series:04d}" if series else "")
    return Row(
        uid=deployment_uid(native_id),
        name=name,
        title=name.replace("-", " ").title(),
        style=style,
        provider="aws",
        product=product,
        source="prod",
        scope=f"prod/{account}/{region}/{product}",
        account=account,
        native_id=native_id,
        region=region,
        gateway="API Gateway",
        environment=environment,
        stage=stage,
        version="1.4.0" if number % 4 else None,
        status="active",
        api=f"api-{service}{part}",
        endpoints=(f"https://{api}.execute-api.{region}.amazonaws.com/{stage}",),
        operations=operations if auth != "unknown" else UNKNOWN,
        unauthenticated=unauthenticated,
        auth=auth,
        schemes=schemes,
        exposure=exposure,
        audience="unknown",
        lifecycle="live" if environment == "production" else "beta",
        owners=_owners(service, chance),
        spec="openapi 3.0.1" if number % 5 else None,
        consumers=chance.randint(0, 40) if number % 2 else UNKNOWN,
        health=health,
        basis=basis,
        health_reason=reason,
        presence="missing" if number % 61 == 60 else "present",
        freshness="not_observed" if unseen else "current",
        observed_at=BEFORE if unseen else LAST_RUN,
        first_seen_at=NOW - timedelta(days=chance.randint(3, 380)),
        changed_at=NOW - timedelta(hours=chance.randint(1, 900)),
        missing_since=BEFORE if number % 61 == 60 else None,
        requests=float(chance.randint(10, 90_000)) if measured else UNKNOWN,
        errors_4xx=round(chance.random() * 3, 2) if measured else UNKNOWN,
        errors_5xx=7.2
        if health == "failing"
        else round(chance.random(), 2)
        if measured
        else UNKNOWN,
        p95_ms=round(chance.expovariate(1 / 140), 1) if measured else UNKNOWN,
    )


def _owners(service: str, chance: random.Random) -> Any:
    if chance.random() < 0.08:
        return ()
    if chance.random() < 0.05:
        return UNKNOWN
    team = next((team for team in TEAMS if service.startswith(team[:4])), "platform")
    return (f"Team {team.title()}",)


def _weighted(options: Sequence[tuple[Any, ...]], chance: random.Random) -> tuple[Any, ...]:
    chosen = chance.choices(options, [option[-1] for option in options])[0]
    return chosen[:-1]
