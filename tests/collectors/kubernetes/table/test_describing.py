"""Objects that describe APIs of others: each API is listed once, and says what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.exposed import Exposed
from apiscape.collectors.kubernetes.table.finding import OF
from apiscape.collectors.kubernetes.world import Subject
from apiscape.model.vocabulary import Requirement
from tests.collectors.kubernetes.table.room import Json, Room, elsewhere, entry_of, gate

HTTPROUTES = "httproutes.gateway.networking.k8s.io"
ROUTES = elsewhere("gateway.networking.k8s.io", "httproutes", "HTTPRoute")


def http_route(name: str, **metadata: Any) -> Json:
    head = {"name": name, "namespace": "shop"} | metadata
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": head}


def product(name: str, route: str, **spec: Any) -> Json:
    return {
        "apiVersion": "devportal.kuadrant.io/v1alpha1",
        "kind": "APIProduct",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"displayName": name, "targetRef": {"kind": "HTTPRoute", "name": route}} | spec,
    }


def test_a_description_of_a_route_that_is_there_is_no_api_of_its_own() -> None:
    assert Room([product("p", "r"), http_route("r")], others=[ROUTES]).exposed() == {}


@pytest.mark.parametrize(("unseen", "addresses"), [((), ()), ((HTTPROUTES,), None)])
def test_a_description_of_nothing_is_served_nowhere_as_far_as_that_is_known(
    unseen: tuple[str, ...], addresses: Any
) -> None:
    exposed = Room([product("p", "r")], others=[ROUTES], unseen=unseen).one()
    assert (exposed.title, exposed.addresses, exposed.rules) == ("p", addresses, None)


def test_descriptions_are_found_by_what_they_are_of() -> None:
    room = Room([product("one", "r"), product("two", "r"), product("three", "s")], others=[ROUTES])
    found = room.look().those(
        "apiproducts.devportal.kuadrant.io", OF, "gateway.networking.k8s.io/httproutes:shop/r"
    )
    assert [each.key for each in found] == ["shop/one", "shop/two"]


def test_whoever_is_described_is_asked_again_when_that_changes() -> None:
    room = Room([http_route("r"), http_route("s")], others=[ROUTES])
    for resource, thing in room.put:
        look = room.world.look(Subject(resource.name, thing.key))
        list(room.family.describing(resource, thing.metadata, look))
        look.done()
    room.add(product("p", "r"))
    assert "shop/r" in {
        each.key for each in room.world.stale
    }  # the first of all is news to everybody
    for resource, thing in room.put:
        look = room.world.look(Subject(resource.name, thing.key))
        list(room.family.describing(resource, thing.metadata, look))
        look.done()
    room.world.stale.clear()
    room.add(product("q", "r"))
    assert {each.key for each in room.world.stale} == {"shop/r", "shop/q"}


def test_a_description_comes_back_when_the_route_goes() -> None:
    room = Room([product("p", "r"), http_route("r")], others=[ROUTES])
    (resource, thing) = room.put[0]
    look = room.world.look(Subject(resource.name, thing.key))
    assert list(room.family.expose(resource, thing, look)) == []
    look.done()
    room.world.drop(HTTPROUTES, "shop/r")
    assert Subject(resource.name, thing.key) in room.world.stale


def test_an_annotation_may_name_an_api_of_another_namespace_and_one_that_is_not_there_says_nothing() -> (
    None
):
    api = {
        "apiVersion": "hub.traefik.io/v1alpha1",
        "kind": "API",
        "metadata": {"name": "a", "namespace": "apis"},
        "spec": {"title": "A"},
    }
    named = http_route("r", annotations={"hub.traefik.io/api": "a@apis"})
    wrong = http_route(
        "s", annotations={"hub.traefik.io/api": "a", "hub.traefik.io/api-version": " "}
    )
    room = Room([api, named, wrong], others=[ROUTES])
    (_, *routes) = room.put
    assert [[each.title for each in room.told(*each)] for each in routes] == [["A"], []]
    assert room.exposed() == {}


def test_what_is_made_for_a_service_of_knative_stands_for_it() -> None:
    service = {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": "fn", "namespace": "shop"},
        "status": {"url": "http://fn.example"},
    }
    made = http_route("fn-1", labels={"serving.knative.dev/service": "fn"})
    room = Room([service, made], others=[ROUTES])
    assert room.exposed() == {}
    assert [each.by for each in room.told(*room.put[1])] == ["Service shop/fn"]
    alone = Room([service, http_route("other")], others=[ROUTES])
    assert list(alone.exposed()) == ["Service shop/fn"]


@pytest.mark.parametrize(
    ("authentication", "requirement"),
    [
        ({"override": {"disabled": True}}, Requirement.NONE),
        ({"override": {"authTypes": {"mtls": {"required": "mandatory"}}}}, Requirement.REQUIRED),
        ({"override": {}}, Requirement.UNKNOWN),
    ],
)
def test_what_a_description_asks_is_said_where_it_says_so(
    authentication: Json, requirement: str
) -> None:
    api = {
        "apiVersion": "dp.wso2.com/v1alpha3",
        "kind": "API",
        "metadata": {"name": "a", "namespace": "shop"},
        "spec": {"apiName": "A", "production": [{"routeRefs": ["r"]}]},
    }
    policy = {
        "apiVersion": "dp.wso2.com/v1alpha2",
        "kind": "Authentication",
        "metadata": {"name": "a", "namespace": "shop"},
        "spec": {"targetRef": {"kind": "API", "name": "a"}} | authentication,
    }
    room = Room([http_route("r"), api, policy], others=[ROUTES])
    (told,) = room.told(*room.put[0])
    assert told.security.requirement == requirement


CONSUMED = """\
- id: gate
  role: route
  resource: {group: x.example, plural: gates, kind: Gate, versions: [v1]}
  counts: [callers.x.example]
