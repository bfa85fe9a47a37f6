"""What a scan works with, whatever it does: clock, quotas, threads, plug-ins, policy and limits."""

from __future__ import annotations

import msgspec

from apiscape.collect.clock import Clock, SystemClock
from apiscape.collect.plan import Installed
from apiscape.collect.ports import PlugIns
from apiscape.collect.quotas import Quotas
from apiscape.collect.visits import Limits
from apiscape.collect.workers import Workers
from apiscape.model.entity import Entity
from apiscape.reconcile.policy import DEFAULT_POLICY, PresencePolicy


class Tools(Entity, frozen=True):
    """What a scan works with; an agent keeps them from scan to scan, so that quotas hold across.

    Attributes:
        quotas: The buckets of this process; their clock is the scan's.
    """

    clock: Clock = msgspec.field(default_factory=SystemClock)
    quotas: Quotas | None = None
    workers: Workers = msgspec.field(default_factory=Workers)
    plug_ins: PlugIns = msgspec.field(default_factory=Installed)
    policy: PresencePolicy = DEFAULT_POLICY
    limits: Limits = Limits()
