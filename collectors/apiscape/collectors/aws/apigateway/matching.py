"""How API Gateway compares a request's path with that of an operation."""

from __future__ import annotations

from apiscape.model.vocabulary import PathMatch

DEFAULT_ROUTE = "$default"
"""Key of the route that takes whatever no other route does."""


def match_of(template: str) -> str:
    """Return how a path is compared: parameters take a segment, a greedy one (`{proxy+}`) all that follow."""
    if template == DEFAULT_ROUTE or template.endswith("+}"):
        return PathMatch.PREFIX
    return PathMatch.TEMPLATE if "{" in template else PathMatch.EXACT
