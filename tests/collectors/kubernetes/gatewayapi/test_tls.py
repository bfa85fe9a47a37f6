"""How listeners speak TLS: the certificates that they may use, options of each controller, and what callers show."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.exposed import Condition, Exposed, Served
from apiscape.collectors.kubernetes.gatewayapi.kinds import GROUP, HOLDERS
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Requirement, SchemeKind, Switch
from tests.collectors.kubernetes.estate import gateway, gateway_class, listener, route, said, thing
from tests.collectors.kubernetes.gatewayapi.room import (
    SPACES,
    TAKES_SETS,
    at_edge,
    condition,
    conditions,
    listener_set,
    the_rule,
)
from tests.collectors.kubernetes.worlds import apis, exposed, world_of

Json = dict[str, Any]
KGATEWAY, NGINX, ISTIO = (
    "kgateway.dev/kgateway",
    "gateway.nginx.org/nginx-gateway-controller",
    "istio.io/gateway-controller",
)


def grant(kind: str = "Gateway", of: str = "infra", *, to: str = "Secret", name: str = "") -> Json:
    """Return a grant in the namespace `vault`."""
    target: Json = {"group": "", "kind": to} | ({"name": name} if name else {})
    spec = {
        "from": [{"group": HOLDERS.get(kind, GROUP), "kind": kind, "namespace": of}],
        "to": [target],
    }
    return thing("ReferenceGrant", f"for-{kind.lower()}", "vault", spec)


def shown(*names: str, namespace: str = "vault") -> Json:
    return listener(tls={"certificateRefs": [{"name": n, "namespace": namespace} for n in names]})


def served(edge: Json, *others: Json, **given: Any) -> Served:
    (found,) = exposed(world_of(*SPACES, gateway_class(), edge, *others, **given), edge)
    assert isinstance(found, Served)
    return found


def refusals(told: Served) -> list[Condition]:
    return [each for each in told.conditions if each.name.startswith("CertificatePermitted")]


VALIDATES: Json = {"tls": {"frontend": {"default": {"validation": {}}}}}

# Certificates in other namespaces.


GRANTS: dict[str, tuple[list[Json], bool]] = {
    "no grant": ([], False),
    "a grant": ([grant()], True),
    "a grant for it by name": ([grant(name="wild")], True),
    "a grant for another one": ([grant(name="tame")], False),
    "a grant for another namespace": ([grant(of="shop")], False),
    "a grant for another kind": ([grant("HTTPRoute")], False),
    "a grant for something else": ([grant(to="ConfigMap")], False),
}


@pytest.mark.parametrize(("grants", "is_granted"), GRANTS.values(), ids=GRANTS.keys())
def test_a_certificate_of_another_namespace_is_used_where_that_grants_it(
    grants: list[Json], is_granted: bool
) -> None:
    edge = gateway(shown("wild"))
    told = served(edge, *grants)
    assert told.certificates == (("vault/wild",) if is_granted else ())
    assert [(each.name, each.holds, each.reason) for each in refusals(told)] == (
        []
        if is_granted
        else [("CertificatePermitted.web", False, "RefNotPermitted: Secret vault/wild")]
    )
    api = at_edge(route(), edge, *grants)
    assert [each.certificate for each in api.addresses or ()] == (
        ["vault/wild"] if is_granted else [None]
    )
    assert ("CertificatePermitted" in conditions(api)) is not is_granted


def test_a_route_says_of_which_listener_a_certificate_is_refused() -> None:
    refused = condition(at_edge(route(), gateway(shown("wild"))), "CertificatePermitted")
    assert refused.holds is False
    assert refused.reason == (
        "listener web of Gateway infra/edge: RefNotPermitted: Secret vault/wild"
    )


UNSEEN: Json = {"unseen": ["referencegrants"]}
DOUBT = "unknown: ReferenceGrants could not be read: Secret vault/wild"


def test_where_nobody_could_look_for_grants_a_certificate_is_neither_used_for_sure_nor_refused() -> (
    None
):
    told = served(gateway(shown("wild")), **UNSEEN)
    assert told.certificates == ("vault/wild",)
    assert [(each.holds, each.reason) for each in refusals(told)] == [(None, DOUBT)]
    api = at_edge(route(), gateway(shown("wild")), **UNSEEN)
    assert [each.certificate for each in api.addresses or ()] == ["vault/wild"]
    doubted = condition(api, "CertificatePermitted")
    assert (doubted.holds, doubted.reason) == (
        None,
        f"listener web of Gateway infra/edge: {DOUBT}",
    )


def test_a_grant_that_was_read_is_one_whatever_else_could_not_be() -> None:
    assert refusals(served(gateway(shown("wild")), grant(), **UNSEEN)) == []


FOLLOWED: dict[str, tuple[list[Json], bool]] = {
    "that it could follow them": (said(ResolvedRefs="True"), True),
    "that it could not": (said(ResolvedRefs="False"), False),
    "of an older generation": (said(generation=0, ResolvedRefs="True"), False),
    "something else": (said(Programmed="True"), False),
}


@pytest.mark.parametrize(("told", "is_sure"), FOLLOWED.values(), ids=FOLLOWED.keys())
def test_what_the_controller_says_of_references_goes_before_what_could_not_be_read(
    told: list[Json], is_sure: bool
) -> None:
    web = {"listeners": [{"name": "other"}, {"name": "web", "conditions": told}]}
    edge = gateway(shown("wild"), status=web, metadata={"generation": 1})
    assert (refusals(served(edge, **UNSEEN)) == []) is is_sure


def test_of_a_set_of_listeners_its_own_status_counts() -> None:
    edge = gateway(listener("plain"), spec=TAKES_SETS)
    for status, count in (({}, 1), ({"listeners": None}, 1), ({"listeners": [WELL]}, 0)):
        given: Json = {"status": status} if status else {}
        more = listener_set(shown("wild"), **given)
        assert len(refusals(served(edge, more, **UNSEEN))) == count


WELL: Json = {"name": "web", "conditions": said(ResolvedRefs="True")}


def test_of_several_certificates_those_that_are_granted_are_used() -> None:
    edge = gateway(shown("wild", "tame"))
    api = at_edge(route(), edge, grant(name="tame"))
    assert [each.certificate for each in api.addresses or ()] == ["vault/tame"]
    assert (condition(api, "CertificatePermitted").reason or "").endswith("Secret vault/wild")


@pytest.mark.parametrize("kind", ["ListenerSet", "XListenerSet"])
def test_a_set_of_listeners_needs_a_grant_of_its_own(kind: str) -> None:
    edge = gateway(listener("plain"), spec=TAKES_SETS)
    more = listener_set(shown("wild"), kind=kind)
    assert served(edge, more, grant()).certificates == ()
    (other,) = HOLDERS.keys() - {"Gateway", kind}
    assert served(edge, more, grant(other, "shop")).certificates == ()
    assert served(edge, more, grant(kind, "shop")).certificates == ("vault/wild",)


def test_a_certificate_of_the_gateways_own_namespace_needs_no_grant() -> None:
    told = served(gateway(shown("wild", namespace="infra")))
    assert (told.certificates, refusals(told)) == (("infra/wild",), [])


def test_what_callers_certificates_are_looked_at_by_needs_a_grant_too() -> None:
    authority = {"group": "", "kind": "ConfigMap", "name": "ca", "namespace": "vault"}
    validation = {"validation": {"caCertificateRefs": [authority]}}
    spec = {"tls": {"frontend": {"default": validation}}}
    edge = gateway(spec=spec)
    (refused,) = refusals(served(edge))
    assert refused.reason == "RefNotPermitted: ConfigMap vault/ca"
    assert refusals(served(edge, grant(to="ConfigMap"))) == []
    assert refusals(served(gateway(listener(protocol="HTTP"), spec=spec))) == []


# Options of listeners.


def optioned(controller: str, key: str, value: str, **given: Any) -> tuple[Exposed, Served]:
    """Return a route and a Gateway of which the one listener has an option."""
    told: Json = {"tls": {"options": {key: value}}} | given
    edge = gateway(listener(**told))
    one = route() if given.get("protocol") != "TLS" else route(kind="TLSRoute")
    world = world_of(*SPACES, gateway_class(controller=controller), edge, one)
    (api,) = apis(world, one).values()
    (found,) = exposed(world, edge)
    assert isinstance(found, Served)
    return api, found


MIN, PROTOCOLS = "kgateway.dev/min-tls-version", "nginx.org/ssl-protocols"
VERSIONS = [
    (KGATEWAY, MIN, "1.3", "TLS_1_3"),
    (KGATEWAY, MIN, "TLSv9", UNKNOWN),
    (KGATEWAY, MIN, "", UNKNOWN),
    (KGATEWAY, PROTOCOLS, "TLSv1.2", UNKNOWN),
    (NGINX, PROTOCOLS, "TLSv1.3 TLSv1.2", "TLS_1_2"),
    (NGINX, PROTOCOLS, "TLSv1 TLSv1.2", "TLS_1_0"),
    (NGINX, PROTOCOLS, "SSLv3 TLSv1.2", UNKNOWN),
    ("example.com/own", MIN, "1.2", UNKNOWN),
]


@pytest.mark.parametrize(("controller", "key", "value", "version"), VERSIONS)
def test_the_lowest_version_of_tls_is_the_option_that_the_controller_understands(
    controller: str, key: str, value: str, version: Any
) -> None:
    api, told = optioned(controller, key, value)
    assert [each.tls_min for each in api.addresses or ()] == [version]
    assert told.tls_min == version


def test_a_listener_that_lets_tls_through_has_no_version_of_its_own() -> None:
    through = {"mode": "Passthrough", "options": {MIN: "1.3"}}
    api, told = optioned(KGATEWAY, MIN, "", protocol="TLS", tls=through)
    assert [each.tls_min for each in api.addresses or ()] == [UNKNOWN]
    assert told.tls_min is UNKNOWN


def test_a_gateway_speaks_the_lowest_version_of_its_listeners_if_all_say_one() -> None:
    def edge(*versions: str | None) -> Json:
        options = [{"options": {MIN: each}} if each else {} for each in versions]
        return gateway(*(listener(f"l{n}", tls=tls) for n, tls in enumerate(options)))

    def lowest(*versions: str | None) -> object:
        made = edge(*versions)
        world = world_of(*SPACES, gateway_class(controller=KGATEWAY), made)
        (told,) = exposed(world, made)
        return told.tls_min

    assert lowest("1.3", "1.2") == "TLS_1_2"
    assert lowest("1.3", None) is UNKNOWN


MODES = [
    ("MUTUAL", Switch.ENABLED),
    ("ISTIO_MUTUAL", Switch.ENABLED),
    ("OPTIONAL_MUTUAL", Switch.DISABLED),
    ("SIMPLE", Switch.DISABLED),
    ("SOMETHING_NEW", Switch.UNKNOWN),
]


@pytest.mark.parametrize(("mode", "switch"), MODES)
def test_an_option_of_istio_says_whether_callers_show_certificates(mode: str, switch: str) -> None:
    api, _ = optioned(ISTIO, "gateway.istio.io/tls-terminate-mode", mode)
    assert [each.mtls for each in api.addresses or ()] == [switch]
    others, _ = optioned(KGATEWAY, "gateway.istio.io/tls-terminate-mode", mode)
    assert [each.mtls for each in others.addresses or ()] == [Switch.UNKNOWN]


def test_an_option_of_istio_goes_before_what_the_gateway_asks() -> None:
    options = {"options": {"gateway.istio.io/tls-terminate-mode": "SIMPLE"}}
    edge, one = gateway(listener(tls=options), spec=VALIDATES), route()
    world = world_of(*SPACES, gateway_class(controller=ISTIO), edge, one)
    (api,) = apis(world, one).values()
    assert api.mtls == Switch.DISABLED


# What callers are asked for.


def test_a_certificate_that_a_listener_asks_for_is_asked_of_callers_of_every_rule() -> None:
    api = at_edge(route(), gateway(spec=VALIDATES, status={"conditions": said(Programmed="True")}))
    security = the_rule(api).security
    assert security.requirement == Requirement.REQUIRED
    (scheme,) = security.schemes
    assert (scheme.kind, scheme.location) == (SchemeKind.MTLS, "tls")
    assert "listener web of Gateway infra/edge" in (security.evidence or "")


def test_a_certificate_that_one_of_two_listeners_asks_for_is_not_asked_of_all() -> None:
    per_port = [{"port": 8443, "tls": {"validation": {}}}]
    edge = gateway(
        listener(), listener("more", port=8443), spec={"tls": {"frontend": {"perPort": per_port}}}
    )
    api = at_edge(route(), edge)
    assert the_rule(api).security.requirement == Requirement.UNKNOWN
    assert {each.port: each.mtls for each in api.addresses or ()} == {
        443: Switch.UNKNOWN,
        8443: Switch.ENABLED,
    }
