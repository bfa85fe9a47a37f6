"""From what an object exposes to deployments and signals: addresses, operations, backends, certificates, people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from apiscape.collectors.kubernetes.deploying.deployment import deploy
from apiscape.collectors.kubernetes.deploying.endpoints import endpoints_of, url_of
from apiscape.collectors.kubernetes.deploying.operations import (
    backends_of,
    merged,
    operations_of,
    template,
)
from apiscape.collectors.kubernetes.deploying.readiness import conditions, signals_of
from apiscape.collectors.kubernetes.exposed import (
    Address,
    Condition,
    Exposed,
    Match,
    PathType,
    Reached,
    Rule,
    Target,
)
from apiscape.collectors.kubernetes.objects import Metadata
from apiscape.model.deployment import Deployment
from apiscape.model.identity import deployment_uid, entity_uid
from apiscape.model.security import ANONYMOUS, UNKNOWN_SECURITY, Scheme, Security
from apiscape.model.surroundings import Signal
from apiscape.model.values import UNKNOWN
from tests.collectors.kubernetes.estate import (
    endpoint_slice,
    gateway,
    gateway_class,
    listener,
    namespace,
    route,
    rule,
    said,
    service,
)
from tests.collectors.kubernetes.visiting import NOON
from tests.collectors.kubernetes.worlds import (
    PLACE,
    deployed,
    look,
    resource_of,
    served,
    world_of,
)

TOKEN = Security(requirement="required", schemes=(Scheme(kind="jwt"),), evidence="jwt of shop")
ORDERS = Target(name="orders", namespace="shop", port="80")


def api(**given: Any) -> Exposed:
    return Exposed(metadata=Metadata(name="orders", namespace="shop"), **given)


# ── Addresses ────────────────────────────────────────────────────────────────

URLS = {
    "https://a.example": Address(host="A.example", port=443),
    "https://a.example:8443": Address(host="a.example", port=8443),
    "http://a.example": Address(host="a.example", scheme="http", port=80),
    "http://a.example:443": Address(host="a.example", scheme="http", port=443),
    "https://a.example/v1": Address(host="a.example", path="/v1/"),
    "https://*.a.example": Address(host="*.a.example"),
    "https://[2001:db8::1]:8443": Address(host="2001:DB8::1", port=8443),
    "tcp://a.example:443": Address(host="a.example", scheme="tcp", port=443),
    "wss://a.example": Address(host="a.example", scheme="wss", port=443),
    "ws://[::1]": Address(host="[::1]", scheme="ws", port=80),
}


@pytest.mark.parametrize("url", URLS)
def test_an_address_is_written_as_it_is_typed(url: str) -> None:
    assert url_of(URLS[url], URLS[url].host) == url


def test_any_host_is_reached_by_the_addresses_of_the_gateway() -> None:
    reached = Reached(
        exposure="internet",
        evidence="public",
        addresses=("203.0.113.9", "2001:db8::1", "lb.example"),
    )
    found = endpoints_of(api(addresses=(Address(), Address(host="a.example")), reached=reached))
    assert isinstance(found, tuple)
    assert [(each.url, each.generated_host) for each in found] == [
        ("https://203.0.113.9", True),
        ("https://[2001:db8::1]", True),
        ("https://lb.example", True),
        ("https://a.example", UNKNOWN),
    ]
    assert {(each.exposure, each.evidence) for each in found} == {("internet", "public")}


def test_where_nobody_can_say_the_addresses_they_are_unknown_not_none() -> None:
    assert endpoints_of(api(addresses=())) == ()
    assert endpoints_of(api(addresses=None)) is UNKNOWN
    assert endpoints_of(api(addresses=(Address(),))) is UNKNOWN


def test_an_address_that_is_said_twice_is_one() -> None:
    twice = (Address(host="a.example", port=443), Address(host="A.EXAMPLE"))
    found = endpoints_of(api(addresses=twice))
    assert isinstance(found, tuple)
    assert len(found) == 1


# ── Operations and backends ──────────────────────────────────────────────────

TEMPLATES = {
    "/*": Match(),
    "/orders/*": Match(path="/orders/"),
    "/orders": Match(path="/orders", path_type=PathType.EXACT),
    "~ ^/v[12]/": Match(path="^/v[12]/", path_type=PathType.REGEX),
    "/orders*": Match(path="/orders", path_type=PathType.OWN),
}


@pytest.mark.parametrize("written", TEMPLATES)
def test_a_path_is_written_as_it_is_compared(written: str) -> None:
    assert template(TEMPLATES[written]) == written


def test_operations_come_in_the_order_of_the_rules() -> None:
    one = Rule(matches=(Match(path="/b", operation_id="list"), Match(path="/a", method="GET")))
    found = operations_of([one, Rule()])
    assert [(each.verb, each.template, each.operation_id) for each in found] == [
        ("ANY", "/b/*", "list"),
        ("GET", "/a/*", None),
        ("ANY", "/*", None),
    ]


def test_what_only_headers_tell_apart_is_one_operation_of_what_both_ask() -> None:
    open_one = Rule(security=ANONYMOUS, targets=(ORDERS,))
    closed_one = Rule(security=TOKEN, targets=(ORDERS,))
    (both,) = operations_of([open_one, closed_one])
    assert (both.security.requirement, both.security.schemes) == ("mixed", ())
    assert both.security.evidence == "jwt of shop"
    assert both.backend == "shop/orders:80"
    (same,) = operations_of([closed_one, closed_one])
    assert same.security == TOKEN
    (hidden,) = operations_of([closed_one, Rule(security=UNKNOWN_SECURITY)])
    assert hidden.security.requirement == "unknown"
    assert hidden.backend is UNKNOWN


def test_what_is_asked_in_two_ways_is_asked() -> None:
    other = Security(requirement="required", schemes=(Scheme(kind="mtls"),), evidence="mtls")
    told = merged([TOKEN, other])
    assert (told.requirement, told.evidence) == ("required", "jwt of shop; mtls")
    assert merged([]).requirement == "unknown"


def test_a_rule_that_sends_nowhere_has_no_backend() -> None:
    assert operations_of([Rule()])[0].backend is None
    assert backends_of([Rule()]) == ()


def test_backends_are_told_once_and_a_split_with_its_shares() -> None:
    canary = msgspec.structs.replace(ORDERS, name="canary", weight=3)
    far = Target(name="https://far.example", kind="http")
    function = Target(name="f", kind="function", namespace="shop")
    rules = [
        Rule(targets=(ORDERS, canary)),
        Rule(targets=(ORDERS,)),
        Rule(targets=(far,)),
        Rule(targets=(function,)),
    ]
    found = backends_of(rules)
    assert [(each.key, each.kind, each.address) for each in found] == [
        ("shop/orders:80", "service", "shop/orders:80"),
        ("shop/canary:80", "service", "shop/canary:80"),
        (
            "shop/orders:80=1 + shop/canary:80=3",
            "split",
            "shop/orders:80 25 %, shop/canary:80 75 %",
        ),
        ("https://far.example", "http", "https://far.example"),
        ("function shop/f", "function", "shop/f"),
    ]
    split, *_ = operations_of(rules)
    assert split.backend is UNKNOWN  # one of several rules for one operation
    (alone,) = operations_of(rules[:1])
    assert alone.backend == "shop/orders:80=1 + shop/canary:80=3"


def test_shares_of_nothing_are_nothing() -> None:
    nothing = msgspec.structs.replace(ORDERS, weight=0)
    (_, split) = backends_of([Rule(targets=(nothing, nothing))])
    assert split.address == "shop/orders:80 0 %, shop/orders:80 0 %"


# ── Readiness ────────────────────────────────────────────────────────────────


def ready(world: Any, *targets: Target) -> Any:
    """Return what is measured of backends: how many are ready, of how many, and why not."""
    found = signals_of(api(rules=(Rule(targets=targets),)), "uid", look(world), NOON)
    told = [(each.value, each.threshold, each.reason) for each in found]
    return told[0] if told else None


CANARY = Target(name="canary", namespace="shop")
NOT_READY = "nothing behind Service shop/orders is ready"


def test_backends_are_ready_where_one_of_their_endpoints_is() -> None:
    world = world_of(service(), endpoint_slice("orders", False, True))
    assert ready(world, ORDERS) == (1, 1, None)
    assert ready(world, ORDERS, ORDERS) == (1, 1, None)
    assert ready(world, ORDERS, CANARY) == (1, 2, "there is no Service shop/canary")


def test_an_endpoint_that_does_not_say_is_ready() -> None:
    silent = endpoint_slice()
    silent["endpoints"] = [{"addresses": ["10.0.0.1"]}]
    assert ready(world_of(service(), silent), ORDERS) == (1, 1, None)


@pytest.mark.parametrize("slices", [[endpoint_slice("orders", False)], []])
def test_a_service_without_ready_endpoints_is_not_ready(slices: Any) -> None:
    assert ready(world_of(service(), *slices), ORDERS) == (0, 1, NOT_READY)


def test_what_nobody_could_look_at_is_neither_ready_nor_not() -> None:
    unseen = "endpointslices.discovery.k8s.io could not be read"
    assert ready(world_of(service(), unseen=["endpointslices"]), ORDERS) == (None, 1, unseen)
    assert ready(world_of(unseen=["services"]), ORDERS) == (None, 1, "services could not be read")
    some = world_of(service(), endpoint_slice(), unseen=["services"])
    assert ready(some, ORDERS, CANARY) == (None, 2, "services could not be read")


def test_one_namespace_that_was_read_says_what_is_not_in_it() -> None:
    world = world_of()
    for plural in ("services", "endpointslices.discovery.k8s.io"):
        world.see(plural, whole=True, namespaces=["shop"])
    assert ready(world, ORDERS) == (0, 1, "there is no Service shop/orders")
    elsewhere = msgspec.structs.replace(ORDERS, namespace="pay")
    assert ready(world, elsewhere) == (None, 1, "services could not be read")


def test_what_no_cluster_can_say_is_not_counted() -> None:
    outside = service(spec={"type": "ExternalName", "externalName": "far.example"})
    assert ready(world_of(outside), ORDERS) is None
    assert ready(world_of(), Target(name="https://far.example", kind="http")) is None
    assert ready(world_of(), Target(name="f", kind="function", namespace="shop")) is None
    assert ready(world_of(), msgspec.structs.replace(ORDERS, weight=0)) is None
    assert list(signals_of(api(rules=None), "uid", look(world_of()), NOON)) == []


def test_what_may_not_be_referred_to_is_not_ready() -> None:
    denied = msgspec.structs.replace(ORDERS, denied="RefNotPermitted")
    world = world_of(service(), endpoint_slice())
    assert ready(world, denied) == (0, 1, "RefNotPermitted: shop/orders")


# ── Certificates and conditions ──────────────────────────────────────────────


def certificate(of: str = "tls", not_after: str | None = "2027-01-01T00:00:00Z") -> Any:
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": f"of-{of}", "namespace": "infra"},
        "spec": {"secretName": of},
    } | ({} if not_after is None else {"status": {"notAfter": not_after}})


def ends(world: Any, **given: Any) -> Any:
    found = signals_of(api(**given), "uid", look(world), NOON)
    return [each.value for each in found if each.name == "certificate.not_after"]


def test_the_first_certificate_to_end_counts() -> None:
    world = world_of(certificate(), certificate("spare", "2026-12-01T00:00:00+02:00"))
    at = Address(host="a.example", certificate="infra/tls")
    assert ends(world, addresses=(at,)) == ["2027-01-01T00:00:00+00:00"]
    spare = ends(world, addresses=(at,), secrets=("infra/spare",))
    assert spare == ["2026-11-30T22:00:00+00:00"]
    own = datetime(2026, 11, 29)  # noqa: DTZ001 - as an object without a zone states it
    assert ends(world, addresses=(at,), certificates=(own,)) == ["2026-11-29T00:00:00+00:00"]
    later = datetime(2028, 1, 1, tzinfo=UTC) + timedelta(days=1)
    assert ends(world, certificates=(later,)) == ["2028-01-02T00:00:00+00:00"]


def test_a_certificate_of_which_nobody_knows_the_end_says_nothing() -> None:
    at = Address(host="a.example", certificate="infra/tls")
    assert ends(world_of(), addresses=(at,)) == []
    assert ends(world_of(certificate(not_after=None)), addresses=(at,)) == []
    assert ends(world_of(certificate("other")), addresses=(at,)) == []


def test_of_a_condition_that_is_said_more_than_once_the_worst_counts() -> None:
    told = [
        Condition(name="Accepted", holds=True),
        Condition(name="Accepted", holds=None, reason="pending"),
        Condition(name="Accepted", holds=False, reason="no"),
        Condition(name="Accepted", holds=False, reason="too"),
        Condition(name="Programmed", holds=None, reason="stale"),
        Condition(name="Programmed", holds=True),
    ]
    found = list(conditions(told, "uid", NOON))
    assert [(each.name, each.value, each.reason) for each in found] == [
        ("condition.Accepted", False, "no"),
        ("condition.Programmed", None, "stale"),
    ]
    assert {each.observed_at for each in found} == {NOON}


def test_what_no_object_shows_is_said_to_be_unknown() -> None:
    found = signals_of(api(incomplete=("a snippet", "a script")), "uid", look(world_of()), NOON)
    assert [(each.name, each.value, each.reason) for each in found] == [
        ("condition.ShownWhole", None, "unknown: a snippet; a script")
    ]


# ── The whole of it ──────────────────────────────────────────────────────────


def test_a_route_is_a_deployment_by_what_it_is_called_and_where() -> None:
    one = route(
        hostnames=["shop.example"],
        metadata={
            "creationTimestamp": "2026-01-02T03:04:05Z",
            "labels": {"team": "retail", "app": "orders"},
            "annotations": {"apiscape.io/contact": "retail@example.com"},
        },
    )
    world = world_of(gateway_class(), gateway(), one, service(), namespace("shop"))
    ((made, _),) = deployed(world, one)
    native = "cluster:gateway.networking.k8s.io/httproutes:shop/orders"
    assert (made.native_id, made.native_api_id) == (f"{native}@infra/edge", native)
    assert made.uid == deployment_uid(made.native_id)
    assert (made.account, made.provider, made.product) == (
        "cluster",
        "kubernetes",
        "kubernetes.gateways",
    )
    assert made.created_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert made.labels == {"team": "retail", "app": "orders", "k8s.namespace.name": "shop"}
    assert isinstance(made.owners, tuple)
    assert made.owners[0].name == "retail"
    assert made.provenance["owners"][0].source == "label:team"
    assert made.exposure == "internet"


def test_a_service_behind_a_route_and_its_namespace_say_whose_it_is() -> None:
    one = route()
    behind = service(metadata={"labels": {"team": "pay"}})
    world = world_of(one, behind, namespace("shop", team="retail"))
    ((made, _),) = deployed(world, one)
    assert isinstance(made.owners, tuple)
    assert [each.name for each in made.owners] == ["pay"]
    assert [(each.value, each.source) for each in made.provenance["owners"]] == [
        ("pay", "label:team of Service shop/orders"),
        ("retail", "label:team of Namespace shop"),
    ]


def test_whose_it_is_is_unknown_where_the_namespace_could_not_be_seen() -> None:
    one = route()
    ((made, _),) = deployed(world_of(one, unseen=["namespaces"]), one)
    assert made.owners is UNKNOWN
    ((made, _),) = deployed(world_of(one, namespace("shop")), one)
    assert made.owners == ()


DATES = {
    "when": UNKNOWN,
    "2026-13-01T00:00:00Z": UNKNOWN,
    "2026-01-02": datetime(2026, 1, 2, tzinfo=UTC),
}


@pytest.mark.parametrize("text", DATES)
def test_a_date_that_is_none_is_unknown(text: str) -> None:
    one = route(metadata={"creationTimestamp": text})
    ((made, _),) = deployed(world_of(one), one)
    assert made.created_at == DATES[text]


def test_links_are_labels_and_unknown_rules_are_unknown() -> None:
    one = api(rules=None, links={"aws.arn": "arn"}, addresses=None, host="a.example")
    world = world_of()
    made, *signals = deploy(one, resource_of(route()), PLACE, look(world), NOON)
    assert isinstance(made, Deployment)
    assert (made.operations, made.backends, made.endpoints) == (UNKNOWN, UNKNOWN, UNKNOWN)
    assert made.labels == {"aws.arn": "arn", "k8s.namespace.name": "shop"}
    assert made.native_id.endswith("shop/orders#a.example")
    assert signals == []


def test_every_service_behind_a_route_is_asked_whose_it_is() -> None:
    many = [{"name": f"s{number:02}", "port": 80} for number in range(30)]
    one = route("orders", rule("/", *many))
    last = service("s29", metadata={"labels": {"team": "last"}})
    ((made, _),) = deployed(world_of(one, last, namespace("shop")), one)
    assert made.owners is not UNKNOWN
    assert [each.name for each in made.owners] == ["last"]


def test_a_gateway_is_given_with_its_conditions_and_certificates() -> None:
    status = {"conditions": said(Programmed="True"), "addresses": [{"value": "203.0.113.9"}]}
    tls = {"certificateRefs": [{"name": "tls"}]}
    edge = gateway(listener(hostname="a.example", tls=tls), status=status)
    made, *signals = served(world_of(edge, certificate()), edge)
    native = "cluster:gateway.networking.k8s.io/gateways:infra/edge"
    assert (made.native_id, made.uid) == (native, entity_uid("gateway", native))
    assert (made.name, made.hostnames) == ("infra/edge", ("a.example",))
    told: dict[str, Signal] = {each.name: each for each in signals}
    assert told["condition.Programmed"].value is True
    assert told["certificate.not_after"].value == "2027-01-01T00:00:00+00:00"
    assert {each.subject_uid for each in signals} == {made.uid}
