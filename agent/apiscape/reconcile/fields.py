"""What changed between two looks at a deployment, field by field, in words that fit a log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from apiscape.model.change import FieldChange
from apiscape.model.deployment import DETAIL_FIELDS, VOLATILE_FIELDS, Deployment
from apiscape.model.values import UNKNOWN, is_known

LONGEST = 50
"""Most members of one field that the log names one by one; the rest are counted."""

_KEYS: Mapping[str, Callable[[Any], str]] = {
    "backends": lambda backend: str(backend.key),
    "endpoints": lambda endpoint: str(endpoint.url),
    "operations": lambda operation: f"{operation.verb} {operation.template}",
    "owners": lambda owner: f"{owner.role} {owner.name}",
    "specs": lambda spec: f"{spec.format} {spec.format_version or ''}".strip(),
}
"""How the members of a field are told apart."""

_PLAIN = tuple(
    field
    for field in Deployment.__struct_fields__
    if field not in {"uid", *VOLATILE_FIELDS, *_KEYS, "labels", "protections"}
)


def diff(
    before: Deployment, after: Deployment, *, keeps_detail: bool = False
) -> tuple[FieldChange, ...]:
    """Return what changed; an unknown side of a change is left out.

    Members of lists are named by their key (`operations[GET /pay].security`), never the whole
    list; where members came or went, `operations` has the keys that went and those that came.
    With `keeps_detail` the detail fields stand as they were, whatever `after` has there.
    """
    return tuple(_changes(before, after, DETAIL_FIELDS if keeps_detail else ()))


def _changes(
    before: Deployment, after: Deployment, standing: tuple[str, ...]
) -> Iterator[FieldChange]:
    for field in _PLAIN:
        yield from _one(field, getattr(before, field), getattr(after, field))
    yield from _fields("protections", before.protections, after.protections)
    yield from _members("labels", _labels(before), _labels(after))
    for field, key in _KEYS.items():
        if field not in standing:
            old, new = getattr(before, field), getattr(after, field)
            yield from _members(field, _keyed(old, key), _keyed(new, key))


def _one(field: str, old: object, new: object) -> Iterator[FieldChange]:
    if old != new:
        yield FieldChange(field=field, old=_plain(old), new=_plain(new))


def _fields(name: str, old: msgspec.Struct, new: msgspec.Struct) -> Iterator[FieldChange]:
    for field in old.__struct_fields__:
        yield from _one(f"{name}.{field}", getattr(old, field), getattr(new, field))


def _members(
    field: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> Iterator[FieldChange]:
    """Yield how a list changed; `None` is a list that nobody could look at."""
    if old is None or new is None:
        if old is not new:
            yield FieldChange(field=field, old=_names(old), new=_names(new))
        return
    gone, come = old.keys() - new.keys(), new.keys() - old.keys()
    if gone or come:
        yield FieldChange(field=field, old=_names(gone), new=_names(come))
    changed = sorted(key for key in old.keys() & new.keys() if old[key] != new[key])
    for key in changed[:LONGEST]:
        yield from _member(f"{field}[{key}]", old[key], new[key])
    if len(changed) > LONGEST:
        yield FieldChange(field=f"{field}.more", new=len(changed) - LONGEST)


def _member(name: str, old: object, new: object) -> Iterator[FieldChange]:
    if isinstance(old, msgspec.Struct) and isinstance(new, msgspec.Struct):
        yield from _fields(name, old, new)
    else:
        yield from _one(name, old, new)


def _keyed(members: Any, key: Callable[[Any], str]) -> Mapping[str, Any] | None:  # noqa: ANN401 - any list of the model
    """Return members by key; those that share one stand together, in a steady order."""
    if not is_known(members):
        return None
    together: dict[str, list[Any]] = {}
    for member in members:
        together.setdefault(key(member), []).append(member)
    return {
        name: same[0] if len(same) == 1 else sorted(same, key=repr)
        for name, same in together.items()
    }


def _labels(item: Deployment) -> Mapping[str, str] | None:
    return item.labels if is_known(item.labels) else None


def _names(keys: Iterable[str] | None) -> Any:  # noqa: ANN401 - JSON, or unknown
    if keys is None:
        return UNKNOWN
    names = sorted(keys)
    return names[:LONGEST] + ([f"and {len(names) - LONGEST} more"] if len(names) > LONGEST else [])


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON, or unknown
    return msgspec.to_builtins(value) if is_known(value) else UNKNOWN
