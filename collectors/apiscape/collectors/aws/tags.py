"""What tags, stage and account names tell: owners, environment, lifecycle, version (see `collectors.words`)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.words import (
    ENVIRONMENTS,
    LIFECYCLES,
    find,
    inferred_environment,
    owner_named,
    tag_claims,
    winner,
)
from apiscape.model.deployment import Owner
from apiscape.model.provenance import Claim, settle
from apiscape.model.vocabulary import Environment, Lifecycle, ProvenanceMethod

STAGE_CONFIDENCE = 0.8
ACCOUNT_CONFIDENCE = 0.5


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
    owners = settle(tag_claims(tags, keys.owner))
    lifecycles = settle(tag_claims(tags, keys.lifecycle, LIFECYCLES))
    versions = settle(tag_claims(tags, keys.version))
    environments = settle(
        (
            *tag_claims(tags, keys.environment, ENVIRONMENTS),
            *inferred_environment(stage, "stage name", STAGE_CONFIDENCE),
            *inferred_environment(account_title, "account name", ACCOUNT_CONFIDENCE),
        )
    )
    claims = {
        "owners": owners,
        "environment": environments,
        "lifecycle": lifecycles,
        "version": versions,
    }
    return Told(
        owners=tuple(owner_named(claim.value) for claim in owners[:1]),
        environment=winner(environments) or Environment.UNKNOWN,
        environment_raw=next((value for _, value in find(tags, keys.environment)), stage),
        lifecycle=winner(lifecycles) or Lifecycle.UNKNOWN,
        version=winner(versions),
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
