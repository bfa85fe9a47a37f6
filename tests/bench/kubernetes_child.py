"""A cluster of ten thousand routes, and what reads it, each a process of its own.

`python -m tests.bench.kubernetes_child serve`: says its address, then does what each line of standard input says
(`add NAME`, or `churn NUMBER` for so many changes of a Service's readiness), and says that it is done.
`… fetch|read|watch ADDRESS`: says in a line of JSON what that took: those that fetch or read, once for each line of
standard input, so that they can take turns; the one that watches, for a while once everything is listed, and again
for each line. The ten seconds right after everything is
listed are left out: in them the reflectors settle, once for all the time that a cluster is followed. Garbage is
collected before memory is measured, and what the C library holds in reserve is given back: what was dropped a moment
ago is not growth. Who reads and watches has garbage collected as often as an agent does; who only fetches and decodes
has the interpreter's own thresholds, as whoever the goal was taken from.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from apiscape.cli.group import OFTEN_ENOUGH
from apiscape.collect.memory import give_back
from apiscape.collectors.kubernetes.families import reads
from apiscape.collectors.kubernetes.gateways import GatewaysCollector
from apiscape.collectors.kubernetes.listing import Where, read_pages
from apiscape.collectors.kubernetes.objects import Decoder
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.bench.store_cycle import peak_bytes
from tests.collectors.kubernetes.estate import (
    accepted,
    backend,
    endpoint_slice,
    gateway,
    gateway_class,
    listener,
    make_cluster,
    namespace,
    route,
    rule,
    service,
)
from tests.collectors.kubernetes.visiting import SCOPE, Session, Visit, Watch

ROUTES, SERVICES, TEAMS = 10_000, 500, 50
IDLE_S = 10.0
QUIET = 100
"""More is not said at once where nothing happens: a few whose measurements grow old."""

HTTPROUTES = "httproutes.gateway.networking.k8s.io"

_FIELDS = ("spec", "metadata", "status", "labels", "annotations", "rules", "matches")
_OWNED: dict[str, Any] = {
    f"f:{name}": {f"f:{number}": {} for number in range(8)} for name in _FIELDS
}


def team(number: int) -> str:
    return f"team-{number % TEAMS}"


def one_of_many(number: int) -> dict[str, Any]:
    """Return a route of about 3.7 kB: most of it says who set which field."""
    behind = backend(f"svc-{number % SERVICES}")
    rules = [rule(f"/v1/{path}", behind, method=verb) for path in "ab" for verb in ("GET", "POST")]
    fields = {"manager": "kubectl", "operation": "Apply", "fieldsV1": _OWNED}
    metadata = {
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {"app.kubernetes.io/name": f"route-{number}", "team": team(number)},
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "x" * 600},
        "managedFields": [fields, fields],
    }
    name, space = f"route-{number}", team(number)
    hosts = [f"{name}.example.com"]
    return route(
        name, *rules, namespace=space, hostnames=hosts, metadata=metadata, status=accepted()
    )


def crowd() -> Iterator[dict[str, Any]]:
    yield gateway_class()
    yield gateway(listener(hostname="*.example.com"))
    for number in range(TEAMS):
        yield namespace(team(number), team=f"people-{number}")
    for number in range(SERVICES):
        yield service(f"svc-{number}", team(number))
        yield endpoint_slice(f"svc-{number}", namespace=team(number))
    for number in range(ROUTES):
        yield one_of_many(number)


def serve() -> None:
    """Serve the cluster, and change it as told."""
    cluster = make_cluster(*crowd())
    with KubernetesServer(cluster) as server:
        tell(server.url)
        for line in sys.stdin:
            act(cluster, *line.split())
            tell("done")


def act(cluster: Cluster, word: str, what: str) -> None:
    if word == "add":
        cluster.add(route(what, namespace=team(0)))
        return
    for number in range(int(what)):
        behind = number % SERVICES
        is_ready = number // SERVICES % 2 == 1
        cluster.change(endpoint_slice(f"svc-{behind}", is_ready, namespace=team(behind)))
        time.sleep(0.001)  # within what a server keeps to go on from


def tell(what: Any) -> None:
    print(json.dumps(what), flush=True)


def pages(session: Session) -> list[Any]:
    """Return every object that a visit reads, fetched and decoded and nothing more: the same bytes."""
    catalogue = session.catalogue.look()
    held: list[Any] = []
    for resource in reads(session.entries).resources:
        served = catalogue.find(resource.group, resource.plural, resource.versions)
        if served is not None:
            where, decoder = Where(served), Decoder(resource.type)
            held += read_pages(session.wire, where, decoder, lambda: None)
    return held


def observations(session: Session) -> int:
    """Read the whole cluster, and keep nothing of what is said, as the agent does."""
    return sum(1 for _ in GatewaysCollector().discover(SCOPE, Visit(session)))


def measured(url: str, work: Callable[[Session], object]) -> None:
    """Say for each line of standard input the CPU seconds of a round, and the most bytes that there were."""
    for _ in sys.stdin:
        session = Session(url)
        began = time.process_time()
        work(session)
        taken = time.process_time() - began
        session.wire.hang_up()
        tell({"cpu_s": taken, "peak": peak_bytes()})


def watch(url: str) -> None:
    """Follow the cluster; say what following it takes while nothing happens, and after each line that comes."""
    watch = Watch(Session(url))
    watch.keeps = False
    while not watch.is_following or watch.size > QUIET:
        watch.step()
    idle(watch)
    while True:
        tell(idle(watch))
        if not sys.stdin.readline():
            break
    watch.close()


def idle(watch: Watch) -> dict[str, float]:
    """Let a watch run for a while; return its share of a core, and the bytes that the process has."""
    began, until = time.process_time(), time.monotonic() + IDLE_S
    while time.monotonic() < until:
        watch.step()
    core = (time.process_time() - began) / IDLE_S
    gc.collect()
    give_back()
    return {"core": core, "bytes": resident()}


def resident() -> int:
    """Return how many bytes of memory this process has now."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096


def main(word: str, *given: str) -> None:
    if word in {"read", "watch"}:
        gc.set_threshold(*OFTEN_ENOUGH)
    match word:
        case "serve":
            serve()
        case "fetch":
            measured(given[0], pages)
        case "read":
            measured(given[0], observations)
        case _:
            watch(given[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
