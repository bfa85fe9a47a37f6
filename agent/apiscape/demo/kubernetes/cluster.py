"""A cluster: what it serves, what is in it, who may see it, and what was asked of it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

from apiscape.demo.kubernetes import refusals
from apiscape.demo.kubernetes.access import Access
from apiscape.demo.kubernetes.exchange import Call
from apiscape.demo.kubernetes.faults import FaultPlan
from apiscape.demo.kubernetes.kinds import Kinds, Resource
from apiscape.demo.kubernetes.objects import Objects
from apiscape.demo.kubernetes.storage import Held, Place, Storage

Json = dict[str, Any]


class Cluster:
    """Everything behind an API server. Every method may be called from any thread.

    Args:
        takes_anonymous: Whether anybody may ask.
        seed: Objects that are made in the same order are known by the same uids every time.

    Attributes:
        uid: What it is known by: that of the namespace `kube-system`.
        aggregates: Whether all groups are told at once to who takes that.
        calls: Every request so far, in order.
        faults: What goes wrong.
    """

    def __init__(self, *, takes_anonymous: bool = True, seed: int | None = None) -> None:
        self.storage = Storage()
        self.kinds = Kinds()
        self.access = Access(takes_anonymous=takes_anonymous)
        dice = Random(seed)  # noqa: S311 - what objects are known by, no secret
        self.objects = Objects(
            self.storage,
            self.kinds,
            lambda: datetime.now(UTC),
            lambda: str(UUID(int=dice.getrandbits(128), version=4)),
        )
        self.faults = FaultPlan()
        self.aggregates = True
        self.calls: list[Call] = []
        self._lock = threading.Lock()
        named = ({"name": name} for name in ("default", "kube-system"))
        made = self.add(*({"apiVersion": "v1", "kind": "Namespace", "metadata": n} for n in named))
        self.uid: str = made[-1]["metadata"]["uid"]

    # What there is, told by whoever makes a cluster up.

    def add(self, *manifests: Json) -> list[Json]:
        """Store manifests as they are, status included; return them as they are then.

        Raises:
            Refusal: One breaks its schema, or is of a kind that is not served.
        """
        return [self._add(each).body for each in manifests]

    def change(self, manifest: Json) -> Json:
        """Store a manifest in place of the object that it names, status included."""
        resource, place = self._named(manifest)
        held = self.objects.change(resource, place, lambda _before: manifest)
        if resource.has_status and "status" in manifest:
            held = self.objects.change(resource, place, lambda _before: manifest, status=True)
        return held.body

    def remove(self, manifest: Json) -> None:
        """Delete the object that a manifest names."""
        self.objects.delete(*self._named(manifest))

    def _add(self, manifest: Json) -> Held:
        resource, place = self._named(manifest)
        return self.objects.create(resource, place[0], manifest, with_status=True)

    def _named(self, manifest: Json) -> tuple[Resource, Place]:
        resource = self.kinds.of_kind(manifest["apiVersion"], manifest["kind"])
        if resource is None:
            told = f"{manifest['apiVersion']} {manifest['kind']}"
            raise refusals.bad_request(f"no matches for kind {told}")
        metadata = manifest["metadata"]
        namespace = metadata.get("namespace", "default") if resource.is_namespaced else ""
        return resource, (namespace, metadata.get("name", ""))

    # What goes down.

    def take_down(self, group: str, version: str) -> None:
        """Have a version that another server serves be there in discovery, and down."""
        self.kinds.stale.add((group, version))

    def note(self, call: Call) -> None:
        """Add to the log of calls."""
        with self._lock:
            self.calls.append(call)

    def calls_of(self, verbs: Iterable[str]) -> list[Call]:
        """Return the calls of some verbs, in order."""
        wanted = frozenset(verbs)
        with self._lock:
            return [call for call in self.calls if call.verb in wanted]
