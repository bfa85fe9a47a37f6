"""A resource that is followed: its mirror is what the cluster holds, however often and however the watch breaks."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from apiscape.collectors.contract import (
    AccessDenied,
    Cancelled,
    CollectorError,
    CredentialsInvalid,
    Gone,
    Malformed,
    Throttled,
)
from apiscape.collectors.kubernetes import listing, reflector
from apiscape.collectors.kubernetes.errors import Expired, ServerFault
from apiscape.collectors.kubernetes.listing import read_pages
from apiscape.collectors.kubernetes.objects import DROPPED, Decoder, Thing
from apiscape.collectors.kubernetes.wire import Wire
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.faults import Fault, FaultKind
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.collectors.kubernetes.anywhere import Somewhere
from tests.collectors.kubernetes.bench import Following, Mirror, Pulse, Purse, services
from tests.collectors.kubernetes.making import namespace, service
from tests.unit.demo.kubernetes.wire import eventually

KEY = ("", "services")


def held(cluster: Cluster) -> dict[str, str]:
    return {
        f"{place[0]}/{place[1]}": each.body["metadata"]["resourceVersion"]
        for place, each in cluster.storage.every(KEY)
    }


def is_level(mirror: Mirror, cluster: Cluster) -> bool:
    return mirror.until(lambda told: told.lists > 0 and told.things == held(cluster))


@pytest.fixture(params=[True, False], ids=["streamed", "paged"])
def streams(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


# ── What there is, and what happens: in whichever cluster ────────────────────


def agrees(mirror: Mirror, somewhere: Somewhere) -> bool:
    """Say whether a mirror comes to be what the server says itself."""
    return mirror.until(lambda told: told.lists > 0 and told.things == somewhere.versions())


def test_what_there_is_and_what_happens_is_said(somewhere: Somewhere, streams: bool) -> None:
    a, b, c, d = (service(name, namespace=somewhere.space) for name in "abcd")
    somewhere.add(a, b, c)
    with (
        somewhere.wire() as wire,
        Following(wire, somewhere.services(wire), Pulse(), streams=streams) as following,
    ):
        assert agrees(following.mirror, somewhere)
        somewhere.add(d)
        somewhere.change(a, metadata={"labels": {"x": "y"}})
        somewhere.remove(b)
        assert agrees(following.mirror, somewhere)
        assert len(following.mirror.things) == 3
        assert (following.mirror.lists, following.mirror.troubles) == (1, [])
    assert isinstance(following.ended, Cancelled)


def test_a_long_list_comes_in_pages(
    somewhere: Somewhere, streams: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 4)
    monkeypatch.setattr(reflector, "PAGE", 4)
    space = somewhere.space
    somewhere.add(*(service(f"s{number}", namespace=space) for number in range(13)))
    with (
        somewhere.wire() as wire,
        Following(wire, somewhere.services(wire), Pulse(), streams=streams) as following,
    ):
        assert agrees(following.mirror, somewhere)
    assert following.mirror.pages in ([4, 4, 4, 1], [4, 4, 4, 1, 0])


def test_one_namespace_alone_is_followed(somewhere: Somewhere, streams: bool) -> None:
    space, other = somewhere.space, f"{somewhere.space}-other"
    somewhere.add(namespace(other), service("x", namespace=space), service("z", namespace=other))
    with (
        somewhere.wire() as wire,
        Following(wire, somewhere.services(wire), Pulse(), streams=streams) as following,
    ):
        assert following.mirror.until(lambda told: told.things.keys() == {f"{space}/x"})
        somewhere.add(service("y", namespace=space), service("w", namespace=other))
        both = {f"{space}/x", f"{space}/y"}
        assert following.mirror.until(lambda told: told.things.keys() == both)


def test_what_repeats_an_object_is_dropped_as_it_is_read(somewhere: Somewhere) -> None:
    canary = "planted-credential"
    marks = dict.fromkeys([*DROPPED, "kept"], canary)
    somewhere.add(service("d", namespace=somewhere.space, annotations=marks))
    with somewhere.wire() as wire:
        pages = list(read_pages(wire, somewhere.services(wire), Decoder(Thing), lambda: None))
    (item,) = (each for page in pages for each in page.items)
    assert item.metadata.annotations == {"kept": canary}
    assert b"managedFields" not in msgspec.json.encode(item)


def test_a_list_without_an_end_is_given_up(
    somewhere: Somewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    somewhere.add(*(service(name, namespace=somewhere.space) for name in "abc"))
    with somewhere.wire() as wire:
        where = somewhere.services(wire)
        get = wire.get

        def in_a_circle(asked: Any) -> Any:
            query = {"limit": "1", "continue": known[0]} if known else {"limit": "1"}
            reply = get(msgspec.structs.replace(asked, query=query))
            known.append(msgspec.json.decode(reply.body)["metadata"]["continue"])
            return reply

        known: list[str] = []
        monkeypatch.setattr(wire, "get", in_a_circle)
        with pytest.raises(Malformed, match="has no end"):
            list(read_pages(wire, where, Decoder(Thing), lambda: None))


# ── What an emulated one alone does on demand ────────────────────────────────


class Exact(Thing):
    """A service with one port at least, which is a number."""

    spec: dict[str, list[dict[str, int]]]


def test_an_odd_object_is_apart_from_the_others(
    wire: Wire, cluster: Cluster, streams: bool
) -> None:
    odd = service("odd") | {"spec": {"ports": None}}
    cluster.add(odd)
    with Following(wire, services(wire), Pulse(), Exact, streams=streams) as following:
        assert following.mirror.until(lambda told: len(told.things) == 3)
        assert following.mirror.odd.keys() == {"default/odd"}
        assert "Expected `array`" in following.mirror.odd["default/odd"]
        cluster.change(service("odd"))
        assert following.mirror.until(lambda told: not told.odd and len(told.things) == 4)
        cluster.change(odd)
        assert following.mirror.until(lambda told: told.odd and len(told.things) == 3)
        cluster.remove(odd)
        assert following.mirror.until(lambda told: not told.odd)


# ── What goes wrong ──────────────────────────────────────────────────────────

BREAKS = [
    FaultKind.RESET,
    FaultKind.CUT,
    FaultKind.GARBLED,
    FaultKind.GONE,
    FaultKind.GONE_EVENT,
    FaultKind.ERROR,
    FaultKind.THROTTLE,
    FaultKind.UNAVAILABLE,
    FaultKind.WRONG_TYPE,
    FaultKind.TRUNCATE,
]


@pytest.mark.parametrize("kind", BREAKS)
@pytest.mark.parametrize("keep", [0, 2])
def test_however_a_watch_breaks_nothing_is_missed(
    server: KubernetesServer, wire: Wire, cluster: Cluster, kind: FaultKind, keep: int
) -> None:
    where = services(wire)
    server.inject(Fault(kind=kind, verb="watch", keep=keep, times=2, seconds=0))
    with Following(wire, where, Pulse(), streams=False) as following:
        assert following.mirror.until(lambda told: told.lists > 0)
        cluster.remove(service("b"))
        cluster.add(service("d"), service("e"))
        cluster.change(service("a", labels={"x": "y"}))
        cluster.add(service("f"))
        assert is_level(following.mirror, cluster)


@pytest.mark.parametrize("kind", BREAKS)
@pytest.mark.parametrize("occurrence", [0, 1])
def test_however_a_list_breaks_it_is_read_to_its_end(
    server: KubernetesServer,
    wire: Wire,
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    kind: FaultKind,
    occurrence: int,
) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    where = services(wire)
    server.inject(Fault(kind=kind, verb="list", occurrence=occurrence, seconds=0))
    with Following(wire, where, Pulse(), streams=False) as following:
        assert is_level(following.mirror, cluster)


@pytest.mark.parametrize("kind", [*BREAKS, FaultKind.NO_STREAMING])
def test_a_list_that_cannot_be_streamed_is_read_in_pages(
    server: KubernetesServer, wire: Wire, cluster: Cluster, kind: FaultKind
) -> None:
    where = services(wire)
    server.inject(Fault(kind=kind, verb="watch", occurrence=0, keep=1, seconds=0))
    with Following(wire, where, Pulse()) as following:
        assert is_level(following.mirror, cluster)
        cluster.add(service("d"))
        assert is_level(following.mirror, cluster)


def test_a_server_that_freezes_is_watched_anew(
    server: KubernetesServer, wire: Wire, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reflector, "WATCH_S", (1, 1))
    monkeypatch.setattr(reflector, "GRACE_S", -0.7)
    where = services(wire)
    server.inject(Fault(kind=FaultKind.FREEZE, verb="watch", keep=1, times=1))
    with Following(wire, where, Pulse(), streams=False) as following:
        assert following.mirror.until(lambda told: told.lists > 0)
        cluster.add(service("d"), service("e"))
        assert is_level(following.mirror, cluster)
        assert any("says nothing more" in each.message for each in following.mirror.troubles)


def test_a_watch_that_the_server_ends_goes_on_without_a_word(
    wire: Wire, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reflector, "WATCH_S", (1, 1))
    with Following(wire, services(wire), Pulse(), streams=False) as following:
        assert is_level(following.mirror, cluster)
        assert eventually(lambda: len(cluster.calls_of(["watch"])) >= 3)
        cluster.add(service("d"))
        assert is_level(following.mirror, cluster)
        assert (following.mirror.lists, following.mirror.troubles) == (1, [])


def test_a_version_that_is_gone_is_listed_anew_and_what_went_meanwhile_is_gone(
    server: KubernetesServer, wire: Wire, cluster: Cluster
) -> None:
    with Following(wire, services(wire), Pulse(), streams=False) as following:
        assert is_level(following.mirror, cluster)
        with cluster.storage.changed:  # nobody is told of the one before the other
            cluster.remove(service("b"))
            cluster.storage.compact()
        assert is_level(following.mirror, cluster)
        assert following.mirror.lists == 2


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.DENY, AccessDenied),
        (FaultKind.UNAUTHORIZED, CredentialsInvalid),
        (FaultKind.NO_ROUTE, Gone),
    ],
)
@pytest.mark.parametrize("verb", ["list", "watch"])
def test_what_no_other_try_mends_ends_it(
    server: KubernetesServer,
    wire: Wire,
    purse: Purse,
    kind: FaultKind,
    error: type[CollectorError],
    verb: str,
) -> None:
    where = services(wire)
    server.inject(Fault(kind=kind, verb=verb))
    before = purse.taken
    with Following(wire, where, Pulse(), streams=False) as following:
        assert isinstance(following.join(), error)
    assert purse.taken - before <= 4


class Skipping(Pulse):
    """A clock that runs by its rests alone, and takes none of them."""

    def __init__(self, patience_s: float) -> None:
        super().__init__(patience_s, longest_s=0.0)

    def monotonic(self) -> float:
        return sum(self.rests)


def test_it_is_tried_later_every_time_and_not_for_ever(
    server: KubernetesServer, wire: Wire, purse: Purse
) -> None:
    where = services(wire)
    server.inject(Fault(kind=FaultKind.ERROR, verb="list"))
    pulse = Skipping(patience_s=100.0)
    with Following(wire, where, pulse, streams=False) as following:
        assert isinstance(following.join(), ServerFault)
    rests = pulse.rests
    assert len(rests) >= 7
    assert sum(rests[:-1]) <= 100.0 < sum(rests)
    for number, rest in enumerate(rests):
        doubled = min(0.5 * 2**number, 60)
        assert doubled / 2 <= rest <= doubled


def test_it_waits_as_long_as_the_server_asks(server: KubernetesServer, wire: Wire) -> None:
    where = services(wire)
    server.inject(Fault(kind=FaultKind.THROTTLE, verb="list", times=1, seconds=9))
    pulse = Pulse()
    with Following(wire, where, pulse, streams=False) as following:
        assert following.mirror.until(lambda told: told.lists == 1)
    (trouble,) = following.mirror.troubles
    assert isinstance(trouble, Throttled)
    assert pulse.rests[0] == 9.0


def test_a_list_that_expires_again_and_again_is_given_up(
    server: KubernetesServer, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.inject(Fault(kind=FaultKind.GONE, verb="list"))
    pages = read_pages(wire, services(wire), Decoder(Thing), lambda: None)
    with pytest.raises(Expired):
        list(pages)


@pytest.mark.parametrize("body", [b"[]", b'{"metadata": 3}', b'{"items": 1, "metadata": {}}'])
def test_what_is_no_list_is_said(body: bytes) -> None:
    with pytest.raises(Malformed):
        Decoder(Thing).page(body, "list x")


def test_a_list_of_nothing_may_be_null() -> None:
    page = Decoder(Thing).page(b'{"metadata": {"resourceVersion": "5"}, "items": null}', "list x")
    assert (page.items, page.version, page.go_on) == ((), "5", "")


@pytest.mark.parametrize("seed", range(6))
def test_a_mirror_is_level_after_any_run_of_changes_and_faults(
    server: KubernetesServer, wire: Wire, cluster: Cluster, seed: int
) -> None:
    dice = random.Random(seed)
    where = services(wire)
    names = [f"s{number}" for number in range(8)]
    with Following(wire, where, Pulse(), streams=bool(seed % 2)) as following:
        for _ in range(40):
            if dice.random() < 0.3:
                kind, verb = dice.choice(BREAKS), dice.choice(["list", "watch"])
                server.inject(
                    Fault(kind=kind, verb=verb, times=1, keep=dice.randrange(3), seconds=0)
                )
            if dice.random() < 0.2:
                dice.choice([server.hang_up, cluster.storage.compact])()
            name = dice.choice(names)
            if f"default/{name}" not in held(cluster):
                cluster.add(service(name))
            elif dice.random() < 0.5:
                cluster.remove(service(name))
            else:
                cluster.change(service(name, labels={"at": str(dice.random())}))
        server.clear_faults()
        assert is_level(following.mirror, cluster)
