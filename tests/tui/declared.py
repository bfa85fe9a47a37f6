"""Records of catalogues for screens: what leads to nothing, to some, to all, and what nobody can tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apiscape.client.catalogues import Declaration, Named
from apiscape.model.row import Row
from tests.tui.rows import LAST_RUN

_ACCOUNT = "111122223333"
_NATIVE = f"aws:{_ACCOUNT}:eu-west-2"


def an_end(native: str, dangling: str, name: str | None = None, **more: Any) -> Named:
    """Return a deployment that is named; where it is there, it has a name."""
    facts: dict[str, Any] = {
        "uid": f"uid-{native}",
        "product": "aws.apigateway.rest",
        "account": _ACCOUNT,
        "region": "eu-west-2",
    } | more
    return Named(native_id=f"{_NATIVE}:{native}", name=name, dangling=dangling, **facts)


def a_declaration(
    name: str, dangling: str, *names: Named, reason: str | None = None, **more: Any
) -> Declaration:
    """Return a record of the department's registry."""
    facts: dict[str, Any] = {
        "product": "aws.agentregistry.record",
        "kind": "aws.agentregistry.record",
        "catalogue": "department-agents",
        "style": "mcp",
        "version": "1",
        "lifecycle": "approved",
        "source": "prod",
        "scope": f"prod/{_ACCOUNT}/eu-west-2/aws.agentregistry.record",
        "region": "eu-west-2",
        "seen_at": LAST_RUN,
    } | more
    return Declaration(
        uid=f"record-{name}",
        name=name,
        provider="aws",
        account=_ACCOUNT,
        native_id=f"{_NATIVE}:agent-registry:registry/{name}",
        names=names,
        dangling=dangling,
        reason=reason,
        **facts,
    )


def some_declarations(rows: Sequence[Row]) -> tuple[Declaration, ...]:
    """Return four records, the worst of them last; they lead to the first of some rows."""
    led = an_end("restapis/1/prod", "no", rows[0].name, uid=rows[0].uid, stage="prod")
    gone = an_end(
        "bedrock-agentcore:gateway/parking",
        "yes",
        product="aws.agentcore.gateway",
        evidence=(
            "DETECTED_FROM arn:aws:bedrock-agentcore:eu-west-2:111122223333:gateway/parking",
        ),
    )
    away = an_end("restapis/9/prod", "yes", evidence=("page GET /orders", "page GET /orders/{id}"))
    portal: dict[str, Any] = {
        "kind": "aws.apigateway.portal",
        "product": "aws.apigateway.portals",
        "catalogue": "Open data for developers",
        "style": None,
        "version": None,
        "lifecycle": "live",
        "urls": ("https://developers.example",),
    }
    return (
        a_declaration("ledger-tools", "no", led),
        a_declaration(
            "letter-writer",
            "unknown",
            reason="it names no source, and what it describes is not read",
            lifecycle="planned",
        ),
        a_declaration(
            "Open data for developers",
            "yes",
            led,
            away,
            reason=f"not in prod/{_ACCOUNT}/eu-west-2/aws.apigateway.rest: {away.title}",
            **portal,
        ),
        a_declaration(
            "parking-permits",
            "yes",
            gone,
            reason=f"not in prod/{_ACCOUNT}/eu-west-2/aws.agentcore.gateway: {gone.title}",
            title="Parking permits",
        ),
    )
