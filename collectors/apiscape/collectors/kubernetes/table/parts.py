"""The parts that entries of the table are made of (see `schema`)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from apiscape.collectors.kubernetes.table.expressions import Expression
from apiscape.model.vocabulary import SchemeKind


class Narrower(StrEnum):
    """What becomes of what holds for the whole object where a rule says something of its own."""

    ADDS = "adds"
    """Both hold."""
    REPLACES_KIND = "replaces_kind"
    """What is of the same kind no longer does."""


class Paths(StrEnum):
    """How paths of what is included are written."""

    JOINED = "joined"
    """Behind the path that they are included under."""
    WHOLE = "whole"
    """In full."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what an entry holds: a word that is not known is refused."""


class Kind(Part, frozen=True, kw_only=True):
    """Which objects.

    Attributes:
        namespaced: Whether they are in namespaces.
        fields: Of an object, beside its metadata: nothing else of it is decoded.
        also_group: Another group that the same kind is of. Its objects are read likewise, and whoever refers to
            one of either group may mean one of the other.
    """

    group: str
    plural: str
    kind: str
    versions: tuple[str, ...]
    namespaced: bool = True
    fields: tuple[str, ...] = ("spec", "status")
    also_group: str = ""

    @property
    def twin(self) -> str:
        """What the resource of the other group is called; empty where there is none."""
        return f"{self.plural}.{self.also_group}" if self.also_group else ""

    @property
    def name(self) -> str:
        """What the resource is called: `httproutes.gateway.networking.k8s.io`."""
        return f"{self.plural}.{self.group}"

    @property
    def path(self) -> str:
        """What it is called in native ids: `gateway.networking.k8s.io/httproutes`."""
        return f"{self.group}/{self.plural}"


class Words(Part, frozen=True, kw_only=True):
    """A word of a vocabulary, by the gateway's own word.

    Attributes:
        value: Finds the gateway's word.
        map: What it means.
        otherwise: Where there is none, or one that is not known.
    """

    value: Expression | None = None
    map: dict[str, str] = msgspec.field(default_factory=dict)
    otherwise: str | None = None


class Health(Part, frozen=True, kw_only=True):
    """What a controller says, in one of two forms: a value with its meanings, or conditions.

    Attributes:
        name: What the value is called.
        value: Finds the controller's word.
        map: Whether it is well: `ok`, `error` or `pending`; one that is not known is pending.
        reason: Finds why.
        generation: Finds of which generation of the object it is said, where the controller says that; of
            conditions, where they do not say so themselves.
        conditions: Finds conditions, each `{type, status, reason, message, observedGeneration}`.
        ok: Those that are well where they hold; others are not looked at.
        negative: Those that are well where they do not hold.
    """

    name: str = "Valid"
    value: Expression | None = None
    map: dict[str, str] = msgspec.field(default_factory=dict)
    reason: Expression | None = None
    generation: Expression | None = None
    conditions: Expression | None = None
    ok: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is of no form, or of both."""
        if (self.value is None) == (self.conditions is None):
            raise ValueError("health has either `value` and `map`, or `conditions` and `ok`")
        if self.conditions is not None and not (self.ok or self.negative):
            raise ValueError("health by conditions names those that are well: `ok`, `negative`")
        for word in set(self.map.values()) - {"ok", "error", "pending"}:
            raise ValueError(f"{word} is neither ok, error nor pending")


class Refs(Part, frozen=True, kw_only=True):
    """Other objects that are referred to.

    Attributes:
        each: Finds references (`sketch.Ref`).
        kinds: By the reference's kind, the resource: one of the table by its name, one of another
            family likewise. `*` for those of all other kinds.
        annotation: Of the object, where they are named instead, separated by commas.
    """

    each: Expression | None = None
    kinds: dict[str, str]
    annotation: str | None = None


class Include(Part, frozen=True, kw_only=True):
    """What other objects add to a route.

    Attributes:
        resource: Of those objects.
        paths: How their paths are written.
    """

    resource: str
    paths: Paths = Paths.JOINED


class Auth(Part, frozen=True, kw_only=True):
    """What is asked of callers.

    Attributes:
        each: Finds what is asked (`sketch.Asked`).
        kinds: What the gateway's words mean, in words of `SchemeKind`; `none` for nothing at all.
        any_of: Whether one of them is enough.
    """

    each: Expression
    kinds: dict[str, str]
    any_of: bool = False

    def __post_init__(self) -> None:
        """Refuse a scheme that is none."""
        for word in set(self.kinds.values()) - {*SchemeKind, "none"}:
            raise ValueError(f"{word} is no kind of scheme")
