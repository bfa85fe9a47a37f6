"""What stands around deployments in one pass over the log, and which of them that concerns."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from functools import cached_property

from apiscape.conclude.addresses import Surroundings, admits, survey
from apiscape.conclude.counting import Telling
from apiscape.conclude.faring import signals_by_subject
from apiscape.conclude.leading import Leading
from apiscape.conclude.naming import of_names, pointing_providers
from apiscape.conclude.newcomers import anything_stands, surrounded
from apiscape.conclude.sighting import Sight, tell_where
from apiscape.model.identity import certificate_uid
from apiscape.model.surroundings import STACKS, Consumer, FrontDoor, Signal
from apiscape.store import Store, Touched

SIGNAL = "signal"


class Around:
    """What stands around deployments, read when first asked for; a batch in which it moved has a new one."""

    def __init__(self, store: Store, leading: Leading, sight: Sight) -> None:
        self._store = store
        self._leading = leading
        self._sight = sight

    @cached_property
    def survey(self) -> Surroundings:
        """Everything by what it leads to."""
        return survey(
            self._doors.values(),
            self._consumers.values(),
            whole=self._sight.everywhere,
            narrow=self._sight.narrow,
            verdicts=self._verdicts,
        )

    @cached_property
    def whole(self) -> bool:
        """Whether every front door that may lead to anything was looked at, with where it leads."""
        sight = self._sight
        return sight.everywhere and tell_where(self._doors.values(), sight.narrow)

    @cached_property
    def seen(self) -> dict[str, tuple[Signal, ...]]:
        """Signals of what collectors saw, by what they are about."""
        return signals_by_subject(self._store.surroundings.current(Signal))

    @cached_property
    def signals(self) -> dict[str, tuple[Signal, ...]]:
        """Signals by what they are about, with the verdicts on names in DNS."""
        return of_names(self.seen, self._verdicts)

    @cached_property
    def pointed_at(self) -> frozenset[str]:
        """Providers of hosts that names in DNS point at."""
        return pointing_providers(self.seen)

    @cached_property
    def _verdicts(self) -> dict[str, Signal]:
        return self._store.pointing.verdicts()

    def led_to(self, front_doors: Iterable[str]) -> set[str]:
        """Return the native APIs that front doors lead to, those that are gone among them."""
        return {key for uid in front_doors for key in self._targets(uid)}

    @property
    def signalled(self) -> set[str]:
        """Deployments that signals are about, or what leads to them."""
        return {*self.signals, *self._leading.to({*self.signals, *self._showing(self.signals)})}

    @cached_property
    def shown(self) -> dict[str, str]:
        """Certificates that front doors show, by the doors' uids."""
        return {
            uid: certificate_uid(door.certificate)
            for uid, door in self._doors.items()
            if isinstance(door.certificate, str) and door.certificate
        }

    def _showing(self, certificates: Container[str]) -> set[str]:
        """Return the front doors that show one of these."""
        return {door for door, shown in self.shown.items() if shown in certificates}

    @cached_property
    def _doors(self) -> dict[str, FrontDoor]:
        return {door.uid: door for door in self._store.surroundings.current(FrontDoor)}

    @cached_property
    def _consumers(self) -> dict[str, Consumer]:
        return {each.uid: each for each in self._store.surroundings.current(Consumer)}

    def keys_of(self, touched: Touched) -> set[str]:
        """Return the native APIs that a batch of changes concerns.

        Those of the deployments that changed, and those that what changed around them leads to
        now or led to before.
        """
        around = [uid for _, uid in touched.surroundings]
        measured = self._store.surroundings.subjects_of(
            uid for kind, uid in touched.surroundings if kind == SIGNAL
        )
        leading = self._leading.to([*around, *measured, *self._showing(measured)])
        uids = {*touched.uids, *measured, *leading}
        keys = set(self._store.conclusions.keys_of(uids).values())
        for stack in self._store.pointing.stacks(around):
            keys |= self._store.pointing.labelled(stack)
        return keys | self.led_to(around)

    def keys_around(self, drawn: Iterable[str], telling: Telling) -> set[str]:
        """Return the native APIs of those newcomers, drawn already, around which something stands."""
        uids, keys = list(drawn), set[str]()
        if anything_stands(self.survey, self.signals, telling):
            places = self._store.conclusions.places_of(uids)
            found = surrounded(places, self.survey, self.signals, telling)
            keys.update(place.native_api_key for place in found)
        if self.survey.hosts:
            answering = self._store.conclusions.answering(uids)
            keys.update(*(answering[host] for host in answering.keys() & self.survey.hosts.keys()))
        if self.survey.balancers:
            for label in STACKS:
                keys |= self._store.pointing.labelled(f"{label}=", uids)
        return keys

    def _targets(self, uid: str) -> Iterator[str]:
        """Yield the native APIs that something which stands around leads to."""
        consumer = self._consumers.get(uid)
        targets = admits(consumer) if consumer else self.survey.ends.get(uid, ())
        yield from (key for key, _ in targets)
        for host in self.survey.far.get(uid, ()):
            yield from self._leading.answering.get(host, ())
