"""Where objects say that their contract can be read, in everybody's ways: hints, which are never fetched.

Sources: the 3scale guide on discoverable services, the service discovery proposal of kubernetes/community
(`api.service.kubernetes.io`), the documents of Kuadrant's first controller, of Kusk and of
openapi-aggregator-operator. Ours are `apiscape.io/openapi-url` and `apiscape.io/openapi-path`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from apiscape.collectors.kubernetes.objects import Metadata, key_of
from apiscape.collectors.specs import clean_address
from apiscape.collectors.words import fold
from apiscape.model.deployment import Spec

ADDRESS_SIZE = 2_048
"""What is longer is no address."""
_SCHEMES = ("http://", "https://")


class Announcement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One way of saying where a contract is.

    Attributes:
        key: Of the annotation that says it.
        kind: `url` for an address, `path` for a path at the Service's own address, `configmap` for
            the name of one.
        sign: Key that has to be `true` for any of it to count.
        scheme, port: Keys that say the rest of the address.
        usual: The path where it is not said.
        usual_port: The port where it is not said.
        language: Key that names the format.
    """

    key: str
    kind: str = "path"
    sign: str | None = None
    scheme: str | None = None
    port: str | None = None
    usual: str | None = None
    usual_port: str | None = None
    language: str | None = None


ANNOUNCEMENTS: tuple[Announcement, ...] = (
    Announcement(key="apiscape.io/openapi-url", kind="url"),
    Announcement(
        key="apiscape.io/openapi-path",
        scheme="apiscape.io/openapi-scheme",
        port="apiscape.io/openapi-port",
    ),
    Announcement(
        key="discovery.3scale.net/description-path",
        sign="discovery.3scale.net",
        scheme="discovery.3scale.net/scheme",
        port="discovery.3scale.net/port",
    ),
    Announcement(
        key="api.service.kubernetes.io/description-path",
        scheme="api.service.kubernetes.io/scheme",
        language="api.service.kubernetes.io/description-language",
    ),
    Announcement(
        key="discovery.kuadrant.io/oas-path",
        sign="discovery.kuadrant.io/enabled",
        scheme="discovery.kuadrant.io/scheme",
        port="discovery.kuadrant.io/oas-name-port",
    ),
    Announcement(
        key="discovery.kuadrant.io/oas-configmap",
        kind="configmap",
        sign="discovery.kuadrant.io/enabled",
    ),
    Announcement(key="gateway.kusk.io/openapi-url", kind="url"),
    Announcement(key="kusk-gateway/openapi-url", kind="url"),
    Announcement(
        key="openapi.aggregator.io/path",
        sign="openapi.aggregator.io/swagger",
        port="openapi.aggregator.io/port",
        usual="/v2/api-docs",
        usual_port="8080",
    ),
)

_SIGNS = frozenset(each.sign or each.key for each in ANNOUNCEMENTS)
"""Keys without one of which nothing is announced."""

FORMATS: Mapping[str, str] = {
    "swaggerjson": "swagger",
    "swaggeryaml": "swagger",
    "wadl": "wadl",
    "wsdl": "wsdl",
    "raml": "raml",
}
"""By what `description-language` calls it; what it does not name is taken for OpenAPI."""


def own_documents(own: Metadata) -> tuple[Spec, ...]:
    """Return where an object says that its own contract is; a path stays a path."""
    return _announced(own, "the object", None)


def service_documents(service: Metadata) -> tuple[Spec, ...]:
    """Return where a Service says that the contract of what routes to it is; a path is one at its own address."""
    name, namespace = service.name, service.namespace
    address = f"{name}.{namespace}.svc" if namespace else name
    return _announced(service, f"Service {key_of(namespace, name)}", address)


def _announced(metadata: Metadata, place: str, address: str | None) -> tuple[Spec, ...]:
    labels, annotations = metadata.labels or {}, metadata.annotations or {}
    if _SIGNS.isdisjoint(labels) and _SIGNS.isdisjoint(annotations):
        return ()
    told = {**labels, **annotations}
    return tuple(_said(told, place, address, metadata.namespace))


def _said(
    told: Mapping[str, str], place: str, address: str | None, namespace: str
) -> Iterator[Spec]:
    for each in ANNOUNCEMENTS:
        if each.sign is not None and told.get(each.sign, "").casefold() != "true":
            continue
        said = told.get(each.key, "").strip() or each.usual
        if said and len(said) <= ADDRESS_SIZE:
            named = each.key if each.key in told else each.sign
            yield Spec(
                format=FORMATS.get(fold(told.get(each.language or "", "")), "openapi"),
                source_uri=_where(each, said, told, address, namespace),
                not_kept=f"not fetched: where it is, is said by {named} of {place}",
            )


def _where(
    way: Announcement, said: str, told: Mapping[str, str], address: str | None, namespace: str
) -> str:
    """Return the address of a contract, without userinfo and query."""
    if way.kind == "configmap":
        return f"configmap:{key_of(namespace, said)}"
    clean = clean_address(said)
    if way.kind == "url" or address is None or clean.startswith(_SCHEMES):
        return clean
    scheme = told.get(way.scheme or "", "").casefold()
    port = told.get(way.port or "", "") or way.usual_port or ""
    at = f"{address}:{port}" if port.isdecimal() else address
    return f"{scheme if scheme in {'http', 'https'} else 'http'}://{at}/{clean.lstrip('/')}"
