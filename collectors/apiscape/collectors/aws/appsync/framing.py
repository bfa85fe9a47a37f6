"""What all APIs of AppSync have in common: identity, names, owners, tags."""

from __future__ import annotations

import msgspec

from apiscape.collectors.aws.appsync import naming
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import Item, flag, is_set, labels, text
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.aws.surface import switch
from apiscape.collectors.aws.tags import Told, read_told
from apiscape.collectors.words import owner_named
from apiscape.model.deployment import Deployment, Owner, Protections
from apiscape.model.identity import deployment_uid
from apiscape.model.vocabulary import Status, Switch


def frame(api: Item, kind: str, place: Place, keys: TagSettings) -> Deployment:
    """Return a deployment with what is said alike of all APIs; they have no stages.

    Args:
        api: Item of the listing.
        kind: The product, which is also the native kind.
        place: Of whoever owns it.
        keys: Which tags say what.
    """
    api_id = text(api, "apiId") or ""
    native_id = naming.native_id(place, api_id)
    tags = labels(api, "tags")
    told = read_told(tags, keys, stage=None, account_title=place.title)
    return Deployment(
        uid=deployment_uid(native_id),
        native_id=native_id,
        native_api_id=native_id,
        native_kind=kind,
        native_url=naming.console_url(place, api_id),
        provider="aws",
        product=kind,
        account=place.account,
        region=place.region,
        name=text(api, "name") or api_id,
        title=None,
        description=None,
        gateway=naming.gateway(place),
        environment=told.environment,
        environment_raw=told.environment_raw,
        version=told.version,
        status=Status.ACTIVE,
        lifecycle=told.lifecycle,
        owners=_owners(text(api, "ownerContact"), told),
        labels=tags,
        consumers=None,
        protections=protections(api, logs=False),
        provenance=told.provenance,
    )


def protections(api: Item, *, logs: bool | None) -> Protections:
    """Return the protections of an API; a rate limit and client certificates are not offered.

    Args:
        api: Item of the listing.
        logs: Whether it writes logs; `None` where that cannot be read.
    """
    return Protections(
        rate_limit=Switch.DISABLED,
        waf=switch(is_set(api, "wafWebAclArn")),
        access_log=switch(logs),
        tracing=switch(flag(api, "xrayEnabled")),
        mtls=Switch.DISABLED,
    )


def _owners(contact: str | None, told: Told) -> tuple[Owner, ...]:
    """Return who answers: who a tag names, to be reached as the API's own field says, or that alone."""
    if contact is None:
        return told.owners
    if not told.owners:
        return (owner_named(contact),)
    first, *others = told.owners
    return (msgspec.structs.replace(first, contact=contact), *others)
