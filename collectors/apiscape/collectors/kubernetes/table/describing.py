"""What objects say of APIs that other objects expose: titles, owners, contracts, and what they ask of callers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from apiscape.collectors.kubernetes.core import SERVICES
from apiscape.collectors.kubernetes.exposed import Condition, Exposed, Target, services_of
from apiscape.collectors.kubernetes.limiting import each_once
from apiscape.collectors.kubernetes.objects import Metadata, key_of
from apiscape.collectors.kubernetes.resource import Look
from apiscape.collectors.kubernetes.table.asking import conclude, demands_of, holding
from apiscape.collectors.kubernetes.table.exposing import consumers_of, limits_by, owners_of
from apiscape.collectors.kubernetes.table.finding import OF, OWNED, Finder, Known
from apiscape.collectors.kubernetes.table.indexing import owner_word, owners_in
from apiscape.collectors.kubernetes.table.schema import Entry, EntryRole
from apiscape.collectors.kubernetes.table.sending import targets_of
from apiscape.collectors.kubernetes.table.sketch import Sketch
from apiscape.model.deployment import Spec
from apiscape.model.limits import RateLimits
from apiscape.model.provenance import Claim
from apiscape.model.security import UNKNOWN_SECURITY, Security
from apiscape.model.vocabulary import Requirement


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What an object says of an API that another one exposes.

    Attributes:
        by: What the object is called (`APIProduct shop/catalogue`).
        lifecycle, status: Empty where it does not say.
        security: What it asks of callers, beside what the other object says; unknown where it does not say.
        switches: Protections that it says are on.
        limits: On how often callers may.
        consumers: How many call it, where it is known.
        conditions: What controllers say of it.
        targets: Where it sends requests, if it stands for a backend.
    """

    by: str
    title: str | None = None
    description: str | None = None
    version: str | None = None
    lifecycle: str = ""
    status: str = ""
    owners: tuple[Claim, ...] = ()
    documents: tuple[Spec, ...] = ()
    links: dict[str, str] = {}
    security: Security = UNKNOWN_SECURITY
    switches: frozenset[str] = frozenset()
    limits: RateLimits = ()
    consumers: int | None = None
    conditions: tuple[Condition, ...] = ()
    targets: tuple[Target, ...] = ()


_NAMED = frozenset({EntryRole.POLICY, EntryRole.BACKEND})
"""What objects of other families refer to by name."""


def describe(entries: Mapping[str, Entry], path: str, metadata: Metadata, look: Look) -> list[Told]:
    """Return what is said of an object of another family.

    Args:
        entries: By the resource that they are of.
        path: What the object's resource is called in native ids (`group/plural`).
        metadata: Of the object.
        look: What is looked by.
    """
    there = look.once("table.describing", "", lambda look: _there(entries, look))
    if not there:
        return []
    finder = Finder(entries, look)
    found: dict[str, Known] = {}
    entries = {name: entries[name] for name in there}
    for each in (
        *_of(
            {name: each for name, each in entries.items() if _attaches(each)},
            f"{path}:{key_of(metadata.namespace, metadata.name)}",
            look,
        ),
        *_annotated({name: each.annotated for name, each in entries.items()}, metadata, finder),
        *_owning(entries, metadata, look),
    ):
        found.setdefault(each.words, each)
    return [_told(known, finder) for known in found.values()]


def behind(entries: Mapping[str, Entry], exposed: Exposed, look: Look) -> list[Told]:
    """Return what is said by objects of Services that an API sends to, and by those that such Services name.

    What several of them say of one link is said of it together.

    Args:
        entries: By the resource that they are of.
        exposed: The API.
        look: What is looked by.
    """
    there = look.once("table.behind", "", lambda look: _of_services(entries, look))
    if not there:
        return []
    named = {name: entries[name].behind for name in there if entries[name].behind}
    bound = {name: entries[name] for name in there if _binds(entries[name])}
    finder = Finder(entries, look)
    found: dict[str, Known] = {}
    for key in services_of(exposed.targets()):
        service = look.get(SERVICES, key) if named else None
        for each in (
            *_of(bound, f"{SERVICES}:{key}", look),
            *(_annotated(named, service.metadata, finder) if service else ()),
        ):
            found.setdefault(each.words, each)
    told = [_told(known, finder) for known in found.values()]
    return [msgspec.structs.replace(each, links=_shared(each, told)) for each in told]


def _of_services(entries: Mapping[str, Entry], look: Look) -> tuple[str, ...]:
    """Return the resources that may say something of Services, of which there is an object."""
    return tuple(
        name for name, each in entries.items() if (each.behind or _binds(each)) and look.has(name)
    )