- id: caller
  role: consumer
  resource: {group: x.example, plural: callers, kind: Caller, versions: [v1]}
  attaches: {each: "{name: spec.of}", kinds: {"*": gates.x.example}}
"""


def test_callers_are_counted_where_all_could_be_looked_at() -> None:
    callers = [gate(f"c{at}", "Caller", spec={"of": "a"}) for at in range(3)]
    room = Room([gate(), *callers], entries=entry_of(CONSUMED))
    assert room.one().consumers == 3
    assert Room([gate()], entries=entry_of(CONSUMED)).one().consumers == 0
    unseen = Room([gate(), *callers], entries=entry_of(CONSUMED), unseen=["callers.x.example"])
    assert unseen.one().consumers is None


LOCKED = """\
- id: gate
  role: route
  resource: {group: x.example, plural: gates, kind: Gate, versions: [v1]}
  policies: {each: "spec.locks[].{kind: kind, name: name}", kinds: {Lock: locks.x.example, Other: others.elsewhere}}
  attached: [locks.x.example, others.elsewhere]
  rules: [{matches: "{path: '/'}"}]
- id: lock
  role: policy
  resource: {group: x.example, plural: locks, kind: Lock, versions: [v1]}
  attaches: {each: "spec.of[].{name: @}", kinds: {"*": gates.x.example}}
  auth: {each: "spec.{kind: kind}", kinds: {key: api_key}}
  not_if: spec.off
