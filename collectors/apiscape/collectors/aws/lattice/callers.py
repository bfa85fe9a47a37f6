"""Who may call a Lattice service: its own way in, and that of each network that it is reached through. Pure.

A request has to pass the network and the service. With `NONE` nobody is asked who they are. With
`AWS_IAM` the auth policy decides: where it lets in anyone, requests without a signature pass too, unless
a condition asks for a principal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from apiscape.collectors.aws.authorizers import IAM
from apiscape.collectors.aws.picking import Item, entries, is_set, items, part, text
from apiscape.collectors.aws.policies import read_policy, tell_policy
from apiscape.model.security import Security
from apiscape.model.vocabulary import Requirement

NONE, SIGNED = "NONE", "AWS_IAM"

_PRINCIPAL_KEYS = ("aws:principal", "aws:userid", "aws:username")
"""Beginnings of the keys of conditions that only a request with a signature meets."""

_REQUEST_KEYS = ("vpc-lattice-svcs:request", "vpc-lattice-svcs:port")
"""Beginnings of the keys of conditions that only some requests meet."""

_ANYWHERE = frozenset({"*"})
_STRICTEST = (Requirement.REQUIRED, Requirement.UNKNOWN, Requirement.OPTIONAL, Requirement.NONE)
_WEAKEST = (Requirement.NONE, Requirement.UNKNOWN, Requirement.OPTIONAL, Requirement.REQUIRED)


class Guard(msgspec.Struct, frozen=True, gc=False):
    """What a service or network asks of callers.

    Attributes:
        name: What it is called in evidence.
        requirement: A word of `Requirement`.
        evidence: What says so.
    """

    name: str
    requirement: str = Requirement.UNKNOWN
    evidence: str = "way in not known"

    def told(self) -> str:
        """Return it in a line."""
        return f"{self.name}: {self.evidence}"


class Policy(msgspec.Struct, frozen=True, gc=False):
    """An auth policy; `document` is `None` where there is one that could not be read or seen."""

    document: Item | None = None
    seen: bool = True


def read_auth_policy(answer: Item) -> Policy:
    """Return the policy of an answer; an answer without one has none, and lets nobody in."""
    if is_set(answer, "policy") is False:
        return Policy({})
    document = read_policy(text(answer, "policy") or "")
    return Policy(document, seen=document is not None)


UNSEEN_POLICY = Policy(None, seen=False)


def guard_of(name: str, way_in: str | None, policy: Policy) -> Guard:
    """Return what a service or network asks.

    Args:
        name: What it is called in evidence.
        way_in: Its `authType`, `None` where it could not be read.
        policy: Its auth policy; counts where the way in is `AWS_IAM`.
    """
    if way_in == NONE:
        return Guard(name, Requirement.NONE, f"authType {NONE}")
    if way_in != SIGNED:
        return Guard(name, evidence=f"authType {way_in or 'not known'}")
    if policy.document is None:
        return Guard(name, evidence=f"authType {SIGNED}, auth policy not known")
    told = tell_policy(policy.document) if policy.document else "none"
    return Guard(name, _asked(policy.document), f"authType {SIGNED}, auth policy: {told}")


def together(service: Guard, networks: Sequence[Guard] | None) -> Security:
    """Return what is asked of a caller on the easiest way in; each leads through one network.

    Args:
        service: What the service asks.
        networks: What each network asks that it is reached through, `None` where nobody could look.
    """
    ways: tuple[str, ...]
    if networks is None:
        ways = (_first(_STRICTEST, (service.requirement, Requirement.UNKNOWN)),)
        told = f"{service.told()}; networks not known"
    else:
        ways = tuple(
            _first(_STRICTEST, (service.requirement, network.requirement)) for network in networks
        ) or (service.requirement,)
        told = "; ".join(each.told() for each in (service, *networks))
    word = _first(_WEAKEST, ways)
    signs = word in {Requirement.REQUIRED, Requirement.OPTIONAL}
    return Security(requirement=word, schemes=(IAM,) if signs else (), evidence=told)


def _first(order: Iterable[str], words: Sequence[str]) -> str:
    return next((word for word in order if word in words), Requirement.UNKNOWN)


def _asked(document: Item) -> str:
    """Return whether a policy lets in who does not say who they are: all, some requests, or none."""
    single = part(document, "Statement")
    statements = (single,) if single else items(document, "Statement")
    open_to = [each for each in statements if _lets_in_anyone(each)]
    if not open_to or any(_shuts_out_the_unnamed(each) for each in statements):
        return Requirement.REQUIRED
    return Requirement.OPTIONAL if any(map(_for_all_requests, open_to)) else Requirement.UNKNOWN


def _lets_in_anyone(statement: Item) -> bool:
    """Say whether a statement lets in requests without a signature; `{"AWS": "*"}` has one."""
    if text(statement, "Effect") != "Allow" or _asks_for_principal(statement):
        return False
    return "NotPrincipal" in statement or text(statement, "Principal") == "*"


def _shuts_out_the_unnamed(statement: Item) -> bool:
    """Say whether a statement denies requests without a signature, whatever they ask for."""
    return (
        text(statement, "Effect") == "Deny"
        and text(statement, "Principal") == "*"
        and _for_all_requests(statement)
        and list(_keys(statement)) == ["aws:principaltype"]
        and "Anonymous" in _values(statement)
    )


def _asks_for_principal(statement: Item) -> bool:
    return any(key.startswith(_PRINCIPAL_KEYS) for key in _keys(statement))


def _for_all_requests(statement: Item) -> bool:
    resource = statement.get("Resource", "*")
    named = frozenset(
        each
        for each in (resource if isinstance(resource, list) else [resource])
        if isinstance(each, str)
    )
    narrowed = any(key.startswith(_REQUEST_KEYS) for key in _keys(statement))
    return named == _ANYWHERE and "NotResource" not in statement and not narrowed


def _keys(statement: Item) -> Iterator[str]:
    for below in part(statement, "Condition").values():
        if isinstance(below, dict):
            yield from (key.casefold() for key in below if isinstance(key, str))


def _values(statement: Item) -> Iterator[str]:
    """Yield the values of a condition that something equals; they are compared, never told."""
    equals = part(part(statement, "Condition"), "StringEquals")
    for key in equals:
        yield from (text(equals, key) or "", *(str(each) for each in entries(equals, key)))
