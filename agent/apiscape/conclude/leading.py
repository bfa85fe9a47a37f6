"""Which deployments name what stands around them: read once in a pass, and kept as it draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from apiscape.store import Conclusion, Store


class Leading:
    """Finds deployments by the front doors and consumers that their conclusions name.

    The first look reads every conclusion, and no other look does: a pass over a log in which what
    stands around moves in every batch would else read all of them for each.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @cached_property
    def _by_name(self) -> dict[str, set[str]]:
        return self._store.conclusions.led_to()

    @cached_property
    def answering(self) -> dict[str, set[str]]:
        """The native APIs that answer at each host, as they stood when first asked for in this pass.

        Who comes or moves later in it is drawn for that reason alone.
        """
        return self._store.conclusions.answering()

    def to(self, around: Iterable[str]) -> set[str]:
        """Return the deployments that name one of these, by uid."""
        sought = set(around)
        if not sought:
            return set()
        return {uid for each in sought for uid in self._by_name.get(each, ())}

    def note(self, held: Mapping[str, Conclusion], drawn: Mapping[str, Conclusion]) -> None:
        """Know of deployments what was drawn of them in place of what was kept."""
        if "_by_name" not in self.__dict__:
            return  # it will be read as it stands then
        for uid, fresh in drawn.items():
            before = held.get(uid)
            for each in _named(before) if before is not None else ():
                self._by_name.get(each, set()).discard(uid)
            for each in _named(fresh):
                self._by_name.setdefault(each, set()).add(uid)


def _named(conclusion: Conclusion) -> tuple[str, ...]:
    return (*conclusion.front_doors, *conclusion.consumers)
