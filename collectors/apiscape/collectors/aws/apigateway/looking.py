"""A look at one API: its stages, the detail of those that changed, and what could not be seen.

The generations of API Gateway differ in words and calls; what to look at again, what to
remember, and how a gap is told is the same for all of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar

from apiscape.collectors.apart.readers import read_apart
from apiscape.collectors.aws.apigateway.exports import AT_ONCE_BYTES, Exported, read_export
from apiscape.collectors.aws.errors import ONE_DETAIL, GivenUp, NotOffered, Refused
from apiscape.collectors.aws.looking import Look, Near
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.aws.surface import Detail, Surface, learnt, read_token, write_token
from apiscape.collectors.contract import Malformed, Observation, Recorded, Unsupported
from apiscape.model.deployment import Deployment, Spec
from apiscape.model.identity import NO_STAGE, deployment_uid, staged
from apiscape.model.surroundings import Signal
from apiscape.model.values import is_known

LARGEST_EXPORT_BYTES = 20_000_000


class NotExported(Unsupported):
    """An export of one API that the service refuses, as it does with models of other content than JSON."""

    next_step = "see in the console why its export is refused: what is deployed may differ from what is told"

    def __init__(self) -> None:
        """Say what is told instead."""
        super().__init__("its export is refused: what is told of it is the working copy")


class NotKept(Unsupported):
    """A contract that was read whole, and is too large to be kept."""

    next_step = "export it from the gateway where it is wanted: its operations and hashes are known"

    def __init__(self) -> None:
        """Say that the document alone is lacking."""
        super().__init__("its contract is too large to be kept")


class Generation(ABC):
    """How one generation calls and normalises.

    Args:
        api: The look at an API of it.
    """

    stage_member: ClassVar[str]
    """What a stage's name is called."""

    def __init__(self, api: ApiLook) -> None:
        self.api = api

    @abstractmethod
    def list_stages(self) -> Sequence[Item]:
        """Return the API's stages.

        Raises:
            CollectorError: the API cannot be recorded.
        """

    @abstractmethod
    def native_token(self, stage: Item | None) -> str | None:
        """Return what changes whenever a stage serves something else."""

    @abstractmethod
    def deployed(self, stage: Item | None) -> str:
        """Return what stages that serve the same have in common; empty where nothing is deployed."""

    @abstractmethod
    def export_uri(self, stage: Item | None) -> str | None:
        """Return where the contract of a stage is, `None` where there is none to be exported."""

    @abstractmethod
    def export(self, stage: Item | None) -> Detail:
        """Return what is exported of a stage, by `read_export`."""

    @abstractmethod
    def read_configured(self, reason: str) -> Surface:
        """Return what is being edited: all there is where there is no export, for that reason."""

    @abstractmethod
    def normalise(self, stage: Item | None, detail: Detail) -> Deployment:
        """Return the deployment of a stage."""

    def signals(self, stage: Item | None, made: Deployment) -> Iterator[Signal]:
        """Yield what the stage says of how its deployment fares; most say nothing."""
        del stage, made
        return iter(())


