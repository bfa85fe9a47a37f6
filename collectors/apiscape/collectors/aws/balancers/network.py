"""Network load balancers: they know nothing of requests, and are told only where a cluster's controller made one.

Such a one is the front door of what the cluster serves behind it. It passes connections on, so that what is asked
of callers is known of it only where it ends TLS itself: then it asks for no certificate.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from apiscape.collectors.aws.balancers.around import TAGS
from apiscape.collectors.aws.balancers.itself import stand_before_a_cluster
from apiscape.collectors.aws.balancers.normalise import Balancer
from apiscape.collectors.aws.balancers.rules import Door, read_door
from apiscape.collectors.aws.looking import Look, Near
from apiscape.collectors.aws.picking import Item, labels, text
from apiscape.collectors.contract import Observation, Recorded, Skipped
from apiscape.collectors.errors import CollectorError
from apiscape.model.surroundings import STACKS, FrontDoor
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Switch

TYPE = "network"
ELSEWHERE = "a network load balancer that no cluster's controller made: it knows of no APIs"
_TLS = "TLS"


def is_network(item: Item) -> bool:
    """Say whether a load balancer is a network load balancer."""
    return text(item, "Type") == TYPE


class NetworkLook(Look):
    """A look at one network load balancer.

    Args:
        near: What it is taken by.
        key: Its ARN.
        listed: Of the listing.
        untagged: Why its tags are not known, if so.
    """

    def __init__(self, near: Near, key: str, listed: Item, untagged: CollectorError | None) -> None:
        super().__init__(near, key, listed)
        self._untagged = untagged

    def observe(self) -> list[Observation]:
        """Return the front door that it is, or that it is none; without its tags, that nobody can tell.

        Raises:
            CollectorError: its tags or listeners could not be read.
        """
        if self._untagged is not None:
            self.gaps.weigh(TAGS, self._untagged)
        if TAGS not in self.listed:
            return self.with_gaps(Recorded(self.key))
        if not any(label in labels(self.listed, TAGS) for label in STACKS):
            return [Skipped(self.key, ELSEWHERE)]
        door = self._door()
        return self.with_gaps(Recorded(self.key, entities=(door,) if door else ()))

    def _door(self) -> FrontDoor | None:
        listeners = self.calls.everything("elbv2:DescribeListeners", LoadBalancerArn=self.key)
        balancer = Balancer(
            item=self.listed,
            doors=tuple(_doors(listeners)),
            attributes=UNKNOWN,
            waf=Switch.DISABLED,
            groups={},
            fitness={},
        )
        return stand_before_a_cluster(balancer, self.place)


def _doors(listeners: Iterable[Item]) -> Iterable[Door]:
    """Yield listeners; of one that passes TLS on nobody knows here what is asked behind it."""
    for listener in listeners:
        door = read_door(listener)
        ends_tls = door.protocol == _TLS
        yield msgspec.structs.replace(
            door,
            mtls=Switch.DISABLED if ends_tls else Switch.UNKNOWN,
            tls_min=door.tls_min if ends_tls else UNKNOWN,
            certificate=None,
            notes=(),
        )
