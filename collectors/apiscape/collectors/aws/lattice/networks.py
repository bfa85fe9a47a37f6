"""Service networks, each looked at once in a visit, whichever services it reaches."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import msgspec

from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.gaps import Gaps
from apiscape.collectors.aws.lattice.callers import (
    SIGNED,
    UNSEEN_POLICY,
    Guard,
    Policy,
    guard_of,
    read_auth_policy,
)
from apiscape.collectors.aws.lattice.rules import known_by_id
from apiscape.collectors.aws.picking import Item, is_set, text
from apiscape.collectors.aws.policies import UnreadPolicy
from apiscape.collectors.contract import Gone, Malformed


class Network(msgspec.Struct, frozen=True):
    """What a network tells of the services that it reaches.

    Attributes:
        guard: What it asks of callers.
        vpcs: From where it is reached, `None` where that could not be read.
        logs: Whether it logs who calls, `None` where that could not be read.
        gaps: What could not be seen.
    """

    name: str
    guard: Guard
    vpcs: tuple[str, ...] | None
    logs: bool | None
    gaps: Gaps


class Around:
    """What stands around the services of a region: networks and target groups, read when first asked for."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._networks: dict[str, Network] = {}
        self._groups: tuple[Mapping[str, Item] | None, Gaps] | None = None
        self._lock = threading.Lock()

    def network(self, identifier: str, name: str) -> Network:
        """Return a network.

        Raises:
            CollectorError: it may be readable the next time.
        """
        with self._lock:
            if identifier not in self._networks:
                self._networks[identifier] = self._look(identifier, name)
            return self._networks[identifier]

    def target_groups(self) -> tuple[Mapping[str, Item] | None, Gaps]:
        """Return the region's target groups by id, `None` and a gap where they may not be listed.

        Raises:
            CollectorError: they may be readable the next time.
        """
        with self._lock:
            if self._groups is None:
                gaps = Gaps()
                found = gaps.attempt(
                    "target groups", lambda: self._calls.everything("vpc-lattice:ListTargetGroups")
                )
                self._groups = (None if found is None else known_by_id(found), gaps)
            return self._groups

    def _look(self, identifier: str, name: str) -> Network:
        gaps = Gaps()
        title = f"service network {name}"
        place = {"serviceNetworkIdentifier": identifier}
        try:
            whole = gaps.attempt(
                title, lambda: self._calls.call("vpc-lattice:GetServiceNetwork", **place)
            )
            name = text(whole, "name") or name
            title = f"service network {name}"
            vpcs = gaps.attempt(
                f"VPCs of {title}",
                lambda: self._calls.everything(
                    "vpc-lattice:ListServiceNetworkVpcAssociations", **place
                ),
            )
            way_in = text(whole, "authType")
            policy = read_policy_of(self._calls, gaps, identifier, title, way_in)
            logs = read_logs_of(self._calls, gaps, identifier, title)
        except Gone as error:  # the network went, not what it reached
            gaps.note(title, Malformed(error.message, operation=error.operation))
            return Network(name, Guard(title), None, None, gaps)
        return Network(
            name=name,
            guard=guard_of(title, way_in, policy),
            vpcs=None if vpcs is None else _named(vpcs),
            logs=logs,
            gaps=gaps,
        )


def read_policy_of(
    calls: Calls, gaps: Gaps, identifier: str, title: str, way_in: str | None
) -> Policy:
    """Return the auth policy of a service or network, where its way in has one decide.

    Raises:
        CollectorError: it may be readable the next time.
    """
    if way_in != SIGNED:
        return Policy({})
    what = f"auth policy of {title}"
    try:
        answer = gaps.attempt(
            what, lambda: calls.call("vpc-lattice:GetAuthPolicy", resourceIdentifier=identifier)
        )
    except Gone:  # what it is of was there a moment ago: it has none
        return Policy({})
    if answer is None:
        return UNSEEN_POLICY
    policy = read_auth_policy(answer)
    if not policy.seen:
        gaps.note(what, UnreadPolicy("auth policy"))
    return policy


def read_logs_of(calls: Calls, gaps: Gaps, identifier: str, title: str) -> bool | None:
    """Return whether a service or network logs who calls.

    Raises:
        CollectorError: it was deleted meanwhile, or may be readable the next time.
    """
    found = gaps.attempt(
        f"access logs of {title}",
        lambda: calls.everything(
            "vpc-lattice:ListAccessLogSubscriptions", resourceIdentifier=identifier
        ),
    )
    said = None if found is None else [is_set(each, "destinationArn") for each in found]
    return None if said is None or (None in said and True not in said) else True in said


def _named(associations: tuple[Item, ...]) -> tuple[str, ...]:
    return tuple(sorted({vpc for each in associations if (vpc := text(each, "vpcId"))}))