class ApiLook(Look):
    """A look at one API.

    Args:
        near: What it is taken by.
        key: The API, as listed.
        listed: Item of the listing.
        generation: How it calls and normalises.
    """

    def __init__(self, near: Near, key: str, listed: Item, generation: type[Generation]) -> None:
        super().__init__(near, key, listed)
        self._own = generation(self)
        self._fresh: list[Deployment] = []
        self._signals: list[Signal] = []
        self._unchanged: list[Deployment] = []
        self._tokens: dict[str, str] = {}
        self._documents: dict[str, bytes] = {}
        self._by_deployment: dict[str, Detail] = {}

    def observe(self) -> list[Observation]:
        """Return the API as recorded, and its gaps.

        Raises:
            CollectorError: what fails the API as a whole.
        """
        for stage in self._named_stages() or (None,):
            self._take(stage)
        return self.with_gaps(
            Recorded(
                self.key,
                entities=(*self._fresh, *self._signals),
                unchanged=tuple(self._unchanged),
                tokens=self._tokens,
                documents=self._documents,
            )
        )

    def read_detail(self, stage: Item | None) -> Detail:
        """Return what is exported of a stage, or what is being edited where there is no export."""
        uri = self._own.export_uri(stage)
        if uri is None:
            return Detail(self._own.read_configured("not deployed"), specs=())
        try:
            return self._own.export(stage)
        except (Refused, GivenUp) as refusal:
            kept = Spec(format="openapi", source_uri=uri, not_kept=refusal.message)
            surface = self._own.read_configured("export refused")
            stand_in = isinstance(refusal, GivenUp)
            return Detail(surface, specs=(kept,), stand_in=stand_in, refused=not stand_in)
        except ONE_DETAIL as error:
            name = text(stage, self._own.stage_member)
            self.gaps.note(f"contract of stage {name}" if name else "contract", error)
            return Detail(self._own.read_configured("no export"))

    def read_export(self, operation: str, uri: str, **parameters: object) -> Detail:
        """Return what an export says, and keep its contract.

        An endpoint that has no exports at all, or other ones, is asked for one once a visit.

        Raises:
            GivenUp: the endpoint has none.
            Refused: there is none to be had of this API.
            Malformed: it cannot be read.
            CollectorError: it may be had the next time.
        """
        with self.calls.first_alone(operation):
            try:
                source = self.calls.read(operation, limit_bytes=LARGEST_EXPORT_BYTES, **parameters)
                exported = _read_exported(source, uri)
            except NotOffered as error:
                if self.calls.give_up(operation, error.message):
                    raise GivenUp(error.message, operation=operation) from None
                raise
            self.calls.trust(operation)
        self._documents.update(exported.documents)
        not_kept = exported.spec.not_kept is not None
        return Detail(exported.surface, specs=(exported.spec,), not_kept=not_kept)

    def _named_stages(self) -> tuple[Item, ...]:
        listed = self._own.list_stages()
        named = {name: stage for stage in listed if (name := text(stage, self._own.stage_member))}
        if listed and not named:
            raise Malformed("no stage has a name", native_id=self.key)
        if len(named) < len(listed):
            self.gaps.note("a stage", Malformed("a stage has no name of its own"))
        return tuple(named.values())

    def _take(self, stage: Item | None) -> None:
        """Record one stage, with its detail only where that may have changed."""
        name = text(stage, self._own.stage_member) or NO_STAGE
        uid = deployment_uid(staged(self.place.native_id(self.key), name))
        native = self._own.native_token(stage)
        stood = read_token(self.remembered.get(uid), native) if native else None
        if stood is not None and (not stood.stand_in or self._still_stands_in(stage)):
            self._unchanged.append(self._own.normalise(stage, stood))
            self._signals += self._own.signals(stage, self._unchanged[-1])
            self._tell_short(name, stood)
            return
        detail = self._detail(stage)
        self._tell_short(name, detail)
        made = self._own.normalise(stage, detail)
        self._fresh.append(made)
        self._signals += self._own.signals(stage, made)
        if native and is_known(detail.surface.operations):
            self._tokens[uid] = write_token(native, learnt(detail, made))

    def _tell_short(self, stage: str, detail: Detail) -> None:
        """Note what is lacking of a stage's contract, at every visit until the stage changes."""
        if detail.refused or detail.not_kept:
            lacking = NotExported() if detail.refused else NotKept()
            self.gaps.note(f"contract of stage {stage}", lacking, lasting=True)

    def _still_stands_in(self, stage: Item | None) -> bool:
        """Say whether the endpoint still offers no exports; the first API of a visit finds out for all."""
        deployed = self._own.deployed(stage)
        if deployed in self._by_deployment:
            return False
        try:
            self._by_deployment[deployed] = self._own.export(stage)
        except GivenUp:
            return True
        except ONE_DETAIL:
            return False
        return False

    def _detail(self, stage: Item | None) -> Detail:
        """Return what is deployed to a stage; stages of one deployment share it."""
        deployed = self._own.deployed(stage)
        if deployed not in self._by_deployment:
            self._by_deployment[deployed] = self.read_detail(stage)
        return self._by_deployment[deployed]


def _read_exported(source: bytes, uri: str) -> Exported:
    """Return what an export says.

    Raises:
        NotOffered: it is in another format than was asked for.
        Malformed: it cannot be read.
    """
    exported = read_apart(read_export, source, uri, at_once_bytes=AT_ONCE_BYTES)
    if exported is None:
        raise NotOffered("the export is not in OpenAPI 3")
    return exported
