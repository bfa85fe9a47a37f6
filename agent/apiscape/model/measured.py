"""What was measured of a deployment by one source: outside its facts, and of its moment only."""

from __future__ import annotations

from apiscape.model.deployment import Traffic
from apiscape.model.entity import Entity
from apiscape.model.surroundings import Signal
from apiscape.model.values import UNKNOWN, Unknown


class Measured(Entity, frozen=True):
    """What a source measured of a deployment, the newest only.

    Attributes:
        signals: What it found, each with its time.
        traffic: What the gateway counted in a window; unknown where this source counts nothing.
    """

    signals: tuple[Signal, ...] = ()
    traffic: Traffic | Unknown = UNKNOWN
