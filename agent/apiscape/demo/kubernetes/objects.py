"""What becomes of objects that are created, changed and deleted, as the API server does it for every resource."""

from __future__ import annotations

import copy
import secrets
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from apiscape.demo.kubernetes import refusals
from apiscape.demo.kubernetes.kinds import CRDS, NAMESPACES, Kinds, Resource
from apiscape.demo.kubernetes.schema import faults, shaped
from apiscape.demo.kubernetes.storage import Held, Place, Storage

Json = dict[str, Any]
Change = Callable[[Json], Json]

NAME_LABEL = "kubernetes.io/metadata.name"
"""That every namespace has, so that selectors can name it."""

_SERVER_SET = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "selfLink")
_LONGEST_NAME = 253


class Objects:
    """Changes objects. Every method may be called from any thread.

    Args:
        storage: Where they are.
        kinds: What is served; definitions of custom resources change it.
        now: Gives the aware time.
        new_uid: Gives what a new object is known by; a random one without it.
    """

    def __init__(
        self,
        storage: Storage,
        kinds: Kinds,
        now: Callable[[], datetime],
        new_uid: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._storage = storage
        self._kinds = kinds
        self._now = now
        self._new_uid = new_uid

    def get(self, resource: Resource, place: Place) -> Held:
        """Return an object.

        Raises:
            Refusal: There is none.
        """
        held = self._storage.get(resource.key, place)
        if held is None:
            raise refusals.not_found(resource.plural, resource.group, place[1])
        return held

    def create(
        self, resource: Resource, namespace: str, body: Json, *, with_status: bool = False
    ) -> Held:
        """Store a new object; its status is left out unless it is asked to be kept, as seeds do.

        Raises:
            Refusal: It is there already, breaks its schema, or names no namespace that there is.
        """
        fresh = self._checked(resource, body)
        metadata = fresh["metadata"]
        place = self._place(resource, namespace, metadata)
        if resource.has_status and not with_status:
            fresh.pop("status", None)
        with self._storage.changed:
            self._check_namespace(resource, place[0])
            if self._storage.get(resource.key, place) is not None:
                raise refusals.already_exists(resource.plural, resource.group, place[1])
            for name in _SERVER_SET:
                metadata.pop(name, None)
            metadata |= {"uid": self._new_uid(), "creationTimestamp": self._stamp()}
            metadata |= {"generation": 1, "managedFields": [self._managed(resource)]}
            if resource.is_namespaced:
                metadata["namespace"] = place[0]
            if resource.key == NAMESPACES:
                metadata["labels"] = {NAME_LABEL: place[1]} | (metadata.get("labels") or {})
            if resource.key == CRDS:
                _establish(fresh)
            held = self._storage.put(resource.key, place, fresh)
            if resource.key == CRDS:
                self._kinds.define(fresh)
            return held

    def update(self, resource: Resource, place: Place, body: Json, *, status: bool = False) -> Held:
        """Store an object in place of what was there.

        Raises:
            Refusal: There is none, it changed meanwhile, or it breaks its schema.
        """
        version = (body.get("metadata") or {}).get("resourceVersion")
        return self.change(resource, place, lambda _before: body, version=version, status=status)

    def change(
        self,
        resource: Resource,
        place: Place,
        change: Change,
        *,
        version: str | None = None,
        status: bool = False,
    ) -> Held:
        """Store what a function makes of an object.

        Args:
            resource: What it is, in the version that the change is written in.
            place: Where it is.
            change: Given a copy that it may alter.
            version: The version that it must still have.
            status: Whether status alone is changed; everything else alone without it.

        Raises:
            Refusal: There is none, it changed meanwhile, or it breaks its schema.
        """
        with self._storage.changed:
            before = self.get(resource, place).body
            if version not in {None, before["metadata"]["resourceVersion"]}:
                raise refusals.conflict(resource.plural, resource.group, place[1])
            seen = copy.deepcopy(before) | {"apiVersion": resource.api_version}
            after = self._checked(resource, change(seen))
            fresh = _status_of(before, after) if status else self._body_of(resource, before, after)
            if fresh == before:
                return self.get(resource, place)
            if "deletionTimestamp" in fresh["metadata"] and not fresh["metadata"].get("finalizers"):
                return self._drop(resource, place)
            held = self._storage.put(resource.key, place, fresh)
            if resource.key == CRDS:
                self._kinds.define(fresh)
            return held

    def delete(self, resource: Resource, place: Place) -> Json:
        """Delete an object, at once or as soon as nobody finalises it any more; return what is answered.

        Raises:
            Refusal: There is none.
        """
        with self._storage.changed:
            before = self.get(resource, place).body
            if before["metadata"].get("finalizers"):
                fresh = copy.deepcopy(before)
                fresh["metadata"].setdefault("deletionTimestamp", self._stamp())
                return self._storage.put(resource.key, place, fresh).body
            self._drop(resource, place)
            details = {"name": place[1], "group": resource.group, "kind": resource.plural}
            return {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Success",
                "details": details | {"uid": before["metadata"]["uid"]},
            }

    def _drop(self, resource: Resource, place: Place) -> Held:
        held = self._storage.drop(resource.key, place)
        if resource.key == CRDS:
            spec = held.body["spec"]
            self._kinds.undefine(held.body)
            self._storage.forget((spec["group"], spec["names"]["plural"]))
        if resource.key == NAMESPACES:
            for key in {each.key for each in self._kinds if each.is_namespaced}:
                for inside, _ in self._storage.every(key, place[1]):
                    self._storage.drop(key, inside)
        return held

    # Checks.

    def _checked(self, resource: Resource, body: Json) -> Json:
        """Return a body as it is stored.

        Raises:
            Refusal: It is of another kind, or breaks its schema.
        """
        told = (body.get("apiVersion"), body.get("kind"))
        if told != (resource.api_version, resource.kind):
            raise refusals.bad_request(
                f"the object provided is unrecognized: {told[0]}, Kind={told[1]} is not"
                f" {resource.api_version}, Kind={resource.kind}"
            )
        fresh = copy.deepcopy(body)
        if not isinstance(fresh.setdefault("metadata", {}), dict):
            raise refusals.bad_request("metadata is not an object")
        stored = self._kinds.storage(resource.key)
        if resource.schema is not None:
            fresh = shaped(fresh, resource.schema)
            wrong = faults(fresh, resource.schema)
            if wrong:
                raise refusals.invalid(resource.kind, fresh["metadata"].get("name", ""), wrong)
        return fresh | {"apiVersion": (stored or resource).api_version}

    def _place(self, resource: Resource, namespace: str, metadata: Json) -> Place:
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"] + secrets.token_hex(3)[:5]
        name = metadata.get("name")
        if not isinstance(name, str) or not name or len(name) > _LONGEST_NAME:
            cause = "metadata.name: Required value: name or generateName is required"
            raise refusals.invalid(resource.kind, "", [cause])
        if not resource.is_namespaced:
            return ("", name)
        own = metadata.get("namespace") or namespace
        if own != namespace:
            raise refusals.bad_request(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        return (own, name)

    def _check_namespace(self, resource: Resource, namespace: str) -> None:
        if resource.is_namespaced and self._storage.get(NAMESPACES, ("", namespace)) is None:
            raise refusals.not_found("namespaces", "", namespace)

    def _body_of(self, resource: Resource, before: Json, after: Json) -> Json:
        """Return an object whose body is that of another, and what the server sets its own."""
        fresh, own = dict(after), before["metadata"]
        metadata = {
            name: value for name, value in after["metadata"].items() if name not in _SERVER_SET
        }
        metadata |= {name: own[name] for name in _SERVER_SET if name in own}
        metadata |= {"name": own["name"], "resourceVersion": own["resourceVersion"]}
        metadata["managedFields"] = own["managedFields"]
        if "namespace" in own:
            metadata["namespace"] = own["namespace"]
        if resource.has_status:
            fresh.pop("status", None)
            if "status" in before:
                fresh["status"] = before["status"]
        if _told(fresh) != _told(before):
            metadata["generation"] = own["generation"] + 1
        return fresh | {"metadata": metadata}

    def _managed(self, resource: Resource) -> Json:
        return {
            "manager": "emulated",
            "operation": "Update",
            "apiVersion": resource.api_version,
            "time": self._stamp(),
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:spec": {}},
        }

    def _stamp(self) -> str:
        return self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _status_of(before: Json, after: Json) -> Json:
    fresh = dict(before)
    fresh.pop("status", None)
    return fresh | ({"status": after["status"]} if "status" in after else {})


def _told(body: Json) -> Json:
    """Return what a person wrote: a change of it is a new generation."""
    return {name: value for name, value in body.items() if name not in {"metadata", "status"}}


def _establish(definition: Json) -> None:
    """Say of a definition that it is served."""
    stored = [each["name"] for each in definition["spec"]["versions"] if each.get("storage")]
    if len(stored) != 1:
        cause = (
            "spec.versions: Invalid value: must have exactly one version marked as storage version"
        )
        name = definition["metadata"]["name"]
        raise refusals.invalid("CustomResourceDefinition", name, [cause])
    established = {"type": "Established", "status": "True", "reason": "InitialNamesAccepted"}
    accepted = {"type": "NamesAccepted", "status": "True", "reason": "NoConflicts"}
    definition["status"] = {
        "conditions": [accepted, established],
        "acceptedNames": definition["spec"]["names"],
        "storedVersions": stored,
    }
