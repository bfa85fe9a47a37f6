"""Records of catalogues: what each declares, and whether that leads to deployments that are in the inventory."""

from __future__ import annotations

from datetime import datetime

from apiscape.model.entity import Entity
from apiscape.model.vocabulary import Dangling, Freshness


class Named(Entity, frozen=True):
    """A deployment that a record names, whether it is in the inventory or not.

    Attributes:
        native_id, product, account, region: Where it is, or would be, as far as that is told.
        name, stage: Of the deployment that was found.
        dangling: A word of `Dangling`: whether it is not there; `reason`: why that is so, or why nobody can tell.
        evidence: What of the record names it.
    """

    uid: str
    native_id: str | None = None
    product: str | None = None
    account: str | None = None
    region: str | None = None
    name: str | None = None
    stage: str | None = None
    dangling: str = Dangling.UNKNOWN
    reason: str | None = None
    evidence: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What to call it: as it is called where it was found, else by its native id."""
        if self.name is None:
            return self.native_id or self.uid
        return self.name if self.stage is None else f"{self.name}/{self.stage}"


class Declaration(Entity, frozen=True):
    """An API as a catalogue declares it, with what it leads to.

    Attributes:
        kind: What it is, in the provider's word; `catalogue`: what holds it.
        source, scope: What lists it; absent where whoever asks may not know.
        names: The deployments that it names.
        dangling: A word of `Dangling`: whether one of them is not in the inventory, or it names none; unknown where
            not all that would tell was seen. `reason`: what speaks for it.
        freshness: Whether the newest visit of its catalogue saw it; `seen_at`: when one last did.
    """

    uid: str
    name: str
    provider: str
    product: str
    account: str
    native_id: str
    kind: str
    source: str | None = None
    scope: str | None = None
    region: str | None = None
    catalogue: str | None = None
    title: str | None = None
    description: str | None = None
    style: str | None = None
    version: str | None = None
    lifecycle: str | None = None
    urls: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    names: tuple[Named, ...] = ()
    dangling: str = Dangling.UNKNOWN
    reason: str | None = None
    freshness: str = Freshness.CURRENT
    seen_at: datetime | None = None

    @property
    def leads_to(self) -> tuple[str, ...]:
        """What it names and is in the inventory."""
        return self._titles(Dangling.NO)

    @property
    def missing(self) -> tuple[str, ...]:
        """What it names and is not there."""
        return self._titles(Dangling.YES)

    @property
    def unsure(self) -> tuple[str, ...]:
        """What it names and of which nobody can tell."""
        return self._titles(Dangling.UNKNOWN)

    def _titles(self, word: str) -> tuple[str, ...]:
        return tuple(each.title for each in self.names if each.dangling == word)


class CataloguePage(Entity, frozen=True):
    """Records of a view: those that lead to nothing first, unless it says how to sort.

    Attributes:
        next: Where the next page begins (opaque), `None` at the end.
        matched: Records that match in all; `undecided`: those that neither match nor are ruled out.
    """

    items: tuple[Declaration, ...]
    matched: int
    undecided: int = 0
    next: str | None = None
