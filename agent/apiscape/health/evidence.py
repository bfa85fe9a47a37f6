"""What is known of how one deployment fares, before anything is made of it."""

from __future__ import annotations

from datetime import datetime

from apiscape.model.deployment import Traffic
from apiscape.model.entity import Entity
from apiscape.model.surroundings import Signal
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Presence, Status


class Evidence(Entity, frozen=True):
    """Facts and signals of one deployment.

    Attributes:
        status, status_reason: What its gateway says of it.
        presence: Whether its gateway still has it.
        current: Whether the newest run over it saw it; where not, its configuration is of `observed_at`.
        seen: Signals that visits saw, of the deployment, and of the front doors and the gateway that it is reached by.
        signals: Those that were measured of the deployment, as by probes.
        traffic: What its gateway measured; unknown where nobody measures.
        raise_by: What an operator would do for a verdict on a stronger basis, in a phrase.
    """

    status: str = Status.UNKNOWN
    status_reason: str | None = None
    presence: str = Presence.PRESENT
    current: bool = True
    observed_at: datetime | None = None
    seen: tuple[Signal, ...] = ()
    signals: tuple[Signal, ...] = ()
    traffic: Traffic | Unknown = UNKNOWN
    raise_by: str | None = None
