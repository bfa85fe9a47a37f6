"""What policies are for, as they say it, and what controllers say of them.

After Gateway API's policy attachment (GEP-713): a policy names its target, or selects it by labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import msgspec

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.gatewayapi.kinds import (
    GROUP,
    Condition,
    LabelRequirement,
    ParentRef,
)
from apiscape.collectors.kubernetes.objects import Metadata, Thing, key_of
from apiscape.collectors.kubernetes.resource import Resource, declared

AT = "at"
"""Index: of policies by what they name (`HTTPRoute/shop/web`); those that select by labels are under `SELECTED`."""
SELECTED = "selected"


class Present(Field):
    """Something that is asked for; nothing of it is read."""


class TargetRef(Field):
    """An object that a policy is for, or a section of it."""

    kind: str
    name: str
    group: str = GROUP
    namespace: str | None = None
    section_name: str | None = None


class SelectedNamespaces(Field):
    """Of which namespaces objects are selected; of the policy's own alone where nothing is said."""

    origin: str | None = msgspec.field(default=None, name="from")


class TargetSelector(Field):
    """Objects that a policy is for, by their labels."""

    kind: str
    group: str = GROUP
    match_labels: dict[str, str] | None = None
    match_expressions: list[LabelRequirement] | None = None
    section_name: str | None = None
    namespaces: SelectedNamespaces | None = None


class Targeted(msgspec.Struct, rename="camel"):
    """Base of what policies ask for: what they are for."""

    target_ref: TargetRef | None = None
    target_refs: list[TargetRef] | None = None
    target_selectors: list[TargetSelector] | None = None


class AncestorStatus(Field):
    """What one controller says of a policy at one gateway or route."""

    ancestor_ref: ParentRef
    controller_name: str = ""
    conditions: list[Condition] | None = None


class PolicyStatus(Field):
    """What controllers say of a policy."""

    conditions: list[Condition] | None = None
    ancestors: list[AncestorStatus] | None = None


class Policy(Protocol):
    """An object that is attached."""

    metadata: Metadata

    @property
    def key(self) -> str:
        """Its `namespace/name`."""
        ...

    @property
    def spec(self) -> Targeted:
        """What it asks for, and of what."""
        ...

    @property
    def status(self) -> PolicyStatus | None:
        """What controllers say of it."""
        ...


def attachable(name: str, kind: str, of: type[Thing], *versions: str, reveals: str) -> Resource:
    """Return the resource of policies that are found by what they are for."""
    return declared(name, kind, of, *versions, indexes={AT: places}, reveals=reveals)


def places(policy: Policy) -> Iterable[str]:
    """Return where a policy is found in the index."""
    spec, own = policy.spec, policy.metadata.namespace
    told = {f"{each.kind}/{key_of_target(each, own)}" for each in targets(spec)}
    return told | {SELECTED} if spec.target_selectors else told


def targets(spec: Targeted) -> Iterator[TargetRef]:
    """Yield what a policy names; the older single form stands beside the list."""
    if spec.target_ref is not None:
        yield spec.target_ref
    yield from spec.target_refs or ()


def key_of_target(target: TargetRef, own: str) -> str:
    """Return what a target is called: `namespace/name`, the name alone where it is in none."""
    return (
        target.name
        if target.kind == "GatewayClass"
        else key_of(target.namespace or own, target.name)
    )
