"""Names in DNS for screens: one that dangles, one of which nobody can tell, one that is fine."""

from __future__ import annotations

from typing import Any

from apiscape.client.names import DnsName
from tests.tui.rows import BEFORE, LAST_RUN

_HOST = "d-0a1b2c3d4e.execute-api.eu-west-2.amazonaws.com"


def a_name(label: str, dangling: str, reason: str | None, **more: Any) -> DnsName:
    """Return a name in the department's zone."""
    facts: dict[str, Any] = {
        "points_at": (_HOST,),
        "zone": "public zone tax.gov.example",
        "since": BEFORE,
        "seen_at": LAST_RUN,
    } | more
    return DnsName(
        uid=f"name-{label}",
        name=f"{label}.tax.gov.example",
        provider="aws",
        product="aws.route53.names",
        source="prod",
        scope="prod/111122223333/aws.route53.names",
        account="111122223333",
        native_id=f"aws:111122223333::route53:hostedzone/Z1/{label}",
        dangling=dangling,
        reason=reason,
        **facts,
    )


def some_names() -> tuple[DnsName, ...]:
    """Return three names, the worst of them last."""
    return (
        a_name("api", "no", f"{_HOST} is api.tax.gov.example"),
        a_name("prices", "unknown", f"{_HOST} may be in prod/999988887777, which is not read"),
        a_name(
            "orders", "yes", f"{_HOST} was orders, which is gone from prod/1/aws.apigateway.rest"
        ),
    )
