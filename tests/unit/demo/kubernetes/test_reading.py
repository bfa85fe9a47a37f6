"""Lists and watches with something in the way: tokens that expired, versions that are gone, changing selections."""

from __future__ import annotations

import pytest

from apiscape.demo.kubernetes import storage, watching
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.server import KubernetesServer
from apiscape.demo.kubernetes.storage import KEPT_EVENTS
from tests.unit.demo.kubernetes.widgets import EVERYWHERE, HERE, definition, version, widget
from tests.unit.demo.kubernetes.wire import MERGE, Wire, kinds


@pytest.fixture(autouse=True)
def _widgets(cluster: Cluster) -> None:
    cluster.add(definition())


def names(body: dict[str, list[dict[str, dict[str, str]]]]) -> list[str]:
    return [each["metadata"]["name"] for each in body["items"]]


def test_a_page_of_a_listing_that_is_gone_says_how_to_go_on_without_it(
    cluster: Cluster, wire: Wire
) -> None:
    cluster.add(*(widget(name) for name in "abc"))
    token = wire.get(EVERYWHERE, limit=1).body["metadata"]["continue"]
    cluster.storage.compact()
    cluster.remove(widget("b"))
    told = wire.get(EVERYWHERE, limit=1, **{"continue": token})
    assert (told.status, told.reason) == (410, "Expired")
    rest = wire.get(EVERYWHERE, limit=5, **{"continue": told.body["metadata"]["continue"]})
    assert (rest.status, names(rest.body)) == (200, ["c"])


@pytest.mark.parametrize("token", ["none", "bm9uZQ=="])
def test_a_token_that_is_none_is_refused(wire: Wire, token: str) -> None:
    assert wire.get(EVERYWHERE, **{"continue": token}).status == 400


def test_a_list_of_some_does_not_say_how_many_are_left(cluster: Cluster, wire: Wire) -> None:
    cluster.add(*(widget(name) for name in "abc"))
    told = wire.get(EVERYWHERE, limit=1, labelSelector="n!=a").body
    assert names(told) == ["b"]
    assert told["metadata"].keys() == {"resourceVersion", "continue"}


def test_a_list_of_a_namespace_holds_nothing_of_another(cluster: Cluster, wire: Wire) -> None:
    cluster.add({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}})
    cluster.add(widget("a"), widget("b", metadata={"namespace": "other"}))
    assert names(wire.get(HERE).body) == ["a"]
    assert names(wire.get(EVERYWHERE).body) == ["a", "b"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"resourceVersion": 1, "resourceVersionMatch": "Exact"}, 410),
        ({"resourceVersion": 1}, 200),
        ({"resourceVersion": 10**6}, 504),
        ({"resourceVersion": "x"}, 400),
        ({"limit": "-1"}, 400),
        ({"labelSelector": "a b"}, 400),
        ({"fieldSelector": "spec.host=a"}, 400),
    ],
)
def test_a_list_is_refused_for_what_it_asks(
    wire: Wire, query: dict[str, str | int], status: int
) -> None:
    assert wire.get(EVERYWHERE, **query).status == status


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"resourceVersion": 10**6}, 504),
        ({"resourceVersion": "x"}, 400),
        ({"timeoutSeconds": "x"}, 400),
        ({"sendInitialEvents": "true"}, 400),
    ],
)
def test_a_watch_is_refused_for_what_it_asks(
    wire: Wire, query: dict[str, str | int], code: int
) -> None:
    assert wire.get(EVERYWHERE, watch="true", **query).status == code


def test_to_a_watch_of_some_leaving_and_joining_them_is_being_deleted_and_added(
    cluster: Cluster, wire: Wire
) -> None:
    cluster.add(widget("a"), widget("b"))
    newest = cluster.storage.version

    def act() -> None:
        for name, label in (("a", "x"), ("b", "a"), ("b", "x"), ("a", "y")):
            wire.ask("PATCH", f"{HERE}/{name}", {"metadata": {"labels": {"n": label}}}, media=MERGE)

    events = wire.watch(EVERYWHERE, act, resourceVersion=newest, labelSelector="n=a")
    assert [(each["type"], each["object"]["metadata"]["name"]) for each in events[:-1]] == [
        ("DELETED", "a"),
        ("ADDED", "b"),
        ("DELETED", "b"),
    ]


