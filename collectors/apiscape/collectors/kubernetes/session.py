"""What the collectors of a cluster call through."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from apiscape.collectors.contract import Budget
from apiscape.collectors.kubernetes.discovering import Discovery
from apiscape.collectors.kubernetes.link import ClusterLink
from apiscape.collectors.kubernetes.settings import USUAL, KeySettings
from apiscape.collectors.kubernetes.targets import Target
from apiscape.collectors.kubernetes.wire import Wire


class ClusterSession:
    """A cluster that is signed in to.

    Args:
        target: As it is configured.
        account: Its UID.
        budget: Taken from before every request.

    Attributes:
        uid: The UID of the cluster.
        title: What people call it.
        region: Of the cloud, where it is a cloud's.
        namespaces: To look into; none for the whole cluster.
        entries: File with the user's own table of resources, if there is one.
        keys: Which labels and annotations say what.
        wire: Asks it.
        catalogue: What it serves, as it was when somebody looked; shared by all that use the session.
    """

    def __init__(
        self,
        target: Target,
        account: str,
        budget: Budget,
        entries: str | None = None,
        keys: KeySettings = USUAL,
    ) -> None:
        self.uid = account
        self.title = target.title
        self.region = target.region
        self.namespaces = target.namespaces
        self.entries = entries
        self.keys = keys
        way = target.way()
        self._link = ClusterLink(account, way.place, way.signs_in)
        self.wire = Wire(self._link, budget)
        self.catalogue = Discovery(self.wire)

    def close(self) -> None:
        """Let go of every stream and connection."""
        self.wire.hang_up()
        self._link.close()

    def __enter__(self) -> Self:
        """Return itself, to be closed at the end."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of everything."""
        self.close()
