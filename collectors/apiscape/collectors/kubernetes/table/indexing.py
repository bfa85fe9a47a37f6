"""How objects are found by what they are of: what they are attached to, their labels, what made them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from apiscape.collectors.kubernetes.objects import Metadata, Thing, key_of
from apiscape.collectors.kubernetes.table.finding import EVERYTHING, LABELLED, OF, OWNED
from apiscape.collectors.kubernetes.table.schema import Entry
from apiscape.collectors.kubernetes.table.sketch import Sketch

Values = Callable[[Any], Iterable[str]]

_MADE_FOR: Mapping[str, str] = {
    "serving.knative.dev/service": "Service.serving.knative.dev",
    "serving.kserve.io/inferenceservice": "InferenceService.serving.kserve.io",
}
"""Labels by which objects name what they were made for, where the owner is one in between."""


def indexes_of(entry: Entry, others: Iterable[Entry]) -> Mapping[str, Values]:
    """Return the indexes of the objects of an entry: those by which it, or another one, is looked for."""
    name, entries = entry.resource.name, tuple(others)
    is_included = any(each.includes and each.includes.resource == name for each in entries)
    is_made = any(name in each.owns for each in entries)
    wanted: dict[str, tuple[bool, Values]] = {
        OF: (entry.attaches is not None, _attached_by(entry)),
        LABELLED: (is_included, labels_of),
        OWNED: (is_made, owners_of),
    }
    return {index: values for index, (is_wanted, values) in wanted.items() if is_wanted}


def path_of(resource: str) -> str:
    """Return what a resource is called in native ids, by its name: `services` or `group/plural`."""
    plural, _, group = resource.partition(".")
    return f"{group}/{plural}" if group else plural


def labels_of(thing: Thing) -> Iterator[str]:
    """Yield each label of an object as `key=value`."""
    for key, value in (thing.metadata.labels or {}).items():
        yield f"{key}={value}"


def owners_of(thing: Thing) -> Iterable[str]:
    """Return what an object was made for, each as `Kind.group:namespace/name`."""
    return owners_in(thing.metadata)


def owners_in(metadata: Metadata) -> Iterable[str]:
    """Return the same of an object's metadata."""
    found: dict[str, None] = {}
    for owner in metadata.owner_references or ():
        group = owner.api_version.rpartition("/")[0]
        found[f"{owner.kind}.{group}:{key_of(metadata.namespace, owner.name)}"] = None
    labels = metadata.labels
    for label, kind in _MADE_FOR.items() if labels else ():
        name = labels.get(label) if labels else None
        if name:
            found[f"{kind}:{key_of(metadata.namespace, name)}"] = None
    return found


def owner_word(entry: Entry, metadata: Metadata) -> str:
    """Return what objects that were made for an object have in their index."""
    kind = entry.resource
    return f"{kind.kind}.{kind.group}:{key_of(metadata.namespace, metadata.name)}"


def _attached_by(entry: Entry) -> Values:
    kinds = entry.attaches.kinds if entry.attaches else {}

    def values(thing: Sketch) -> Iterator[str]:
        for ref in thing.attaches:
            resource = kinds.get(ref.kind) or kinds.get("*")
            if ref.name == EVERYTHING:
                yield EVERYTHING
            elif resource and ref.name:
                space = ref.namespace or thing.metadata.namespace
                yield f"{path_of(resource)}:{key_of(space, ref.name)}"

    return values