def test_a_watch_of_a_namespace_says_nothing_of_another(cluster: Cluster, wire: Wire) -> None:
    cluster.add({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}})
    newest = cluster.storage.version

    def act() -> None:
        cluster.add(widget("a", metadata={"namespace": "other"}), widget("b"))

    events = wire.watch(HERE, act, until="ADDED", resourceVersion=newest)
    assert events[-1]["object"]["metadata"]["name"] == "b"


def test_a_watch_from_before_the_events_that_are_kept_is_told_that_it_is_too_old(
    cluster: Cluster, wire: Wire
) -> None:
    cluster.add(widget("a"))
    newest = cluster.storage.version
    for number in range(KEPT_EVENTS):
        cluster.change(widget("a", host=f"h{number}"))
    assert kinds(wire.watch(EVERYWHERE, resourceVersion=newest))[0] == "MODIFIED"
    cluster.change(widget("a"))
    (event, _) = wire.watch(EVERYWHERE, resourceVersion=newest)
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


def test_a_watch_under_way_ends_with_the_versions_that_it_goes_on_from(
    cluster: Cluster, wire: Wire
) -> None:
    newest = cluster.storage.version

    def act() -> None:
        cluster.add({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}})
        cluster.storage.compact()

    events = wire.watch(EVERYWHERE, act, resourceVersion=newest, timeoutSeconds=30)
    assert kinds(events) == ["ERROR", "END"]


def test_a_watch_ends_with_what_it_watches(cluster: Cluster, wire: Wire) -> None:
    events = wire.watch(EVERYWHERE, lambda: cluster.remove(definition()), timeoutSeconds=30)
    assert kinds(events) == ["END"]


def test_a_watch_that_takes_bookmarks_is_given_one_before_it_ends(
    cluster: Cluster, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LAST_BOOKMARK_S", 10.0)
    newest = cluster.storage.version
    events = wire.watch(
        EVERYWHERE,
        lambda: cluster.add({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}),
        until="BOOKMARK",
        resourceVersion=newest,
        allowWatchBookmarks="true",
    )
    assert int(events[-1]["object"]["metadata"]["resourceVersion"]) >= newest


def test_an_object_is_served_in_every_version_of_its_kind(cluster: Cluster, wire: Wire) -> None:
    cluster.change(definition(version("v1beta1", storage=False), version()))
    cluster.add(widget("a"))
    both = [wire.get(f"/apis/probe.example.com/{each}/widgets").body for each in ("v1", "v1beta1")]
    assert [each["items"][0]["apiVersion"] for each in both] == [
        "probe.example.com/v1",
        "probe.example.com/v1beta1",
    ]
    assert both[0]["items"][0]["metadata"] == both[1]["items"][0]["metadata"]


def test_a_large_list_is_packed_for_who_takes_that(cluster: Cluster, wire: Wire) -> None:
    cluster.add(*(widget(f"w{number}", host="x" * 2000) for number in range(80)))
    plain = wire.get(EVERYWHERE)
    packed = wire.ask("GET", EVERYWHERE, Accept_Encoding="gzip")
    small = wire.ask("GET", EVERYWHERE + "?limit=1", Accept_Encoding="gzip")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 10
    assert "content-encoding" not in small.headers


def test_every_request_is_in_the_log(server: KubernetesServer, wire: Wire) -> None:
    wire.ask("GET", f"{HERE}?limit=3", Accept_Encoding="gzip")
    wire.get("/apis")
    listed, discovered = server.calls[-2:]
    assert (listed.verb, listed.resource, listed.namespace) == ("list", "widgets", "default")
    assert (dict(listed.query), listed.encoding) == ({"limit": "3"}, "gzip")
    assert (discovered.verb, discovered.path) == ("discover", "/apis")
    assert server.cluster.calls_of(["list"]) == [listed]


def test_listings_that_are_read_page_by_page_are_kept_for_a_while_only(
    cluster: Cluster, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "KEPT_LISTINGS", 2)
    cluster.add(*(widget(name) for name in "ab"))
    tokens = []
    for number in range(3):
        tokens.append(wire.get(EVERYWHERE, limit=1).body["metadata"]["continue"])
        cluster.change(widget("a", host=f"h{number}"))
    told = [wire.get(EVERYWHERE, **{"continue": token}).status for token in tokens]
    assert told == [410, 200, 200]


def test_a_watch_may_go_on_for_as_long_as_the_server_lets_it(
    cluster: Cluster, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LONGEST_S", 0.1)
    assert kinds(wire.watch(EVERYWHERE, timeoutSeconds="")) == ["END"]
    assert kinds(wire.watch(EVERYWHERE, timeoutSeconds=9)) == ["END"]
