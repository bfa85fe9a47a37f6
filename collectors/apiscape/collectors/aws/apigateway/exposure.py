"""From where a REST API or a custom domain can be reached: measured from its configuration."""

from __future__ import annotations

import re

import msgspec

from apiscape.collectors.aws.picking import Item, is_set, part, text, texts
from apiscape.collectors.aws.policies import read_policy, tell_policy
from apiscape.model.vocabulary import Exposure

PRIVATE = "PRIVATE"
_OPEN = frozenset({"EDGE", "REGIONAL"})
_TLS = re.compile(r"TLS_?1_?(\d)")
_TLS_PAIR = re.compile(r"TLS1([23])(?:_1_(\d))?")


class Reached(msgspec.Struct, frozen=True, gc=False):
    """How far something can be reached, and what says so.

    Attributes:
        policy_unread: True where there is a resource policy that could not be understood.
    """

    exposure: str
    evidence: str
    policy_unread: bool = False


def read_exposure(item: Item) -> Reached:
    """Return the exposure of an item with `endpointConfiguration` and perhaps a `policy`.

    A resource policy narrows who may call, not from where the address answers; it is told in
    the evidence.
    """
    types = texts(part(item, "endpointConfiguration"), "types")
    exposure: str = Exposure.UNKNOWN
    if types and set(types) <= _OPEN:
        exposure = Exposure.INTERNET
    elif types == (PRIVATE,):
        exposure = Exposure.PRIVATE
    evidence = f"endpoint type {' and '.join(types) or 'not given'}"
    if is_set(item, "policy") is False:
        return Reached(exposure, evidence)
    policy = read_policy(text(item, "policy") or "")
    if policy is None:
        return Reached(
            exposure, f"{evidence}; resource policy that cannot be read", policy_unread=True
        )
    return Reached(exposure, f"{evidence}; resource policy {tell_policy(policy)}")


def read_tls(policy: str | None) -> str | None:
    """Return the lowest protocol of a security policy: `TLS_1_2` of `SecurityPolicy_TLS13_1_2_2021_06`."""
    if policy is None:
        return None
    pair = _TLS_PAIR.search(policy)
    if pair:
        return f"TLS_1_{pair.group(2) or pair.group(1)}"
    plain = _TLS.search(policy)
    return f"TLS_1_{plain.group(1)}" if plain else policy
