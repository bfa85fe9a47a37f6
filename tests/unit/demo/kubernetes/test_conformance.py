"""Does it behave like a Kubernetes API server? What clients and controllers lean on, checked at the wire.

The checks were written against a kube-apiserver 1.36, and run against the cluster that KUBECONFIG names
instead of the emulated one. Whoever runs them there lets them make and remove one
CustomResourceDefinition, its objects, and one Lease.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.unit.demo.kubernetes.conftest import REAL
from tests.unit.demo.kubernetes.widgets import CRDS, EVERYWHERE, GROUP, HERE, definition, widget
from tests.unit.demo.kubernetes.wire import (
    APPLY,
    JSON_PATCH,
    MERGE,
    Told,
    Wire,
    eventually,
    kinds,
)

DEFINITION = f"{CRDS}/widgets.{GROUP}"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
REVIEWS = "/apis/authorization.k8s.io/v1"


def is_served(wire: Wire) -> bool:
    told = wire.get(f"/apis/{GROUP}/v1")
    return told.status == 200 and any(
        each["name"] == "widgets" for each in told.body.get("resources", ())
    )


@pytest.fixture
def wire(anywhere: Wire) -> Iterator[Wire]:
    """A server that knows widgets, and is left without them."""
    assert anywhere.ask("POST", CRDS, definition()).status == 201
    assert eventually(lambda: is_served(anywhere))
    yield anywhere
    anywhere.ask("DELETE", DEFINITION)
    assert eventually(lambda: anywhere.get(EVERYWHERE).status == 404)


def create(wire: Wire, *names: str) -> Told:
    told = [wire.ask("POST", HERE, widget(name)) for name in names]
    assert {each.status for each in told} == {201}
    return told[-1]


def set_host(wire: Wire, name: str, host: str) -> Told:
    return wire.ask("PATCH", f"{HERE}/{name}", {"spec": {"host": host}}, media=MERGE)


# ── Objects ──────────────────────────────────────────────────────────────────


def test_it_says_its_version(anywhere: Wire) -> None:
    told = anywhere.get("/version")
    assert (told.status, told.body["major"]) == (200, "1")


def test_a_created_object_is_filled_in(wire: Wire) -> None:
    told = wire.ask("POST", HERE, widget("a", extra=1))
    metadata = told.body["metadata"]
    assert told.status == 201
    assert {"uid", "resourceVersion", "creationTimestamp", "managedFields"} <= metadata.keys()
    assert (metadata["generation"], metadata["namespace"]) == (1, "default")


def test_what_the_schema_does_not_know_is_pruned_and_defaults_are_applied(wire: Wire) -> None:
    wire.ask("POST", HERE, widget("a", extra=1))
    assert wire.get(f"{HERE}/a").body["spec"] == {"host": "a.example", "port": 443}


def test_what_breaks_the_schema_is_refused(wire: Wire) -> None:
    bad = widget("a", port="x")
    told = wire.ask("POST", HERE, bad)
    assert (told.status, told.reason) == (422, "Invalid")
    assert "spec.port" in told.body["message"]


def test_what_is_there_is_not_created_again(wire: Wire) -> None:
    create(wire, "a")
    told = wire.ask("POST", HERE, widget("a"))
    assert (told.status, told.reason) == (409, "AlreadyExists")


def test_what_is_not_there_is_said_to_be_absent(wire: Wire) -> None:
    told = wire.get(f"{HERE}/nope")
    assert (told.status, told.reason, told.body["kind"]) == (404, "NotFound", "Status")


def test_a_path_that_nobody_serves_is_answered_in_plain_text(anywhere: Wire) -> None:
    told = anywhere.get("/apis/nobody.example.com/v1/things")
    assert (told.status, told.body) == (404, b"404 page not found\n")


def test_a_stale_update_is_a_conflict(wire: Wire) -> None:
    create(wire, "a")
    body = wire.get(f"{HERE}/a").body
    body["spec"]["host"] = "b"
    assert wire.ask("PUT", f"{HERE}/a", body).status == 200
    told = wire.ask("PUT", f"{HERE}/a", body)
    assert (told.status, told.reason) == (409, "Conflict")


def test_a_change_is_a_new_version_and_a_new_generation(wire: Wire) -> None:
    before = create(wire, "a").body["metadata"]
    after = set_host(wire, "a", "c").body["metadata"]
    assert int(after["resourceVersion"]) > int(before["resourceVersion"])
    assert (before["generation"], after["generation"]) == (1, 2)


def test_a_change_that_changes_nothing_is_no_new_version(wire: Wire) -> None:
    before = create(wire, "a").body["metadata"]
    after = set_host(wire, "a", "a.example").body["metadata"]
    assert after["resourceVersion"] == before["resourceVersion"]


def test_a_json_patch_is_carried_out(wire: Wire) -> None:
    create(wire, "a")
    operations = [{"op": "replace", "path": "/spec/host", "value": "j"}]
    told = wire.ask("PATCH", f"{HERE}/a", operations, media=JSON_PATCH)
    assert (told.status, told.body["spec"]["host"]) == (200, "j")


def test_a_manifest_that_is_applied_is_created_and_changed(wire: Wire) -> None:
    first = wire.ask("PATCH", f"{HERE}/a?fieldManager=p", widget("a"), media=APPLY)
    again = wire.ask("PATCH", f"{HERE}/a?fieldManager=p", widget("a", host="s"), media=APPLY)
    assert (first.status, again.status, again.body["spec"]["host"]) == (201, 200, "s")


def test_status_and_spec_are_changed_apart(wire: Wire) -> None:
    create(wire, "a")
    both = {"status": {"ok": True}, "spec": {"host": "hack"}}
    assert wire.ask("PATCH", f"{HERE}/a/status", both, media=MERGE).status == 200
    held = wire.get(f"{HERE}/a").body
    assert (held["spec"]["host"], held["status"]) == ("a.example", {"ok": True})
    assert held["metadata"]["generation"] == 1


def test_a_finaliser_holds_a_deletion_up(wire: Wire) -> None:
    held = widget("a", metadata={"finalizers": ["x.example/y"]})
    wire.ask("POST", HERE, held)
    wire.ask("DELETE", f"{HERE}/a")
    assert "deletionTimestamp" in wire.get(f"{HERE}/a").body["metadata"]
    wire.ask("PATCH", f"{HERE}/a", {"metadata": {"finalizers": None}}, media=MERGE)
    assert wire.get(f"{HERE}/a").status == 404


def test_of_two_who_want_a_lease_one_gets_it(anywhere: Wire) -> None:
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "apiscape-probe"},
        "spec": {"holderIdentity": "a", "leaseDurationSeconds": 15},
    }
    place = f"{LEASES}/apiscape-probe"
    anywhere.ask("DELETE", place)
    created = anywhere.ask("POST", LEASES, lease)
    assert created.status == 201
    wanted = [json.loads(json.dumps(created.body)) for _ in range(2)]
    for number, each in enumerate(wanted):
        each["spec"]["holderIdentity"] = f"holder {number}"
    assert [anywhere.ask("PUT", place, each).status for each in wanted] == [200, 409]
    anywhere.ask("DELETE", place)


# ── Lists ────────────────────────────────────────────────────────────────────


def test_a_list_says_its_kind_and_its_version(wire: Wire) -> None:
    create(wire, "a")
    told = wire.get(EVERYWHERE).body
    assert (told["kind"], told["apiVersion"]) == ("WidgetList", f"{GROUP}/v1")
    assert told["metadata"]["resourceVersion"].isdigit()


def test_a_list_is_read_page_by_page(wire: Wire) -> None:
    create(wire, *"abcde")
    names, versions = [], set()
    told = wire.get(EVERYWHERE, limit=2).body
    assert told["metadata"]["remainingItemCount"] == 3
    while True:
        names += [each["metadata"]["name"] for each in told["items"]]
        versions.add(told["metadata"]["resourceVersion"])
        if not told["metadata"].get("continue"):
            break
        told = wire.get(EVERYWHERE, limit=2, **{"continue": told["metadata"]["continue"]}).body
    assert names == list("abcde")
    assert len(versions) == 1


def test_what_is_created_between_two_pages_is_not_on_the_second(wire: Wire) -> None:
    create(wire, "a", "c")
    told = wire.get(EVERYWHERE, limit=1).body
    create(wire, "b")
    rest = wire.get(EVERYWHERE, limit=5, **{"continue": told["metadata"]["continue"]}).body
    assert [each["metadata"]["name"] for each in rest["items"]] == ["c"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"labelSelector": "n=b"}, "b"),
        ({"labelSelector": "n in (a, c)"}, "ac"),
        ({"labelSelector": "n notin (a, c)"}, "b"),
        ({"labelSelector": "n,n!=a"}, "bc"),
        ({"labelSelector": "!n"}, ""),
        ({"fieldSelector": "metadata.name=b"}, "b"),
        ({"fieldSelector": "metadata.name!=b,metadata.namespace=default"}, "ac"),
    ],
)
def test_a_list_may_be_of_what_is_selected(wire: Wire, query: dict[str, str], found: str) -> None:
    create(wire, *"abc")
    items = wire.get(EVERYWHERE, **query).body["items"]
    assert "".join(each["metadata"]["name"] for each in items) == found


def test_a_list_may_be_of_metadata_alone(wire: Wire) -> None:
    create(wire, "a")
    form = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    told = wire.ask("GET", EVERYWHERE, Accept=form).body
    assert told["kind"] == "PartialObjectMetadataList"
    assert told["items"][0].keys() == {"kind", "apiVersion", "metadata"}


def test_a_list_may_be_a_table(wire: Wire) -> None:
    create(wire, "a")
    form = "application/json;as=Table;g=meta.k8s.io;v=v1"
    told = wire.ask("GET", EVERYWHERE, Accept=form).body
    assert told["kind"] == "Table"
    assert told["rows"][0]["cells"][0] == "a"


# ── Watches ──────────────────────────────────────────────────────────────────


def test_a_watch_from_a_version_says_what_happens_after_it_and_ends_in_time(wire: Wire) -> None:
    create(wire, "before")
    version = wire.get(EVERYWHERE).body["metadata"]["resourceVersion"]

    def act() -> None:
        create(wire, "live")
        set_host(wire, "live", "z")
        wire.ask("DELETE", f"{HERE}/live")

    events = wire.watch(EVERYWHERE, act, resourceVersion=version)
    assert kinds(events) == ["ADDED", "MODIFIED", "DELETED", "END"]
    seen = [int(each["object"]["metadata"]["resourceVersion"]) for each in events[:3]]
    assert int(version) < seen[0] < seen[1] < seen[2]


def test_a_watch_from_nowhere_says_first_what_there_is(wire: Wire) -> None:
    create(wire, "a", "b")
    assert kinds(wire.watch(EVERYWHERE)) == ["ADDED", "ADDED", "END"]


def test_a_watch_from_a_version_that_is_long_gone_is_told_so(wire: Wire) -> None:
    create(wire, "a")
    for number in range(250 if REAL else 1):  # as many as a real server's watch cache lets go of
        set_host(wire, "a", f"h{number}")
    event = wire.watch(EVERYWHERE, resourceVersion=1)[0]
    assert event["type"] in {"ERROR", "REFUSED"}
    assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")


def test_a_list_may_be_streamed(wire: Wire) -> None:
    create(wire, "a", "b")
    events = wire.watch(
        EVERYWHERE,
        until="BOOKMARK",
        sendInitialEvents="true",
        resourceVersionMatch="NotOlderThan",
        allowWatchBookmarks="true",
    )
    assert kinds(events) == ["ADDED", "ADDED", "BOOKMARK"]
    marks = events[2]["object"]["metadata"]["annotations"]
    assert marks == {"k8s.io/initial-events-end": "true"}


def test_a_watch_from_zero_is_given_a_bookmark(wire: Wire) -> None:
    create(wire, "a")
    events = wire.watch(
        EVERYWHERE,
        until="BOOKMARK",
        resourceVersion=0,
        allowWatchBookmarks="true",
        timeoutSeconds=5,
    )
    assert kinds(events) == ["ADDED", "BOOKMARK"]
    assert events[-1]["object"]["kind"] == "Widget"


# ── Discovery and access ─────────────────────────────────────────────────────


def test_the_documents_of_openapi_are_listed_by_version(wire: Wire) -> None:
    assert eventually(lambda: f"apis/{GROUP}/v1" in wire.get("/openapi/v3").body["paths"])


def test_whoever_asks_may_ask_what_they_may(anywhere: Wire) -> None:
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"verb": "list", "resource": "pods"}},
    }
    told = anywhere.ask("POST", f"{REVIEWS}/selfsubjectaccessreviews", review)
    assert (told.status, told.body["status"]["allowed"]) == (201, True)


def test_a_token_of_nobody_is_turned_away(wire: Wire) -> None:
    told = wire.ask("GET", EVERYWHERE, Authorization="Bearer wrong")
    assert (told.status, told.reason) == (401, "Unauthorized")


def test_who_has_no_role_is_forbidden(wire: Wire) -> None:
    told = wire.ask("GET", EVERYWHERE, Impersonate_User="nobody")
    assert (told.status, told.reason) == (403, "Forbidden")


def test_a_definition_that_is_deleted_takes_its_api_along(wire: Wire) -> None:
    create(wire, "a")
    assert wire.ask("DELETE", DEFINITION).status == 200
    assert eventually(lambda: wire.get(EVERYWHERE).status == 404)
    assert wire.ask("POST", CRDS, definition()).status == 201
    assert eventually(lambda: is_served(wire))
    assert eventually(lambda: wire.get(EVERYWHERE).body.get("items") == [])
