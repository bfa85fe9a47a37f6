"""Normalise a service of App Runner and its custom domains: pure, from what its calls say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from urllib.parse import quote

import msgspec

from apiscape.collectors.aws.backends import clean_uri
from apiscape.collectors.aws.framing import Subject, frame, frame_door, native_id
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import Item, flag, items, moment, part, text
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.aws.surface import switch
from apiscape.model.deployment import Backend, Deployment, Endpoint, Operation, Protections
from apiscape.model.security import Security
from apiscape.model.surroundings import FrontDoor, FrontDoorRoute, Signal
from apiscape.model.values import UNKNOWN, Unknown, is_known
from apiscape.model.vocabulary import Exposure, Status, Style, Switch

KIND = "aws.apprunner"
DOMAIN_KIND = "aws.apprunner.domain"
WORD = "apprunner"
EVERYTHING = "/{proxy+}"
READY, CERTIFIED = "condition.Ready", "condition.CertificateIssued"

_BY_APPLICATION = (
    "App Runner asks callers for nothing itself: the application answers for who may call, "
    "and what it asks is not known"
)
_STATUSES: dict[str, tuple[str, bool | None]] = {
    "RUNNING": (Status.ACTIVE, True),
    "PAUSED": (Status.INACTIVE, None),
    "DELETED": (Status.INACTIVE, None),
    "CREATE_FAILED": (Status.FAILED, False),
    "DELETE_FAILED": (Status.FAILED, False),
    "OPERATION_IN_PROGRESS": (Status.UNKNOWN, None),
}
"""What each status says: the word for it, and whether the service is ready; nothing where that is pending."""

_CERTIFIED: dict[str, bool | None] = {
    "ACTIVE": True,
    "CREATE_FAILED": False,
    "DELETE_FAILED": True,
    "DELETING": True,
}
"""Whether a domain shows its certificate; pending for every other status."""


class Described(msgspec.Struct, frozen=True, gc=False):
    """What `DescribeService` teaches of the facts; unknown where nobody could look."""

    public: bool | None = None
    traced: bool | None = None


class FoundService(msgspec.Struct, frozen=True, gc=False):
    """All that is said of one service.

    Attributes:
        listed: Item of `ListServices`.
        described: What its description says.
        backend: What it runs; unknown where nobody could look.
        tags: Native tags.
        guarded: Whether a firewall stands before it; `None` where nobody could look.
    """

    listed: Item
    described: Described = Described()
    backend: Backend | Unknown | None = UNKNOWN
    tags: dict[str, str] | Unknown = UNKNOWN
    guarded: bool | None = None

    @property
    def subject(self) -> Subject:
        """What the service is, in words of identity."""
        return subject_of(self.listed, self.tags)


def subject_of(listed: Item, tags: dict[str, str] | Unknown = UNKNOWN) -> Subject:
    """Return what a listed service is, in words of identity."""
    arn = text(listed, "ServiceArn") or ""
    return Subject(
        kind=KIND,
        word=WORD,
        resource=text(listed, "ServiceId") or arn.rpartition("/")[2],
        name=text(listed, "ServiceName") or arn,
        gateway="App Runner",
        tags=tags,
        console=f"apprunner/home#/services/dashboard?service_arn={quote(arn, safe=':/')}",
    )


def read_description(answer: Item) -> Described:
    """Return what a description says of the facts; its environment is not looked at."""
    service = part(answer, "Service")
    ingress = part(part(service, "NetworkConfiguration"), "IngressConfiguration")
    return Described(
        public=flag(ingress, "IsPubliclyAccessible"),
        traced=flag(part(service, "ObservabilityConfiguration"), "ObservabilityEnabled"),
    )


def read_backend(answer: Item) -> Backend | None:
    """Return what a service runs: an image, or a repository that it is built from."""
    source = part(part(answer, "Service"), "SourceConfiguration")
    image = text(part(source, "ImageRepository"), "ImageIdentifier")
    code = text(part(source, "CodeRepository"), "RepositoryUrl")
    if image:
        return Backend(key="container", kind="container", address=clean_uri(image))
    return Backend(key="code", kind="code", address=clean_uri(code)) if code else None


def normalise(found: FoundService, place: Place, keys: TagSettings) -> Deployment:
    """Return the deployment that a service is.

    Args:
        found: All that is said of it.
        place: Where the answers come from.
        keys: Which tags say what.
    """
    listed, backend = found.listed, found.backend
    word = text(listed, "Status") or ""
    status, _ = _STATUSES.get(word, (Status.UNKNOWN, None))
    exposure, evidence = _exposure(found.described.public)
    operation = Operation(
        verb="ANY",
        template=EVERYTHING,
        security=Security(evidence=_BY_APPLICATION),
        backend=backend.key if is_known(backend) and backend else UNKNOWN,
        rate_limits=(),
    )
    return msgspec.structs.replace(
        frame(found.subject, place, keys),
        description=None,
        style=Style.HTTP,
        status=status,
        status_reason=None if status == Status.ACTIVE else word or "no status is given",
        endpoints=_endpoints(listed, status, exposure, evidence),
        exposure=exposure,
        exposure_evidence=evidence,
        operations=(operation,),
        backends=((backend,) if backend else ()) if is_known(backend) else UNKNOWN,
        protections=Protections(
            rate_limit=Switch.DISABLED,
            waf=switch(found.guarded),
            request_validation=Switch.DISABLED,
            tracing=switch(found.described.traced),
            mtls=Switch.DISABLED,
        ),
        created_at=moment(listed, "CreatedAt") or UNKNOWN,
        updated_at=moment(listed, "UpdatedAt") or UNKNOWN,
    )


def read_health(listed: Item, uid: str, now: datetime) -> Signal:
    """Return whether a service is ready, as its status has it."""
    word = text(listed, "Status") or ""
    _, ready = _STATUSES.get(word, (Status.UNKNOWN, None))
    return Signal(
        subject_uid=uid, name=READY, value=ready, observed_at=now, source=KIND, reason=word or None
    )


def read_domains(
    listed: Iterable[Item], found: FoundService, place: Place, now: datetime
) -> Iterator[FrontDoor | Signal]:
    """Yield the front doors that custom domains are, each with the state of its certificate.

    Args:
        listed: Items of `DescribeCustomDomains`.
        found: The service that they lead to.
        place: Where the answers come from.
        now: When they were asked for.
    """
    for item in listed:
        name = text(item, "DomainName")
        if name is None:  # said to be unseen by whoever listed it
            continue
        for host in (name, *((f"www.{name}",) if flag(item, "EnableWWWSubdomain") else ())):
            door = _door(host.casefold(), item, found, place)
            yield door
            yield Signal(
                subject_uid=door.uid,
                name=CERTIFIED,
                value=_CERTIFIED.get(text(item, "Status") or ""),
                observed_at=now,
                source=KIND,
                reason=_why(item),
            )


def _door(host: str, item: Item, found: FoundService, place: Place) -> FrontDoor:
    subject = found.subject
    identity = native_id(place, WORD, f"{subject.resource}/domains/{host}")
    exposure, evidence = _exposure(found.described.public)
    served = _CERTIFIED.get(text(item, "Status") or "")
    door = frame_door(DOMAIN_KIND, identity, host, place)
    return msgspec.structs.replace(
        door,
        endpoint=msgspec.structs.replace(
            door.endpoint,
            exposure=exposure,
            evidence=evidence,
            enabled=UNKNOWN if served is None else served,
            mtls=Switch.DISABLED,
        ),
        routes=(FrontDoorRoute(base_path="/", native_api_id=subject.native_api_id(place)),),
    )


def _why(item: Item) -> str | None:
    """Return a domain's status, and those of the records that prove whose it is."""
    records = [text(each, "Status") for each in items(item, "CertificateValidationRecords")]
    said = ", ".join(sorted({word for word in records if word}))
    status = text(item, "Status")
    return f"{status or 'no status'}; validation {said}" if said else status


def _endpoints(
    listed: Item, status: str, exposure: str, evidence: str
) -> tuple[Endpoint, ...] | Unknown:
    host = text(listed, "ServiceUrl")
    if host is None:
        return UNKNOWN
    serving = {Status.ACTIVE: True, Status.INACTIVE: False}
    return (
        Endpoint(
            url=f"https://{host.casefold()}",
            exposure=exposure,
            evidence=evidence,
            generated_host=True,
            enabled=serving.get(Status(status), UNKNOWN),
            mtls=Switch.DISABLED,
        ),
    )


def _exposure(public: bool | None) -> tuple[str, str]:  # noqa: FBT001 - a state read from an answer
    if public is None:
        return Exposure.UNKNOWN, "whether the service is publicly accessible is not known"
    words = "is" if public else "is not"
    exposure = Exposure.INTERNET if public else Exposure.PRIVATE
    return exposure, f"the service {words} publicly accessible"
