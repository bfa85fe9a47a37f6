"""Makes of an object what is kept of it: each expression of its entry is asked once, then the object is let go."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

from apiscape.collectors.kubernetes.objects import Metadata, Thing
from apiscape.collectors.kubernetes.table.conditions import read_health
from apiscape.collectors.kubernetes.table.expressions import Expression, Unfit
from apiscape.collectors.kubernetes.table.functions import without_secrets
from apiscape.collectors.kubernetes.table.parts import Kind, Refs, Words
from apiscape.collectors.kubernetes.table.schema import Entry, Scope
from apiscape.collectors.kubernetes.table.sketch import (
    SWITCHES,
    Asked,
    Asking,
    Line,
    Paper,
    Party,
    Reach,
    Ref,
    Sketch,
    Spot,
    Way,
)
from apiscape.model.deployment import Spec

MAX_RULES = 2_000
MAX_ITEMS = 1_000
MAX_TEXT = 4_096

_USERINFO = re.compile(r"(?<=://)[^/@\s]*@")

Json = Any
T = TypeVar("T")


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
        self._odd: dict[str, None] = {}

    def sketch(self, metadata: Metadata) -> Sketch:
        """Return what is kept."""
        entry = self._entry
        sketch = Sketch(
            metadata=metadata,
            is_root=entry.root_if is None or bool(self._find("root_if", entry.root_if)),
            is_served=entry.not_if is None or not self._find("not_if", entry.not_if),
            gateway=self._text("gateway", entry.gateway),
            title=self._text("title", entry.title),
            description=self._text("description", entry.description),
            version=self._text("version", entry.version),
            style=self._word("style", entry.style),
            status=self._word("status", entry.status),
            status_reason=self._text("status_reason", entry.status_reason),
            lifecycle=self._word("lifecycle", entry.lifecycle),
            addresses=tuple(self._spots()),
            reach=next(iter(self._all("reached", entry.reached, Reach)), Reach()),
            upstreams=tuple(self._ways("upstreams", entry.upstreams, self._body)),
            rules=tuple(self._rules()),
            targets=tuple(self._ways("targets", entry.targets, self._body)),
            parents=self._all("parents", entry.parents, Ref),
            auth=self._asked("auth", entry.auth.each if entry.auth else None, self._body),
            policies=self._refs("policies", entry.policies),
            attaches=self._refs("attaches", entry.attaches),
            switches=frozenset(name for name in SWITCHES if self._find(name, getattr(entry, name))),
            owners=self._all("owners", entry.owners, Party),
            documents=tuple(self._documents()),
            links=self._links(),
            conditions=tuple(
                each
                for health in entry.health
                for each in read_health(health, self._body, metadata.generation, self._find)
            ),
        )
        said = self._texts("incomplete", entry.incomplete, self._body)
        scopes = [each for scope in entry.rules for each in self._hatches(scope)]
        sketch.incomplete = tuple(dict.fromkeys((*said, *scopes, *self._odd)))
        return sketch

    # Single slots.

    def _find(self, slot: str, expression: Expression | None, body: Json = None) -> Json:
        if expression is None:
            return None
        try:
            return expression.search(self._body if body is None else body)
        except Unfit:
            self._note(slot)
            return None

    def _note(self, slot: str) -> None:
        self._odd[f"{slot} could not be read"] = None

    def _text(self, slot: str, expression: Expression | None) -> str | None:
        found = self._find(slot, expression)
        if found is None or isinstance(found, dict | list):
            return None
        return _kept(_written(found)) or None

    def _word(self, slot: str, words: Words) -> str:
        found = self._find(slot, words.value)
        return (
            words.map.get(_written(found), words.otherwise or "")
            if found is not None
            else words.otherwise or ""
        )

    def _texts(self, slot: str, expression: Expression | None, body: Json) -> Iterator[str]:
        for each in _listed(self._find(slot, expression, body)):
            if isinstance(each, str) and each:
                yield _kept(each)
            elif isinstance(each, int | float):
                yield _written(each)

    def _all(
        self, slot: str, expression: Expression | None, kind: type[T], body: Json = None
    ) -> tuple[T, ...]:
        found = _listed(self._find(slot, expression, body))
        if len(found) > MAX_ITEMS:
            self._odd[f"only the first {MAX_ITEMS:,} of {slot} are read"] = None
        return tuple(each for item in found[:MAX_ITEMS] for each in self._one(slot, item, kind))

    def _one(self, slot: str, item: Json, kind: type[T]) -> Iterator[T]:
        try:
            yield msgspec.convert(_cleaned(item), kind, strict=False)
        except msgspec.ValidationError:
            self._note(slot)

    # What several words make.

    def _rules(self) -> Iterator[Line]:
        count = 0
        for position, scope in enumerate(self._entry.rules):
            for rule in self._scope(position, scope):
                count += 1
                if count > MAX_RULES:
                    self._odd[f"only the first {MAX_RULES:,} rules are read"] = None
                    return
                yield self._line(f"rules[{position}]", scope, rule)

    def _scope(self, position: int, scope: Scope) -> list[Json]:
        if scope.each is None:
            return [self._body]
        found = _listed(self._find(f"rules[{position}].each", scope.each))
        fit = [each for each in found if isinstance(each, dict)]
        if len(fit) < len(found):
            self._note(f"rules[{position}].each")
        return fit

    def _line(self, slot: str, scope: Scope, rule: Json) -> Line:
        on = {"rate_limit": scope.rate_limit, "cors": scope.cors}
        return Line(
            matches=self._matches(slot, scope, rule),
            hosts=tuple(self._texts(f"{slot}.hosts", scope.hosts, rule)),
            targets=tuple(self._ways(f"{slot}.targets", scope.targets, rule)),
            policies=self._all(f"{slot}.policies", scope.policies, Ref, rule),
            auth=self._asked(f"{slot}.auth", scope.auth, rule),
            auth_by_name=tuple(self._texts(f"{slot}.auth_by_name", scope.auth_by_name, rule)),
            auth_without=tuple(self._texts(f"{slot}.auth_without", scope.auth_without, rule)),
            include=self._all(f"{slot}.include", scope.include, Ref, rule),
            switches=frozenset(
                name
                for name, expression in on.items()
                if expression is not None and self._find(f"{slot}.{name}", expression, rule)
            ),
        )

    def _matches(self, slot: str, scope: Scope, rule: Json) -> tuple[Asking, ...]:
        found = self._all(f"{slot}.matches", scope.matches, Asking, rule)
        methods = tuple(self._texts(f"{slot}.methods", scope.methods, rule))
        if not methods:
            return found
        return tuple(
            msgspec.structs.replace(each, methods=methods) for each in found or (Asking(),)
        )

    def _hatches(self, scope: Scope) -> Iterator[str]:
        if scope.incomplete is None:
            return
        for rule in self._scope(0, scope)[:MAX_RULES]:
            yield from self._texts("incomplete", scope.incomplete, rule)

    def _ways(self, slot: str, expression: Expression | None, body: Json) -> Iterator[Way]:
        for way in self._all(slot, expression, Way, body):
            yield msgspec.structs.replace(way, url=without_secrets(way.url)) if way.url else way

    def _spots(self) -> Iterator[Spot]:
        for spot in self._all("addresses", self._entry.addresses, Spot):
            yield msgspec.structs.replace(spot, url=without_secrets(spot.url)) if spot.url else spot

    def _asked(self, slot: str, expression: Expression | None, body: Json) -> tuple[Asked, ...]:
        return tuple(
            msgspec.structs.replace(each, issuer=_public(each.issuer))
            for each in self._all(slot, expression, Asked, body)
        )

    def _refs(self, slot: str, refs: Refs | None) -> tuple[Ref, ...]:
        if refs is None:
            return ()
        named = self._body["metadata"]["annotations"].get(refs.annotation, "")
        written = (name.strip() for name in named.split(","))
        return (
            *self._all(slot, refs.each, Ref),
            *(Ref(name=name) for name in written if name),
        )

    def _documents(self) -> Iterator[Spec]:
        for each in self._all("documents", self._entry.documents, Paper):
            place = each.url if each.url.startswith("/") else without_secrets(each.url)
            yield Spec(format=each.format, source_uri=place)

    def _links(self) -> dict[str, str]:
        found = self._find("links", self._entry.links)
        if not isinstance(found, dict):
            return {}
        return {
            key: _kept(value) for key, value in found.items() if isinstance(value, str) and value
        }


def _public(issuer: str | None) -> str | None:
    """Return an issuer without userinfo and query; one that is no URL as it is."""
    return without_secrets(issuer) if issuer and "//" in issuer else issuer


def _listed(found: Json) -> list[Json]:
    if found is None or found is False:
        return []
    items = found if isinstance(found, list) else [found]
    return [each for each in items if each is not None and each is not False]


def _cleaned(value: Json) -> Json:
    """Return a value without nulls, with its texts cut to what can be kept."""
    if isinstance(value, dict):
        return {key: _cleaned(held) for key, held in value.items() if held is not None}
    if isinstance(value, list):
        return [_cleaned(each) for each in value if each is not None]
    return _kept(value) if isinstance(value, str) else value


def _kept(text: str) -> str:
    """Return a text as far as it is kept, without userinfo of URLs in it."""
    return _USERINFO.sub("", text[:MAX_TEXT])


def _written(value: Json) -> str:
    """Return a scalar as JSON writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
