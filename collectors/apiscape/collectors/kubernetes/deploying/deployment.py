"""A deployment of what is exposed, with its signals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from apiscape.collectors.kubernetes.core import NAMESPACES, SERVICES
from apiscape.collectors.kubernetes.deploying.endpoints import endpoints_of
from apiscape.collectors.kubernetes.deploying.operations import backends_of, operations_of
from apiscape.collectors.kubernetes.deploying.readiness import certificate, conditions, signals_of
from apiscape.collectors.kubernetes.deploying.stating import stated
from apiscape.collectors.kubernetes.exposed import Exposed, Served, services_of
from apiscape.collectors.kubernetes.objects import Metadata
from apiscape.collectors.kubernetes.resource import PRODUCT, PROVIDER, Look, Resource
from apiscape.collectors.kubernetes.settings import USUAL, KeySettings
from apiscape.collectors.kubernetes.telling import Around, Told, around, tell
from apiscape.collectors.kubernetes.voicing import Voice, namespace_voice, service_voice
from apiscape.model.deployment import Deployment, Operation, Protections
from apiscape.model.identity import (
    deployment_uid,
    entity_uid,
    exposed_native_id,
    kubernetes_native_id,
)
from apiscape.model.limits import summarise_limits
from apiscape.model.surroundings import Gateway, Signal
from apiscape.model.values import UNKNOWN, Unknown, known_or

NAMESPACE_LABEL = "k8s.namespace.name"
"""Label that the namespace is kept under, in the words of OpenTelemetry."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where objects are, and how they are read.

    Attributes:
        cluster: Its identity: the uid of its namespace kube-system.
        keys: Which labels and annotations say what.
    """

    cluster: str
    keys: KeySettings = USUAL

    def native_id(self, path: str, key: str) -> str:
        """Return what an object is called in every cluster of the world, by the path of its resource and its key."""
        return kubernetes_native_id(self.cluster, path, key)


def deploy(
    exposed: Exposed, resource: Resource, place: Place, look: Look, now: datetime
) -> list[Deployment | Signal]:
    """Return the deployment of what is exposed, and what is measured of it."""
    keys = place.keys
    targets = exposed.targets()
    others = _around(exposed, services_of(targets), resource, keys, look)
    told = tell(exposed.metadata, others, stated(exposed), keys, resource=resource.name)
    made = _facts(exposed, told, resource, place)
    return [made, *signals_of(exposed, targets, made.uid, look, now)]


def _facts(exposed: Exposed, told: Told, resource: Resource, place: Place) -> Deployment:
    metadata = exposed.metadata
    rules = exposed.rules
    object_id = place.native_id(resource.path, metadata.key)
    native_id = exposed_native_id(object_id, parent=exposed.parent, host=exposed.host)
    operations = UNKNOWN if rules is None else operations_of(rules)
    return Deployment(
        uid=deployment_uid(native_id),
        native_id=native_id,
        native_api_id=object_id,
        native_kind=resource.path,
        provider=PROVIDER,
        product=PRODUCT,
        account=place.cluster,
        name=metadata.key,
        title=told.title,
        description=told.description,
        style=exposed.style,
        gateway=exposed.gateway,
        environment=told.environment,
        environment_raw=told.environment_raw,
        version=told.version,
        status=exposed.status,
        status_reason=exposed.status_reason,
        lifecycle=told.lifecycle,
        endpoints=endpoints_of(exposed),
        exposure=exposed.reached.exposure,
        exposure_evidence=exposed.reached.evidence,
        operations=operations,
        backends=UNKNOWN if rules is None else backends_of(rules),
        protections=_protections(exposed, operations),
        owners=told.owners,
        specs=(*exposed.documents, *told.documents),
        consumers=exposed.consumers,
        labels=labels_of(metadata, exposed.links),
        created_at=_moment(metadata.creation_timestamp),
        provenance=told.provenance,
    )


def _protections(exposed: Exposed, operations: tuple[Operation, ...] | Unknown) -> Protections:
    """Return what stands before the backends; of what has no operations (a stream), limits are those of its rules."""
    of_each = dict.fromkeys([each.rate_limits for each in known_or(operations, ())])
    return Protections(
        rate_limit=summarise_limits(of_each) if of_each else exposed.rate_limit,
        waf=exposed.waf,
        request_validation=exposed.request_validation,
        cors=exposed.cors,
        access_log=exposed.access_log,
        tracing=exposed.tracing,
        mtls=exposed.mtls,
    )


def serve(
    served: Served, resource: Resource, place: Place, look: Look, now: datetime
) -> Iterator[Gateway | Signal]:
    """Yield a gateway, and what is measured of it."""
    metadata = served.metadata
    native_id = place.native_id(resource.path, metadata.key)
    uid = entity_uid("gateway", native_id)
    yield Gateway(
        uid=uid,
        native_id=native_id,
        native_kind=resource.path,
        provider=PROVIDER,
        account=place.cluster,
        name=metadata.key,
        hostnames=served.hosts,
        tls_min=served.tls_min,
        waf=served.waf,
        labels=labels_of(metadata, served.links),
    )
    yield from conditions(served.conditions, uid, now)
    yield from certificate(served.certificates, (), uid, look, now)


def _around(
    exposed: Exposed,
    services: tuple[str, ...],
    resource: Resource,
    keys: KeySettings,
    look: Look,
) -> Around:
    """Return what is said around an object, worked out once for all of a namespace that route to the same Services."""
    name = exposed.metadata.namespace
    itself = resource.name == SERVICES and exposed.metadata.key in services
    own = (SERVICES, name, exposed.metadata.name) if itself else None

    def work(look: Look) -> Around:
        heard = (_voice_of(SERVICES, key, keys, look) for key in services)
        said = [each for each in heard if each is not None]
        return around(name, said, _voice_of(NAMESPACES, name, keys, look), own)

    kept = " ".join((name, *services))
    if own:
        kept += f" but {own[2]}"
    return look.once("around", kept, work)


_VOICES = {NAMESPACES: namespace_voice, SERVICES: service_voice}


def _voice_of(resource: str, key: str, keys: KeySettings, look: Look) -> Voice | None:
    """Return what a namespace or a Service says of all that lies in it or routes to it; `None` of one not seen."""

    def work(look: Look) -> Voice | None:
        found = look.get(resource, key)
        return None if found is None else _VOICES[resource](found.metadata, keys)

    return look.once(f"voice of {resource}", key, work)


def labels_of(metadata: Metadata, links: dict[str, str]) -> dict[str, str]:
    """Return the labels of an object, with what it is called elsewhere and the namespace that it is in."""
    found = {**(metadata.labels or {}), **links}
    if metadata.namespace:
        found[NAMESPACE_LABEL] = metadata.namespace
    return found


def _moment(text: str | None) -> datetime | Unknown:
    if text is None:
        return UNKNOWN
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        return UNKNOWN
    return made if made.tzinfo else made.replace(tzinfo=UTC)
