"""Hypothesis strategies for two looks at one deployment: members of lists that come, go, move and turn."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from apiscape.model.deployment import (
    Backend,
    Deployment,
    Endpoint,
    Operation,
    Owner,
    Protections,
    Spec,
)
from apiscape.model.security import ANONYMOUS, UNKNOWN_SECURITY, Scheme, Security
from apiscape.model.values import UNKNOWN
from tests.unit.reconcile.rows import NOON, deployment

IAM = Security(requirement="required", schemes=(Scheme(kind="iam"),))

OPERATIONS = st.builds(
    Operation,
    st.sampled_from(["GET", "PUT"]),
    st.sampled_from(["/a", "/b"]),
    operation_id=st.sampled_from([None, "read"]),
    security=st.sampled_from([UNKNOWN_SECURITY, ANONYMOUS, IAM]),
    deprecated=st.sampled_from([UNKNOWN, True]),
)
BACKENDS = st.builds(
    Backend,
    st.sampled_from(["b", "c"]),
    st.sampled_from(["http", "lambda"]),
    st.sampled_from([UNKNOWN, None, "https://in.example"]),
)
ENDPOINTS = st.builds(
    Endpoint,
    st.sampled_from(["https://a.example", "https://b.example"]),
    enabled=st.sampled_from([UNKNOWN, False]),
)
OWNERS = st.builds(Owner, st.sampled_from(["Tax", "Pay"]), st.sampled_from(["owner", "lead"]))
SPECS = st.builds(
    Spec,
    st.sampled_from(["openapi", "graphql"]),
    st.sampled_from([None, "3.0.1"]),
    size_bytes=st.sampled_from([None, 1]),
)
LABELS = st.dictionaries(
    st.sampled_from(["team", "cost", "tier"]), st.sampled_from(["", "1"]), max_size=3
)


def _many(members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.just(UNKNOWN) | st.lists(members, max_size=4).map(tuple)


def deployments() -> st.SearchStrategy[Deployment]:
    """One deployment as a run may see it."""
    return st.builds(
        deployment,
        title=st.sampled_from([UNKNOWN, None, "Pay"]),
        style=st.sampled_from(["unknown", "rest"]),
        consumers=st.sampled_from([UNKNOWN, 0, 1]),
        endpoints=_many(ENDPOINTS),
        operations=_many(OPERATIONS),
        backends=_many(BACKENDS),
        specs=_many(SPECS),
        owners=_many(OWNERS),
        labels=st.just(UNKNOWN) | LABELS,
        protections=st.builds(Protections, waf=st.sampled_from(["unknown", "enabled"])),
        created_at=st.sampled_from([UNKNOWN, None, NOON]),
    )
