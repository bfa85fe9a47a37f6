"""What a probe found, and the signals that say so. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from apiscape.health.signals import SignalName
from apiscape.model.entity import Entity
from apiscape.model.surroundings import Signal

SOURCE = "probe"
"""Who says the signals that probes give."""

CERTIFICATE_TRUSTED = f"{SignalName.CONDITION}CertificateTrusted"
SERVER_ERROR = 500


class Answer(Entity, frozen=True):
    """What one probe found.

    Attributes:
        status: Of the answer; none where there was none.
        latency_ms: From the request to its first byte.
        resolves: Whether its name was found; none where nobody asked.
        failure: Why there is no answer, in words, without an address of ours.
        refused: Why nothing was asked at all: the guard, or a missing permission.
        certificate_not_after, certificate_trusted, certificate_fault: Of its certificate, where it showed one.
    """

    status: int | None = None
    latency_ms: float | None = None
    resolves: bool | None = None
    failure: str | None = None
    refused: str | None = None
    certificate_not_after: datetime | None = None
    certificate_trusted: bool | None = None
    certificate_fault: str | None = None

    @property
    def is_good(self) -> bool:
        """Whether something answered that was not a server's error: 401, 403 and 404 are answers."""
        return self.status is not None and self.status < SERVER_ERROR

    @property
    def words(self) -> str | None:
        """What happened, in words."""
        if self.status is None:
            return self.refused or self.failure
        took = f" in {self.latency_ms:.0f} ms" if self.latency_ms is not None else ""
        return f"{self.status}{took}"


def signals_of(
    uid: str, answer: Answer, failures: int, believed: int, now: datetime
) -> tuple[Signal, ...]:
    """Return the signals of a deployment that an answer gives.

    Args:
        uid: Of the deployment.
        answer: What was found; one that was refused says that nobody looked, and nothing else.
        failures: Probes in a row without a good answer, this one counted.
        believed: From how many on they are believed.
        now: When it was found, aware.
    """
    return tuple(
        Signal(
            subject_uid=uid,
            name=name,
            value=value,
            observed_at=now,
            source=SOURCE,
            unit=unit,
            threshold=threshold,
            reason=reason,
        )
        for name, value, unit, threshold, reason in _figures(answer, failures, believed)
    )


_Figure = tuple[str, float | str | bool | None, str | None, float | None, str | None]


def _figures(answer: Answer, failures: int, believed: int) -> Iterator[_Figure]:
    if answer.refused is not None:
        yield SignalName.ANSWERS, None, None, None, answer.refused
        return
    yield SignalName.ANSWERS, answer.is_good, None, None, answer.words
    why = None if answer.is_good else answer.words
    yield SignalName.PROBE_FAILURES, float(failures), None, float(believed), why
    if answer.latency_ms is not None:
        yield SignalName.PROBE_LATENCY_MS, answer.latency_ms, "ms", None, None
    if answer.resolves is not None:
        yield SignalName.RESOLVES, answer.resolves, None, None, None
    if answer.certificate_not_after is not None:
        ends = answer.certificate_not_after.isoformat()
        yield SignalName.CERTIFICATE_NOT_AFTER, ends, None, None, None
    if answer.certificate_trusted is not None:
        yield CERTIFICATE_TRUSTED, answer.certificate_trusted, None, None, answer.certificate_fault