"""


def security(*objects: Json, unseen: tuple[str, ...] = ()) -> tuple[str, str]:
    exposed = Room(objects, entries=entry_of(LOCKED), unseen=unseen).exposed()["Gate shop/a"][0]
    assert isinstance(exposed, Exposed)
    assert exposed.rules is not None
    return exposed.rules[0].security.requirement, exposed.rules[0].security.evidence or ""


def test_policies_that_name_an_object_hold_for_it_and_those_for_all_do_too() -> None:
    for named in ("a", "*"):
        assert (
            security(gate(), gate("l", "Lock", spec={"kind": "key", "of": [named]}))[0]
            == "required"
        )


def test_kinds_of_policies_that_nobody_reads_leave_it_unknown() -> None:
    requirement, evidence = security(
        gate(spec={"locks": [{"kind": "Strange", "name": "s"}, {"kind": "Other", "name": "o"}]})
    )
    assert requirement == "unknown"
    assert "Strange shop/s could not be looked at" in evidence
    assert "Other shop/o could not be looked at" in evidence
    assert "every others.elsewhere could not be looked at" in evidence


def test_policies_that_name_an_object_and_were_not_all_read_leave_it_unknown() -> None:
    assert "every Lock could not be looked at" in security(gate(), unseen=("locks.x.example",))[1]


def test_objects_are_found_only_by_what_somebody_looks_for_them_by() -> None:
    indexes = {each.name: set(each.indexes) for each in Room().family.resources}
    assert indexes["routes.route.openshift.io"] == set()
    assert indexes["routetables.gateway.solo.io"] == {"labelled"}
    assert indexes["services.serving.knative.dev"] == {"owned"}
    assert indexes["apiproducts.devportal.kuadrant.io"] == {"of"}


def test_policies_of_one_object_end_somewhere() -> None:
    locks = [gate(f"l{at}", "Lock", spec={"kind": "key", "of": ["a"]}) for at in range(201)]
    room = Room([gate(), *locks], entries=entry_of(LOCKED))
    assert "only the first 200 policies are read" in room.one().incomplete


# What Services name.

SERVICES = elsewhere("", "services", "Service")
BEHIND = (
    "- id: gate\n  role: route\n"
    "  resource: {group: x.example, plural: gates, kind: Gate, versions: [v1]}\n"
    "  rules:\n    - targets: spec.to\n"
    "- id: check\n  role: support\n  behind: x.example/check\n  title: spec.title\n"
    "  resource: {group: x.example, plural: checks, kind: Check, versions: [v1]}\n"
)


def behind_service(name: str, **annotations: str) -> Json:
    metadata = {"name": name, "namespace": "shop", "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata}


def test_what_services_behind_an_api_name_is_said_of_it_once() -> None:
    named = {"x.example/check": "c"}
    room = Room(
        [
            gate(spec={"to": [{"name": "one"}, {"name": "two"}, {"name": "gone"}]}),
            gate(name="b", spec={"to": [{"name": "bare"}]}),
            gate(name="c", kind="Check", spec={"title": "Checked"}),
            *(behind_service(each, **named) for each in ("one", "two")),
            behind_service("bare"),
        ],
        entries=entry_of(BEHIND),
        others=[SERVICES],
    )
    assert {name: [each.by for each in told] for name, told in room.behind().items()} == {
        "behind Gate shop/a": ["Check shop/c"]
    }


def test_the_last_of_many_services_behind_an_api_is_asked_as_the_first_is() -> None:
    many = [f"s{number}" for number in range(50)]
    room = Room(
        [
            gate(spec={"to": [{"name": each} for each in many]}),
            gate(name="c", kind="Check", spec={"title": "Checked"}),
            *(behind_service(each) for each in many[:-1]),
            behind_service(many[-1], **{"x.example/check": "c"}),
        ],
        entries=entry_of(BEHIND),
        others=[SERVICES],
    )
    assert [each.by for told in room.behind().values() for each in told] == ["Check shop/c"]


def test_nothing_is_said_of_services_where_nothing_can_be_named() -> None:
    room = Room(
        [gate(spec={"to": [{"name": "one"}]}), behind_service("one", **{"x.example/check": "c"})],
        entries=entry_of(BEHIND),
        others=[SERVICES],
    )
    look = room.look()
    exposed = room.one()
    assert list(room.family.behind(exposed, look)) == []
