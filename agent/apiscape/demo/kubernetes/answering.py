"""What requests are answered with: who asks, whether they may, and what they ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import yaml

from apiscape.demo.kubernetes import refusals
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.documents import Documents
from apiscape.demo.kubernetes.exchange import NO_ROUTE, Answer, Call, Request, document, refuse
from apiscape.demo.kubernetes.forms import asked_form, listed_form, render, table
from apiscape.demo.kubernetes.kinds import REVIEWS, Resource
from apiscape.demo.kubernetes.listing import page
from apiscape.demo.kubernetes.patches import (
    APPLY,
    JSON_PATCH,
    MERGE,
    STRATEGIC,
    apply_operations,
    merge,
)
from apiscape.demo.kubernetes.refusals import PlainRefusal, Refusal
from apiscape.demo.kubernetes.routing import Target, target_of
from apiscape.demo.kubernetes.storage import Held
from apiscape.demo.kubernetes.watching import Watch

Json = dict[str, Any]


class Asked(msgspec.Struct, frozen=True):
    """A request that is understood and allowed.

    Attributes:
        user: Who asks.
    """

    resource: Resource
    target: Target
    request: Request
    user: str

    @property
    def place(self) -> tuple[str, str]:
        """Where the object is that it names."""
        return (self.target.namespace, self.target.name)

    @property
    def form(self) -> str:
        """The form that the answer is wanted in."""
        return asked_form(self.request.headers.get("accept") or "")

    @property
    def is_of_status(self) -> bool:
        """Whether status alone is meant."""
        return self.target.sub == "status"

    def manifest(self) -> Json:
        """Return the body.

        Raises:
            Refusal: It is no object.
        """
        try:
            return msgspec.json.decode(self.request.body, type=Json)
        except msgspec.DecodeError as error:
            raise refusals.bad_request(f"the body cannot be read: {error}") from None


class Answering:
    """Answers requests over a cluster. May be called from any thread."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._objects = cluster.objects
        self._documents = Documents(cluster)
        self._verbs: Mapping[str, Callable[[Asked], Answer]] = {
            "get": self._get,
            "list": self._list,
            "watch": self._watch,
            "create": self._create,
            "update": self._update,
            "patch": self._patch,
            "delete": self._delete,
        }

    def answer(self, request: Request) -> Answer:
        """Return what a request is answered with."""
        try:
            target = target_of(request.path)
            user = self._cluster.access.user(request.headers)
            if target is None:
                self._note(request, "discover", None, user)
                return self._documents.answer(request)
            verb = target.verb(request.method, request.query)
            self._note(request, verb, target, user)
            self._check_may(user, verb, target)
            return self._carry_out(verb, Asked(self._resource(verb, target), target, request, user))
        except PlainRefusal:
            return NO_ROUTE
        except Refusal as refusal:
            return refuse(refusal)

    def _note(self, request: Request, verb: str, target: Target | None, user: str) -> None:
        call = Call(
            verb=verb,
            group=target.group if target else "",
            resource=target.plural if target else "",
            namespace=target.namespace if target else "",
            name=target.name if target else "",
            user=user,
            path=request.path,
            query=request.query,
            accept=request.headers.get("accept") or "",
            encoding=request.headers.get("accept-encoding") or "",
        )
        self._cluster.note(call)

    def _check_may(self, user: str, verb: str, target: Target) -> None:
        asked = f"{target.plural}/{target.sub}" if target.sub else target.plural
        if not self._cluster.access.may(user, verb, target.group, asked, target.namespace):
            raise refusals.forbidden(user, verb, asked, target.group, target.namespace)

    def _resource(self, verb: str, target: Target) -> Resource:
        """Return what a path names.

        Raises:
            PlainRefusal: Nobody serves it.
            Refusal: It knows no such verb.
        """
        resource = self._cluster.kinds.find(target.group, target.version, target.plural)
        if resource is None or (target.namespace and not resource.is_namespaced):
            raise PlainRefusal
        if target.sub and (target.sub != "status" or not resource.has_status):
            raise PlainRefusal
        if verb not in resource.verbs:
            raise refusals.not_allowed(verb)
        return resource

    def _carry_out(self, verb: str, asked: Asked) -> Answer:
        if asked.resource.plural in REVIEWS:
            return self._review(asked)
        return self._verbs[verb](asked)

    # Reading.

    def _get(self, asked: Asked) -> Answer:
        held = self._objects.get(asked.resource, asked.place)
        return Answer(body=render(asked.resource, held, asked.form))

    def _list(self, asked: Asked) -> Answer:
        form = asked.form
        drawn = "PartialObjectMetadata" if form else ""
        found = page(
            self._cluster.storage,
            asked.resource,
            asked.target.namespace,
            asked.request.query,
            lambda each, held: render(each, held, drawn),
        )
        if form == "Table":
            return Answer(body=table(found.items, found.version, found.token))
        return Answer(body=found.encode(listed_form(asked.resource, form)))

    def _watch(self, asked: Asked) -> Answer:
        form, cluster = asked.form, self._cluster

        def drawn(each: Resource, held: Held) -> bytes:
            return render(each, held, form)

        given = (cluster.storage, cluster.kinds, asked.resource, asked.target.namespace)
        return Answer(lines=Watch(*given, asked.request.query, drawn))

    def _review(self, asked: Asked) -> Answer:
        access, told = self._cluster.access, asked.manifest()
        review = access.review if asked.resource.plural == REVIEWS[0] else access.list_rules
        return document(told | {"status": review(asked.user, told)}, status=201)

    # Writing.

    def _create(self, asked: Asked) -> Answer:
        held = self._objects.create(asked.resource, asked.target.namespace, asked.manifest())
        return Answer(status=201, body=render(asked.resource, held))

    def _update(self, asked: Asked) -> Answer:
        held = self._objects.update(
            asked.resource, asked.place, asked.manifest(), status=asked.is_of_status
        )
        return Answer(body=render(asked.resource, held))

    def _delete(self, asked: Asked) -> Answer:
        return document(self._objects.delete(asked.resource, asked.place))

    def _patch(self, asked: Asked) -> Answer:
        media = (asked.request.headers.get("content-type") or "").partition(";")[0]
        if media == APPLY:
            return self._apply(asked)
        if media not in {MERGE, STRATEGIC, JSON_PATCH}:
            raise refusals.unsupported(media)
        lay = apply_operations if media == JSON_PATCH else merge
        patch, version = msgspec.json.decode(asked.request.body), None
        if isinstance(patch, dict):
            version = (patch.get("metadata") or {}).get("resourceVersion")
        held = self._objects.change(
            asked.resource,
            asked.place,
            lambda before: lay(before, patch),
            version=version,
            status=asked.is_of_status,
        )
        return Answer(body=render(asked.resource, held))

    def _apply(self, asked: Asked) -> Answer:
        """Lay a manifest over what is there, or store it; who owns which field is not kept."""
        if not asked.request.query.get("fieldManager"):
            raise refusals.bad_request("fieldManager: Required value: is required for apply patch")
        manifest, storage = yaml.safe_load(asked.request.body), self._cluster.storage
        with storage.changed:
            if storage.get(asked.resource.key, asked.place) is None:
                held = self._objects.create(asked.resource, asked.target.namespace, manifest)
                return Answer(status=201, body=render(asked.resource, held))
            held = self._objects.change(
                asked.resource, asked.place, lambda before: merge(before, manifest)
            )
            return Answer(body=render(asked.resource, held))
