"""Words of people, and what they mean: owners, environments, lifecycles and versions in tags, labels and names.

A tag is somebody's word; a name is a guess. Both become claims, so that a better source overrules them
and a contradiction shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from apiscape.model.deployment import Owner
from apiscape.model.provenance import Claim
from apiscape.model.vocabulary import Environment, Lifecycle, ProvenanceMethod

ENVIRONMENTS: Mapping[str, str] = {
    **dict.fromkeys(("prod", "production", "prd", "live"), Environment.PRODUCTION),
    **dict.fromkeys(("staging", "stg", "preprod", "uat"), Environment.STAGING),
    **dict.fromkeys(("test", "testing", "tst", "qa", "sit"), Environment.TEST),
    **dict.fromkeys(("dev", "development", "develop"), Environment.DEVELOPMENT),
    **dict.fromkeys(("preview", "pr"), Environment.PREVIEW),
    **dict.fromkeys(("sandbox", "sbx"), Environment.SANDBOX),
}
"""Words found in tags and in names of stages, accounts and namespaces."""

LIFECYCLES: Mapping[str, str] = {
    **{str(word): word for word in Lifecycle if word != Lifecycle.UNKNOWN},
    **dict.fromkeys(("design", "discovery"), Lifecycle.PLANNED),
    **dict.fromkeys(("privatebeta", "publicbeta", "preview"), Lifecycle.BETA),
    **dict.fromkeys(("production", "active", "stable", "ga"), Lifecycle.LIVE),
    **dict.fromkeys(("sunset", "retiring", "deprecating"), Lifecycle.DEPRECATED),
    **dict.fromkeys(("decommissioned", "retirement", "obsolete"), Lifecycle.RETIRED),
}
"""Words found where a lifecycle is told."""

LATER_KEY = 0.1
"""By how much less a key is trusted than the one before it."""
LEAST = 0.5
_PREFIXED = re.compile(r"\b(pre|non)[^a-z0-9]?prod(?:uction)?\b")
_WORD = re.compile(r"[a-z]+")


def fold(key: str) -> str:
    """Return a key without case and separators, as keys are compared."""
    return "".join(letter for letter in key.casefold() if letter.isalnum())


_fold_key = lru_cache(maxsize=1024)(fold)
"""The same, kept: an estate has few keys, and each of them on most of its objects."""


def find(tags: Mapping[str, str], keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the tags that are meant and say something, in the order of the keys asked for."""
    for wanted in map(_fold_key, keys):
        for key, value in tags.items():
            if value and _fold_key(key) == wanted:
                yield key, value


def find_environment(words: str) -> str | None:
    """Return the environment that a name speaks of: `tax-prod-2` is production, `nonprod` is none."""
    plain = _PREFIXED.sub(r"\1prod", words.casefold())
    found = (ENVIRONMENTS.get(word) for word in _WORD.findall(plain))
    return next((environment for environment in found if environment), None)


def translate(value: str, words: Mapping[str, str] | None) -> str | None:
    """Return what a value means by a list of words; without one the value itself, unless it is blank."""
    if words is None:
        return value.strip() or None
    if words is ENVIRONMENTS:
        return find_environment(value)
    return words.get(fold(value))


def tag_claims(
    tags: Mapping[str, str], keys: Sequence[str], words: Mapping[str, str] | None = None
) -> Iterator[Claim]:
    """Yield one claim per tag that says something, surest first."""
    for position, (key, value) in enumerate(find(tags, keys)):
        said = translate(value, words)
        if said:
            sure = max(LEAST, 1.0 - LATER_KEY * position)
            yield Claim(said, ProvenanceMethod.TAG, f"tag:{key}", sure)


def inferred_environment(name: str | None, source: str, confidence: float) -> Iterator[Claim]:
    """Yield the environment that a name speaks of, as a guess."""
    environment = find_environment(name) if name else None
    if environment:
        yield Claim(environment, ProvenanceMethod.INFERRED, source, confidence)


def winner(claims: Sequence[Claim]) -> Any:  # noqa: ANN401 - a claim's value is of its field's type
    """Return what the first of settled claims says."""
    return claims[0].value if claims else None


def owner_named(name: str, contact: str | None = None) -> Owner:
    """Return an owner; one that is called by an address can be reached by it."""
    return Owner(name=name, contact=contact or (name if "@" in name else None))
