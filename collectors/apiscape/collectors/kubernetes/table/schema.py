"""What an entry of the table is: which objects it reads, and by which expressions.

Every expression is asked of the object as the server gives it. What a slot has to find is said here, as
the attributes of the struct in `sketch` that is made of it: a field that an entry does not name is never read.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from apiscape.collectors.kubernetes.table.expressions import Expression
from apiscape.collectors.kubernetes.table.parts import (
    Auth,
    Health,
    Include,
    Kind,
    Narrower,
    Part,
    Refs,
    Words,
)
from apiscape.model.vocabulary import Style


class EntryRole(StrEnum):
    """What objects of an entry are."""

    ROUTE = "route"
    """Each is an API, or a part of one."""
    GATEWAY = "gateway"
    """Each is where APIs are served: hosts, ports, certificates."""
    POLICY = "policy"
    """Each is asked of what refers to it, or of what it refers to."""
    BACKEND = "backend"
    """Each stands for where requests are sent."""
    DESCRIPTION = "description"
    """Each says something of an API that another object exposes."""
    CONSUMER = "consumer"
    """Each is somebody who calls: listed by its title, or only counted where the entry finds none."""
    SUPPORT = "support"
    """Each is read for what others take from it."""


class Scope(Part, frozen=True, kw_only=True):
    """A list of rules; its expressions are asked of each.

    Attributes:
        each: Finds the rules; of the object itself without it.
        matches: Finds which requests (`sketch.Asking`); without any, all of them.
        methods: Finds the methods that all of its matches are for.
        hosts: Finds hosts that only this rule is for.
        targets: Finds where they are sent (`sketch.Way`).
        policies: Finds references to policies of this rule alone (`sketch.Ref`).
        auth: Finds what is asked for this rule alone (`sketch.Asked`), in the words of the entry's `auth`.
        auth_by_name: Finds ids of those of the object that hold only where they are named.
        auth_without: Finds ids or kinds of those of the object that do not hold here; `policies` for all that
            its policies ask, `*` for everything.
        include: Finds references to objects whose rules stand in place of this one (`sketch.Ref`).
        rate_limit, cors: Find something where it is on for this rule.
        limits: Finds how often callers may (`sketch.Limit`), where the object has figures.
        incomplete: Finds what may change what is said here in ways that cannot be seen.
    """

    each: Expression | None = None
    matches: Expression | None = None
    methods: Expression | None = None
    hosts: Expression | None = None
    targets: Expression | None = None
    policies: Expression | None = None
    auth: Expression | None = None
    auth_by_name: Expression | None = None
    auth_without: Expression | None = None
    include: Expression | None = None
    rate_limit: Expression | None = None
    limits: Expression | None = None
    cors: Expression | None = None
    incomplete: Expression | None = None


class Entry(Part, frozen=True, kw_only=True):
    """How objects of one resource are read.

    Attributes:
        id: What it is called; a user's entry of the same id stands in its place.
        note: What whoever changes it has to know.
        reveals: What nobody can say without it.
        root_if: Finds something in objects that are an API of their own; others only add to one.
        not_if: Finds something in objects that are not served at all.
        gateway: Finds what the gateway is called.
        style, status, lifecycle: Words of the vocabularies.
        addresses: Finds where it is served (`sketch.Spot`).
        addresses_from: Resources that say with what certificates and ports hosts are served.
        also_at: Resources whose objects refer to it, and serve it at their addresses too.
        reached: Finds from where it can be reached (`sketch.Reach`).
        upstreams: Finds where requests are sent, each with an id that rules name (`sketch.Way`).
        rules: Which requests.
        targets: Of a backend, where they are sent on (`sketch.Way`); of a route, where those of rules without any are.
        backends: By kind of target, the resource that stands for it.
        includes: What other objects add.
        parents: Finds references to objects of the same resource whose rules hold before its own.
        auth: What is asked of callers.
        auth_elsewhere: What may ask something of callers and cannot be seen; without it, an object that
            asks nothing is known to.
        policies: Those that hold for it, by reference.
        attached: Resources whose objects refer to it, or to a backend of its rules, and hold for it.
        narrower: How those of a rule stand to those of the whole object.
        attaches: What a policy, a description or a consumer is of.
        annotated: Annotation by which others name a description that is of them.
        behind: Annotation by which Services name one that is of all APIs that send to them.
        owns: Resources of other families whose objects it makes: it is listed only where there is none.
        counts: Resources of those who call it.
        rate_limit, cors, waf, request_validation, access_log, tracing: Find something where it is on.
        limits: Finds how often callers may (`sketch.Limit`), where the object has figures.
        whole: Of those, the ones that are known to be off where nothing is found.
        sort: Of a policy, finds which sort it is: of two of a sort the nearer one holds.
        allows: Of a consumer, finds how often it may call (`sketch.Allowance`).
        owners: Finds who answers for it.
        documents: Finds where its contract is (`sketch.Paper`).
        links: Finds what it is called elsewhere.
        health: What its controllers say.
        incomplete: Finds what may change what is said here in ways that cannot be seen.
    """

    id: str
    resource: Kind
    role: EntryRole
    note: str = ""
    reveals: str = ""
    root_if: Expression | None = None
    not_if: Expression | None = None
    gateway: Expression | None = None
    title: Expression | None = None
    description: Expression | None = None
    version: Expression | None = None
    style: Words = Words(otherwise=Style.HTTP)
    status: Words = Words()
    status_reason: Expression | None = None
    lifecycle: Words = Words()
    addresses: Expression | None = None
    addresses_from: tuple[str, ...] = ()
    also_at: tuple[str, ...] = ()
    reached: Expression | None = None
    upstreams: Expression | None = None
    rules: tuple[Scope, ...] = ()
    targets: Expression | None = None
    backends: dict[str, str] = msgspec.field(default_factory=dict)
    includes: Include | None = None
    parents: Expression | None = None
    auth: Auth | None = None
    auth_elsewhere: str | None = None
    policies: Refs | None = None
    attached: tuple[str, ...] = ()
    narrower: Narrower = Narrower.ADDS
    attaches: Refs | None = None
    annotated: str | None = None
    behind: str | None = None
    owns: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    rate_limit: Expression | None = None
    limits: Expression | None = None
    cors: Expression | None = None
    waf: Expression | None = None
    request_validation: Expression | None = None
    access_log: Expression | None = None
    tracing: Expression | None = None
    whole: tuple[str, ...] = ()
    sort: Expression | None = None
    allows: Expression | None = None
    owners: Expression | None = None
    documents: Expression | None = None
    links: Expression | None = None
    health: tuple[Health, ...] = ()
    incomplete: Expression | None = None
