"""Makes of an object what is kept of it: each expression of its entry is asked once, then the object is let go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from apiscape.collectors.kubernetes.objects import Metadata, Thing
from apiscape.collectors.kubernetes.table.conditions import read_health
from apiscape.collectors.kubernetes.table.expressions import Expression
from apiscape.collectors.kubernetes.table.functions import without_secrets
from apiscape.collectors.kubernetes.table.parts import Kind, Refs
from apiscape.collectors.kubernetes.table.schema import Entry, Scope
from apiscape.collectors.kubernetes.table.sketch import (
    LIMITED,
    SWITCHES,
    Allowance,
    Asked,
    Asking,
    Limit,
    Line,
    Paper,
    Party,
    Reach,
    Ref,
    Sketch,
    Spot,
    Way,
)
from apiscape.collectors.kubernetes.table.slots import Slots, kept, listed
from apiscape.model.deployment import Spec
from apiscape.model.vocabulary import SchemeKind

MAX_RULES = 2_000
OR = " or "
"""Between issuers of which a token may be of any."""

Json = Any


def loose_type(kind: Kind) -> type[Thing]:
    """Return what is decoded of an object before it is picked from: the fields that its entry reads."""
    fields: list[tuple[str, Any, Any]] = [(name, Any, None) for name in kind.fields]
    made: Any = msgspec.defstruct(f"{kind.kind}Body", fields, bases=(Thing,), kw_only=True)
    found: type[Thing] = made
    return found


def picker(entry: Entry) -> Callable[[Any], Sketch]:
    """Return what makes a sketch of a decoded object of an entry."""

    def pick(thing: Any) -> Sketch:  # noqa: ANN401 - of a type that is made at run time
        body: dict[str, Json] = {name: getattr(thing, name) for name in entry.resource.fields}
        body["metadata"] = _metadata(thing.metadata)
        return _Picking(entry, body).sketch(thing.metadata)

    return pick


def _metadata(metadata: Metadata) -> dict[str, Json]:
    return {
        "name": metadata.name,
        "namespace": metadata.namespace,
        "generation": metadata.generation,
        "labels": metadata.labels or {},
        "annotations": metadata.annotations or {},
    }


class _Picking:
    """Picks from one object, and notes what could not be read of it."""

    def __init__(self, entry: Entry, body: dict[str, Json]) -> None:
        self._entry = entry
        self._body = body
        self._slots = Slots(body)

    def sketch(self, metadata: Metadata) -> Sketch:
        """Return what is kept."""
        entry = self._entry
        sketch = Sketch(
            metadata=metadata,
            is_root=entry.root_if is None or bool(self._slots.find("root_if", entry.root_if)),
            is_served=entry.not_if is None or not self._slots.find("not_if", entry.not_if),
            gateway=self._slots.text("gateway", entry.gateway),
            title=self._slots.text("title", entry.title),
            description=self._slots.text("description", entry.description),
            version=self._slots.text("version", entry.version),
            style=self._slots.word("style", entry.style),
            status=self._slots.word("status", entry.status),
            status_reason=self._slots.text("status_reason", entry.status_reason),
            lifecycle=self._slots.word("lifecycle", entry.lifecycle),
            addresses=tuple(self._spots()),
            reach=next(iter(self._slots.all("reached", entry.reached, Reach)), Reach()),
            upstreams=tuple(self._ways("upstreams", entry.upstreams, self._body)),
            rules=tuple(self._rules()),
            targets=tuple(self._ways("targets", entry.targets, self._body)),
            parents=self._slots.all("parents", entry.parents, Ref),
            auth=self._asked("auth", entry.auth.each if entry.auth else None, self._body),
            policies=self._refs("policies", entry.policies),
            attaches=self._refs("attaches", entry.attaches),
            switches=self._switches(),
            limits=self._slots.all("limits", entry.limits, Limit),
            sort=self._slots.text("sort", entry.sort),
            allows=self._slots.all("allows", entry.allows, Allowance),
            owners=self._slots.all("owners", entry.owners, Party),
            documents=tuple(self._documents()),
            links=self._links(),
            conditions=tuple(
                each
                for health in entry.health
                for each in read_health(health, self._body, metadata.generation, self._slots.find)
            ),
        )
        said = self._slots.texts("incomplete", entry.incomplete, self._body)
        scopes = [each for scope in entry.rules for each in self._hatches(scope)]
        sketch.incomplete = tuple(dict.fromkeys((*said, *scopes, *self._slots.odd)))
        return sketch

    # What several words make.

    def _rules(self) -> Iterator[Line]:
        count = 0
        for position, scope in enumerate(self._entry.rules):
            for rule in self._scope(position, scope):
                count += 1
                if count > MAX_RULES:
                    self._slots.odd[f"only the first {MAX_RULES:,} rules are read"] = None
                    return
                yield self._line(f"rules[{position}]", scope, rule)

    def _scope(self, position: int, scope: Scope) -> list[Json]:
        if scope.each is None:
            return [self._body]
        found = listed(self._slots.find(f"rules[{position}].each", scope.each))
        fit = [each for each in found if isinstance(each, dict)]
        if len(fit) < len(found):
            self._slots.note(f"rules[{position}].each")
        return fit

    def _line(self, slot: str, scope: Scope, rule: Json) -> Line:
        on = {"rate_limit": scope.rate_limit, "cors": scope.cors}
        return Line(
            matches=self._matches(slot, scope, rule),
            hosts=tuple(self._slots.texts(f"{slot}.hosts", scope.hosts, rule)),
            targets=tuple(self._ways(f"{slot}.targets", scope.targets, rule)),
            policies=self._slots.all(f"{slot}.policies", scope.policies, Ref, rule),
            auth=self._asked(f"{slot}.auth", scope.auth, rule),
            auth_by_name=tuple(self._slots.texts(f"{slot}.auth_by_name", scope.auth_by_name, rule)),
            auth_without=tuple(self._slots.texts(f"{slot}.auth_without", scope.auth_without, rule)),
            include=self._slots.all(f"{slot}.include", scope.include, Ref, rule),
            limits=self._slots.all(f"{slot}.limits", scope.limits, Limit, rule),
            switches=frozenset(
                name
                for name, expression in on.items()
                if expression is not None and self._slots.find(f"{slot}.{name}", expression, rule)
            ),
        )

    def _matches(self, slot: str, scope: Scope, rule: Json) -> tuple[Asking, ...]:
        found = self._slots.all(f"{slot}.matches", scope.matches, Asking, rule)
        methods = tuple(self._slots.texts(f"{slot}.methods", scope.methods, rule))
        if not methods:
            return found
        return tuple(
            msgspec.structs.replace(each, methods=methods) for each in found or (Asking(),)
        )

    def _hatches(self, scope: Scope) -> Iterator[str]:
        if scope.incomplete is None:
            return
        for rule in self._scope(0, scope)[:MAX_RULES]:
            yield from self._slots.texts("incomplete", scope.incomplete, rule)

    def _ways(self, slot: str, expression: Expression | None, body: Json) -> Iterator[Way]:
        for way in self._slots.all(slot, expression, Way, body):
            yield msgspec.structs.replace(way, url=without_secrets(way.url)) if way.url else way

    def _spots(self) -> Iterator[Spot]:
        for spot in self._slots.all("addresses", self._entry.addresses, Spot):
            yield msgspec.structs.replace(spot, url=without_secrets(spot.url)) if spot.url else spot

    def _asked(self, slot: str, expression: Expression | None, body: Json) -> tuple[Asked, ...]:
        kinds = self._entry.auth.kinds if self._entry.auth else {}
        return tuple(
            msgspec.structs.replace(
                each,
                issuer=_public(each.issuer),
                means=kinds.get(each.kind, SchemeKind.CUSTOM),
            )
            for each in self._slots.all(slot, expression, Asked, body)
        )

    def _refs(self, slot: str, refs: Refs | None) -> tuple[Ref, ...]:
        if refs is None:
            return ()
        named = self._body["metadata"]["annotations"].get(refs.annotation, "")
        written = (name.strip() for name in named.split(","))
        return (
            *self._slots.all(slot, refs.each, Ref),
            *(Ref(name=name) for name in written if name),
        )

    def _switches(self) -> frozenset[str]:
        return frozenset(
            name
            for name in (LIMITED, *SWITCHES)
            if self._slots.find(name, getattr(self._entry, name))
        )

    def _documents(self) -> Iterator[Spec]:
        for each in self._slots.all("documents", self._entry.documents, Paper):
            place = each.url if each.url.startswith("/") else without_secrets(each.url)
            yield Spec(format=each.format, source_uri=place)

    def _links(self) -> dict[str, str]:
        found = self._slots.find("links", self._entry.links)
        if not isinstance(found, dict):
            return {}
        return {
            key: kept(value) for key, value in found.items() if isinstance(value, str) and value
        }


def _public(issuer: str | None) -> str | None:
    """Return an issuer without userinfo and query, one that is no URL as it is; of several, each."""
    if issuer is None:
        return None
    return OR.join(without_secrets(each) if "//" in each else each for each in issuer.split(OR))