def _binds(entry: Entry) -> bool:
    """Say whether objects of an entry are of Services."""
    return entry.attaches is not None and SERVICES in entry.attaches.kinds.values()


def _shared(one: Told, told: Iterable[Told]) -> dict[str, str]:
    """Return the links of one, each with what others say of it too."""
    held = [each.links for each in told]
    return {
        key: ", ".join(dict.fromkeys(links[key] for links in held if key in links))
        for key in one.links
    }


def tell_named(
    entries: Mapping[str, Entry], called: tuple[str, str], namespace: str, name: str, look: Look
) -> Told | None:
    """Return what a policy asks, or where a backend sends requests; `None` where nobody can tell.

    Args:
        entries: By the resource that they are of.
        called: Group and kind.
        namespace: Of whoever refers to it.
        name: Of the object.
        look: What is looked by.
    """
    finder = Finder(entries, look)
    for resource, entry in entries.items():
        if (entry.resource.group, entry.resource.kind) == called and entry.role in _NAMED:
            known = finder.get(resource, namespace, name)
            return _told(known, finder) if known else None
    return None


def _there(entries: Mapping[str, Entry], look: Look) -> tuple[str, ...]:
    """Return the resources that may say something of others, of which there is an object."""
    return tuple(
        name
        for name, each in entries.items()
        if (each.annotated or each.owns or _attaches(each)) and look.has(name)
    )


def _attaches(entry: Entry) -> bool:
    return entry.role in {EntryRole.DESCRIPTION, EntryRole.POLICY} and entry.attaches is not None


def is_elsewhere(known: Known, look: Look) -> bool:
    """Say whether what an object describes or makes is listed by another object."""
    if known.entry.annotated and not known.sketch.attaches:
        return True
    refs = known.entry.attaches
    for ref in known.sketch.attaches if refs and known.entry.role is EntryRole.DESCRIPTION else ():
        resource = (refs.kinds.get(ref.kind) or refs.kinds.get("*")) if refs else None
        space = ref.namespace or known.sketch.metadata.namespace
        if resource and look.get(resource, key_of(space, ref.name)) is not None:
            return True
    word = owner_word(known.entry, known.sketch.metadata)
    return any(True for each in known.entry.owns for _ in look.those(each, OWNED, word))


def _of(entries: Mapping[str, Entry], value: str, look: Look) -> Iterator[Known]:
    """Yield the objects that are attached to something."""
    for name, entry in entries.items():
        for found in look.those(name, OF, value):
            if isinstance(found, Sketch):
                yield Known(entry, found)


def _annotated(
    words: Mapping[str, str | None], metadata: Metadata, finder: Finder
) -> Iterator[Known]:
    """Yield the objects that annotations of another one name: by resource, which annotation that is."""
    annotations = metadata.annotations or {}
    for name, word in words.items():
        named = annotations.get(word, "").strip() if word else ""
        if named:
            bare, _, namespace = named.partition("@")
            known = finder.get(name, namespace or metadata.namespace, bare)
            if known:
                yield known


def _owning(entries: Mapping[str, Entry], metadata: Metadata, look: Look) -> Iterator[Known]:
    owners = owners_in(metadata)
    for name, entry in entries.items() if owners else ():
        if entry.owns:
            prefix = f"{entry.resource.kind}.{entry.resource.group}:"
            for owner in owners:
                found = (
                    look.get(name, owner.removeprefix(prefix)) if owner.startswith(prefix) else None
                )
                if isinstance(found, Sketch):
                    yield Known(entry, found)


def _told(known: Known, finder: Finder) -> Told:
    sketch = known.sketch
    if known.entry.role is EntryRole.POLICY and not finder.holds(known):
        return Told(by=known.words, conditions=sketch.conditions)
    policies = holding(known, finder)
    demands = [
        *demands_of(known, sketch.auth),
        *(each for policy in policies for each in demands_of(policy, policy.sketch.auth)),
    ]
    is_one_of = bool(known.entry.auth and known.entry.auth.any_of)
    security = conclude(tuple(demands), ("others may",), known.words, any_of=is_one_of)
    is_silent = security.requirement == Requirement.UNKNOWN
    return Told(
        by=known.words,
        title=sketch.title,
        description=sketch.description,
        version=sketch.version,
        lifecycle=sketch.lifecycle,
        status=sketch.status,
        owners=owners_of(known),
        documents=sketch.documents,
        links=sketch.links,
        security=UNKNOWN_SECURITY if is_silent else security,
        switches=sketch.switches.union(*(each.sketch.switches for each in policies)),
        limits=each_once(limit for each in (known, *policies) for limit in limits_by(each)),
        consumers=consumers_of(known, finder.look),
        conditions=sketch.conditions,
        targets=targets_of(known, sketch.targets, finder),
    )
