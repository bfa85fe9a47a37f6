"""Rows for examples: one plain deployment, to be varied by keyword."""

from __future__ import annotations

from typing import Any

import msgspec

from apiscape.model.row import Row

PLAIN = Row(
    uid="u1",
    name="Tax Returns",
    provider="aws",
    product="aws.apigateway.rest",
    source="prod",
    scope="prod/111122223333/aws.apigateway.rest",
    account="111122223333",
    native_id="aws:111122223333:eu-west-1:abc123/live",
)


def row(**values: Any) -> Row:
    """Return the plain deployment with other values."""
    return msgspec.structs.replace(PLAIN, **values)
