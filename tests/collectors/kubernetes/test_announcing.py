"""Where contracts are said to be: everybody's way of it, none of them fetched, no credential kept."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from apiscape.collectors.kubernetes.announcing import ADDRESS_SIZE
from apiscape.collectors.kubernetes.objects import Metadata
from apiscape.collectors.kubernetes.telling import around, tell
from apiscape.collectors.kubernetes.voicing import service_voice
from apiscape.model.deployment import Spec


def meta(name: str, annotations: dict[str, str], labels: dict[str, str] | None = None) -> Metadata:
    body = {"name": name, "namespace": "shop", "annotations": annotations, "labels": labels}
    return msgspec.convert(body, Metadata)


NOTHING = meta("api", {})


def documents_of(own: Metadata, services: Sequence[Metadata]) -> tuple[Spec, ...]:
    resource = "services" if own in services else "routes"
    itself = (resource, own.namespace, own.name)
    others = around(own.namespace, [service_voice(each) for each in services], None, itself)
    return tell(own, others, resource=resource).documents


def of_service(annotations: dict[str, str], labels: dict[str, str] | None = None) -> list[Spec]:
    return list(documents_of(NOTHING, [meta("cat", annotations, labels)]))


@pytest.mark.parametrize(
    ("annotations", "where", "kind"),
    [
        (
            {"apiscape.io/openapi-url": "https://docs.example/o.json"},
            "https://docs.example/o.json",
            "openapi",
        ),
        ({"apiscape.io/openapi-path": "/o.json"}, "http://cat.shop.svc/o.json", "openapi"),
        (
            {
                "discovery.3scale.net": "true",
                "discovery.3scale.net/scheme": "https",
                "discovery.3scale.net/port": "8443",
                "discovery.3scale.net/description-path": "api/doc",
            },
            "https://cat.shop.svc:8443/api/doc",
            "openapi",
        ),
        (
            {
                "api.service.kubernetes.io/scheme": "http",
                "api.service.kubernetes.io/description-path": "cxf/swagger.json",
                "api.service.kubernetes.io/description-language": "SwaggerJSON",
            },
            "http://cat.shop.svc/cxf/swagger.json",
            "swagger",
        ),
        (
            {
                "discovery.kuadrant.io/enabled": "true",
                "discovery.kuadrant.io/oas-path": "/openapi",
                "discovery.kuadrant.io/oas-name-port": "web",
            },
            "http://cat.shop.svc/openapi",
            "openapi",
        ),
        (
            {
                "discovery.kuadrant.io/enabled": "true",
                "discovery.kuadrant.io/oas-configmap": "toys",
            },
            "configmap:shop/toys",
            "openapi",
        ),
        ({"gateway.kusk.io/openapi-url": "https://k.example/o"}, "https://k.example/o", "openapi"),
        ({"kusk-gateway/openapi-url": "https://k.example/o"}, "https://k.example/o", "openapi"),
        (
            {"openapi.aggregator.io/swagger": "true"},
            "http://cat.shop.svc:8080/v2/api-docs",
            "openapi",
        ),
        (
            {
                "openapi.aggregator.io/swagger": "true",
                "openapi.aggregator.io/path": "/v3",
                "openapi.aggregator.io/port": "9090",
            },
            "http://cat.shop.svc:9090/v3",
            "openapi",
        ),
    ],
)
def test_each_way_of_announcing(annotations: dict[str, str], where: str, kind: str) -> None:
    (spec,) = of_service(annotations)
    assert (spec.source_uri, spec.format) == (where, kind)
    assert spec.not_kept is not None
    assert spec.not_kept.startswith("not fetched")
    assert spec.not_kept.endswith("of Service shop/cat")
    assert spec.source_sha256 is None


def test_a_sign_may_be_a_label() -> None:
    (spec,) = of_service(
        {"discovery.3scale.net/description-path": "/d"}, {"discovery.3scale.net": "True"}
    )
    assert spec.source_uri == "http://cat.shop.svc/d"


@pytest.mark.parametrize(
    "annotations",
    [
        {},
        {"discovery.3scale.net/description-path": "/d"},
        {"discovery.3scale.net": "false", "discovery.3scale.net/description-path": "/d"},
        {"openapi.aggregator.io/path": "/d"},
        {"apiscape.io/openapi-url": "  "},
        {"apiscape.io/openapi-url": "https://e.example/" + "x" * ADDRESS_SIZE},
    ],
)
def test_what_announces_nothing(annotations: dict[str, str]) -> None:
    assert of_service(annotations) == []


def test_a_path_of_anything_but_a_service_stays_a_path() -> None:
    (spec,) = documents_of(meta("api", {"apiscape.io/openapi-path": "/o.json"}), [])
    assert spec.source_uri == "/o.json"
    assert (
        spec.not_kept
        == "not fetched: where it is, is said by apiscape.io/openapi-path of the object"
    )


def test_a_service_that_is_exposed_itself_announces_once() -> None:
    service = meta("cat", {"apiscape.io/openapi-path": "/o.json"})
    assert [each.source_uri for each in documents_of(service, [service])] == [
        "http://cat.shop.svc/o.json"
    ]


def test_an_object_and_its_services_all_announce() -> None:
    own = meta("api", {"apiscape.io/openapi-url": "https://e.example/a"})
    services = [meta(name, {"apiscape.io/openapi-path": "/o"}) for name in ("cat", "dog")]
    assert [each.source_uri for each in documents_of(own, services)] == [
        "https://e.example/a",
        "http://cat.shop.svc/o",
        "http://dog.shop.svc/o",
    ]


@pytest.mark.parametrize(
    ("annotations", "where"),
    [
        (
            {"apiscape.io/openapi-url": "https://u:CANARY@e.example/o?key=CANARY#CANARY"},
            "https://e.example/o",
        ),
        ({"apiscape.io/openapi-path": "/o?key=CANARY"}, "http://cat.shop.svc/o"),
        ({"apiscape.io/openapi-path": "https://u:CANARY@e.example/o"}, "https://e.example/o"),
        (
            {"apiscape.io/openapi-path": "/o", "apiscape.io/openapi-port": "80@CANARY"},
            "http://cat.shop.svc/o",
        ),
        (
            {"apiscape.io/openapi-path": "/o", "apiscape.io/openapi-scheme": "CANARY"},
            "http://cat.shop.svc/o",
        ),
    ],
)
def test_no_credential_is_kept(annotations: dict[str, str], where: str) -> None:
    (spec,) = of_service(annotations)
    assert spec.source_uri == where
    assert b"CANARY" not in msgspec.json.encode(spec)
