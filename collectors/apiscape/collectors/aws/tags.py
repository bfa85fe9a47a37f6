"""What tags, stage and account names tell: owners, environment, lifecycle, version.

A tag is somebody's word; the name of a stage is a guess. Both are kept as claims, so that a
better source overrules them and a contradiction shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from apiscape.collectors.aws.settings import TagSettings
from apiscape.model.deployment import Owner
from apiscape.model.provenance import Claim, settle
from apiscape.model.vocabulary import Environment, Lifecycle, ProvenanceMethod

ENVIRONMENTS: Mapping[str, str] = {
    **dict.fromkeys(("prod", "production", "prd", "live"), Environment.PRODUCTION),
    **dict.fromkeys(("staging", "stg", "preprod", "uat"), Environment.STAGING),
    **dict.fromkeys(("test", "testing", "tst", "qa", "sit"), Environment.TEST),
    **dict.fromkeys(("dev", "development", "develop"), Environment.DEVELOPMENT),
    **dict.fromkeys(("preview", "pr"), Environment.PREVIEW),
    **dict.fromkeys(("sandbox", "sbx"), Environment.SANDBOX),
}
"""Words found in tags, stages and account names."""

LIFECYCLES: Mapping[str, str] = {
    **{str(word): word for word in Lifecycle if word != Lifecycle.UNKNOWN},
    **dict.fromkeys(("design", "discovery"), Lifecycle.PLANNED),
    **dict.fromkeys(("privatebeta", "publicbeta", "preview"), Lifecycle.BETA),
    **dict.fromkeys(("production", "active", "stable", "ga"), Lifecycle.LIVE),
    **dict.fromkeys(("sunset", "retiring", "deprecating"), Lifecycle.DEPRECATED),
    **dict.fromkeys(("decommissioned", "retirement", "obsolete"), Lifecycle.RETIRED),
}
"""Words found in lifecycle tags."""

STAGE_CONFIDENCE = 0.8
ACCOUNT_CONFIDENCE = 0.5
_LATER_KEY = 0.1
_LEAST = 0.5
_PREFIXED = re.compile(r"\b(pre|non)[^a-z0-9]?prod(?:uction)?\b")
_WORD = re.compile(r"[a-z]+")


class Told(msgspec.Struct, frozen=True, gc=False):
    """What could be learnt beside the gateway's own fields; `owners` is empty where no tag names one."""

    owners: tuple[Owner, ...]
    environment: str
    environment_raw: str | None
    lifecycle: str
    version: str | None
    provenance: dict[str, tuple[Claim, ...]]


def read_told(
    tags: Mapping[str, str], keys: TagSettings, *, stage: str | None, account_title: str | None
) -> Told:
    """Return what tags and names say, each with who said it."""
    owners = settle(_tag_claims(tags, keys.owner))
    lifecycles = settle(_tag_claims(tags, keys.lifecycle, LIFECYCLES))
    versions = settle(_tag_claims(tags, keys.version))
    environments = settle(
        (
            *_tag_claims(tags, keys.environment, ENVIRONMENTS),
            *_inferred(stage, "stage name", STAGE_CONFIDENCE),
            *_inferred(account_title, "account name", ACCOUNT_CONFIDENCE),
        )
    )
    claims = {
        "owners": owners,
        "environment": environments,
        "lifecycle": lifecycles,
        "version": versions,
    }
    return Told(
        owners=tuple(_owner(claim.value) for claim in owners[:1]),
        environment=_winner(environments) or Environment.UNKNOWN,
        environment_raw=next((value for _, value in _find(tags, keys.environment)), stage),
        lifecycle=_winner(lifecycles) or Lifecycle.UNKNOWN,
        version=_winner(versions),
        provenance={field: said for field, said in claims.items() if said},
    )


def settle_version(
    stated: str | None, told: Told
) -> tuple[str | None, dict[str, tuple[Claim, ...]]]:
    """Return the version and who said what: the gateway's own field comes before a tag."""
    if stated is None or told.version is None:
        return stated or told.version, told.provenance
    own = Claim(stated, ProvenanceMethod.SOURCE)
    return stated, {**told.provenance, "version": (own, *told.provenance["version"])}


def find_environment(words: str) -> str | None:
    """Return the environment that a name speaks of: `tax-prod-2` is production, `nonprod` is none."""
    plain = _PREFIXED.sub(r"\1prod", words.casefold())
    found = (ENVIRONMENTS.get(word) for word in _WORD.findall(plain))
    return next((environment for environment in found if environment), None)


def _tag_claims(
    tags: Mapping[str, str], keys: Sequence[str], words: Mapping[str, str] | None = None
) -> Iterator[Claim]:
    """Yield one claim per tag that says something, surest first."""
    for position, (key, value) in enumerate(_find(tags, keys)):
        said = _translate(value, words)
        if said:
            sure = max(_LEAST, 1.0 - _LATER_KEY * position)
            yield Claim(said, ProvenanceMethod.TAG, f"tag:{key}", sure)


def _translate(value: str, words: Mapping[str, str] | None) -> str | None:
    if words is None:
        return value.strip() or None
    if words is ENVIRONMENTS:
        return find_environment(value)
    return words.get(_fold(value))


def _inferred(name: str | None, source: str, confidence: float) -> Iterator[Claim]:
    environment = find_environment(name) if name else None
    if environment:
        yield Claim(environment, ProvenanceMethod.INFERRED, source, confidence)


def _find(tags: Mapping[str, str], keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the tags that are meant, in the order of the keys asked for."""
    for wanted in keys:
        for key, value in tags.items():
            if value and _fold(key) == _fold(wanted):
                yield key, value


def _fold(key: str) -> str:
    return "".join(letter for letter in key.casefold() if letter.isalnum())


def _winner(claims: tuple[Claim, ...]) -> Any:  # noqa: ANN401 - a claim's value is of its field's type
    return claims[0].value if claims else None


def _owner(name: str) -> Owner:
    return Owner(name=name, contact=name if "@" in name else None)
