"""Who calls APIs, as the model has it: by name, never by key."""

from __future__ import annotations

from apiscape.collectors.kubernetes.deploying.deployment import Place, labels_of
from apiscape.collectors.kubernetes.exposed import Called
from apiscape.collectors.kubernetes.resource import PROVIDER, Resource
from apiscape.model.identity import entity_uid
from apiscape.model.surroundings import Consumer
from apiscape.model.values import UNKNOWN, Unknown, is_known

NO_STAGE = ""
"""APIs of a cluster have no stages."""


def consumer_of(called: Called, resource: Resource, place: Place) -> Consumer:
    """Return the consumer that an object states."""
    metadata = called.metadata
    native_id = place.native_id(resource.path, metadata.key)
    return Consumer(
        uid=entity_uid("consumer", native_id),
        native_id=native_id,
        native_kind=resource.path,
        provider=PROVIDER,
        account=place.cluster,
        name=called.name or metadata.key,
        admits=_admits(called, place),
        rate_limit_per_s=called.rate_limit_per_s,
        quota=called.quota,
        labels=labels_of(metadata, {}),
    )


def _admits(called: Called, place: Place) -> tuple[tuple[str, str], ...] | Unknown:
    if not is_known(called.admits):
        return UNKNOWN
    return tuple((place.native_id(path, key), NO_STAGE) for path, key in called.admits)
