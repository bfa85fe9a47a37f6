"""What all APIs of AppSync have in common: identity, names, owners, tags."""

from __future__ import annotations

import msgspec

from apiscape.collectors.aws import framing
from apiscape.collectors.aws.appsync import naming
from apiscape.collectors.aws.framing import Subject
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import Item, flag, is_set, labels, text
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.aws.surface import switch
from apiscape.collectors.words import owner_named
from apiscape.model.deployment import Deployment, Owner, Protections
from apiscape.model.values import UNKNOWN, known_or
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
    tags = labels(api, "tags")
    subject = Subject(
        kind=kind,
        word=naming.SERVICE,
        resource=api_id,
        name=text(api, "name") or api_id,
        gateway="AppSync",
        tags=tags,
        console=naming.console(place, api_id),
    )
    made = framing.frame(subject, place, keys)
    return msgspec.structs.replace(
        made,
        description=None,
        status=Status.ACTIVE,
        owners=_owners(text(api, "ownerContact"), known_or(made.owners, ())),
        protections=protections(api, logs=False),
        specs=UNKNOWN,
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


def _owners(contact: str | None, told: tuple[Owner, ...]) -> tuple[Owner, ...]:
    """Return who answers: who a tag names, to be reached as the API's own field says, or that alone."""
    if contact is None:
        return told
    if not told:
        return (owner_named(contact),)
    first, *others = told
    return (msgspec.structs.replace(first, contact=contact), *others)
