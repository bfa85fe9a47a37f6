"""`apiscape show`: everything known of one deployment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import click
import msgspec

from apiscape.cli.completion import complete_deployment
from apiscape.cli.moments import Moment, refuse_future
from apiscape.cli.options import Session, session_options
from apiscape.cli.output import write, write_record
from apiscape.cli.table import UNLIMITED, Column, output_width, render_table
from apiscape.client.guard_words import policies_words, rates_words, tls_words
from apiscape.client.inventory import Detail
from apiscape.client.words import (
    ABSENT_WORD,
    HEALTH,
    admitted,
    change_words,
    claim_words,
    link_words,
    place_of,
    said_of,
    shown,
    state_in,
    traffic_words,
)
from apiscape.model.deployment import Deployment, Endpoint, Operation, Protections
from apiscape.model.plain import plain
from apiscape.model.projection import below, routes_to
from apiscape.model.provenance import Claim
from apiscape.model.row import Row
from apiscape.model.security import Security
from apiscape.model.surroundings import FrontDoor, FrontDoorRoute
from apiscape.model.values import is_known, known_or
from apiscape.model.vocabulary import Basis, ChangeKind, Dangling, Freshness, Switch

LABEL_WIDTH = 18

BASIS_WORDS: dict[str, str] = {
    Basis.NONE: "nothing to tell it by yet",
    Basis.CONFIGURED: "by its configuration",
    Basis.REACHABLE: "by its backends or a probe",
    Basis.SERVING: "by its traffic",
}

MTLS_WORDS: dict[str, str] = {
    Switch.ENABLED: "asked for by every name",
    Switch.DISABLED: "not asked for by every name",
    Switch.UNKNOWN: "? not known of every name",
}

Fact = tuple[str, str]

OPERATION_COLUMNS = (
    Column("METHOD"),
    Column("PATH", gives_way=True, cut_inside=True),
    Column("CALLER BRINGS", gives_way=True, cut_inside=True),
    Column("LIMIT", gives_way=True),
    Column("BACKEND", gives_way=True, cut_inside=True),
)


@click.command("show")
@click.argument("deployment", shell_complete=complete_deployment)
@click.option(
    "--as-of",
    type=Moment(),
    metavar="TIME",
    help="The deployment as it was then: 2026-09-30, 2026-09-30T12:00Z, or 2d ago.",
)
@session_options(asks=True)
def command(*, session: Session, deployment: str, as_of: datetime | None) -> None:
    """Show everything known of DEPLOYMENT: its uid, native id or name; operations and provenance included."""
    refuse_future(as_of, datetime.now(UTC))
    with session.inventory() as inventory:
        detail = inventory.detail(deployment, at=as_of)
    if not write_record(session.output, detail, detail.row.name):
        width = UNLIMITED if session.output == "wide" else output_width()
        write(render_detail(detail, datetime.now(UTC), width=width))


def render_detail(detail: Detail, now: datetime, *, width: int) -> str:
    """Return the page of one deployment: who and where, state, callers, operations, origin of values, history."""
    blocks = [
        _facts(_identity(detail)),
        _section("State", _facts(_state(detail, now))),
        _section("Addresses", _lines(_addresses(detail))),
        _section("Certificates", _lines(_certificates(detail))),
        _section("Callers", _facts(_callers(detail))),
        _operations(detail.deployment, width),
        _section("Limits", _lines(_limits(detail.deployment))),
        _section("Backends", _lines(_backends(detail.deployment))),
        _section("Linked to", _lines(map(link_words, detail.links))),
        _section("Protections", _facts(_protections(detail.deployment.protections))),
        _section("Tags", _facts(_labels(detail.deployment))),
        _section("Said by others than the gateway", _lines(_provenance(detail))),
        _section(
            "Could not be looked at",
            _lines(f"{gap.detail}: {gap.error.message}" for gap in detail.gaps),
        ),
        _section(
            "Same API",
            _lines(map(_sibling, detail.siblings)),
        ),
        _section("History", _lines(_history(detail))),
    ]
    return "\n".join(block for block in blocks if block)


def because(word: str, reason: str | None) -> str:
    """Return a word with what it rests on: `internet (REGIONAL endpoint)`."""
    return f"{word} ({reason})" if reason else word


def _sibling(row: Row) -> str:
    return f"{row.uid}  {row.name}  {shown(row.stage)}  {row.environment}  {place_of(row)}"


def _identity(detail: Detail) -> Iterator[Fact]:
    row, item = detail.row, detail.deployment
    yield "name", row.name
    yield "title", shown(row.title)
    yield "description", shown(item.description)
    yield "uid", row.uid
    yield "native id", item.native_id
    yield "product", f"{row.product} ({row.style})"
    yield (
        "where",
        " · ".join(filter(None, [place_of(row), shown(row.gateway), row.stage])),
    )
    yield (
        "environment",
        f"{row.environment}"
        + (f" (written {item.environment_raw})" if item.environment_raw else ""),
    )
    yield "owner", shown(row.owners)
    yield "version", shown(row.version)
    yield "lifecycle", row.lifecycle
    yield "audience", row.audience
    yield "classification", shown(row.classification)
    yield "contract", shown(row.spec) + "".join(_not_kept(item))
    yield "console", shown(item.native_url)


def _not_kept(item: Deployment) -> Iterator[str]:
    """Yield why a contract is not kept, behind its format."""
    for spec in item.specs if is_known(item.specs) else ():
        if spec.not_kept:
            yield f" (not kept: {spec.not_kept})"


def _state(detail: Detail, now: datetime) -> Iterator[Fact]:
    row = detail.row
    yield from _health(detail)
    yield "traffic", traffic_words(detail.traffic, now)
    yield (
        "gateway says",
        detail.deployment.status
        + (f": {detail.deployment.status_reason}" if detail.deployment.status_reason else ""),
    )
    since = f" since {shown(row.missing_since)}" if row.missing_since else ""
    yield "presence", f"{row.presence}{since}"
    stale = "" if row.freshness == Freshness.CURRENT else " – the last visit could not see it"
    yield "observed", f"{shown(row.observed_at)}{stale}"
    yield "first seen", shown(row.first_seen_at)
    yield "changed", shown(row.changed_at)


def _health(detail: Detail) -> Iterator[Fact]:
    """Yield how it fares, what that rests on and since when; then every reason, a line each."""
    row, health = detail.row, detail.health
    basis = BASIS_WORDS.get(row.basis, row.basis)
    since = f", since {shown(health.since)}" if health is not None and health.since else ""
    yield "health", f"{state_in(HEALTH, row.health).glyph} {row.health} ({basis}{since})"
    reasons = health.reasons if health is not None else filter(None, [row.health_reason or None])
    yield from (("", reason) for reason in reasons)


def _addresses(detail: Detail) -> Iterator[str]:
    for door in detail.front_doors:
        yield from _ways(door, detail.deployment)
    if not is_known(detail.deployment.endpoints):
        yield "? could not be looked at"
        return
    yield from map(_endpoint, detail.deployment.endpoints)


def _ways(door: FrontDoor, item: Deployment) -> Iterator[str]:
    """Yield the addresses of a front door; one that takes more than itself says what."""
    for route in routes_to(door, item) or (FrontDoorRoute("/"),):
        url = below(door.endpoint.url, route.base_path)
        asks = f", only where {route.condition}" if route.condition else ""
        shown_as = msgspec.structs.replace(door.endpoint, url=url)
        yield f"{_endpoint(shown_as)}  front door {door.name}{asks}"


def _certificates(detail: Detail) -> Iterator[str]:
    """Yield until when the certificates of front doors hold; where that is not known, whose it would be to say."""
    for door in detail.front_doors:
        if door.certificate is None or door.is_name:
            continue
        ends = door.certificate_not_after
        which = door.certificate if is_known(door.certificate) else "which one it shows"
        unread = "" if is_known(ends) else f": nobody read {which}"
        yield f"{door.name}  until {shown(ends)}{unread}"


def _endpoint(endpoint: Endpoint) -> str:
    off = "  switched off" if endpoint.enabled is False else ""
    tls = f"  {words}" if (words := tls_words(endpoint)) else ""
    return f"{endpoint.url}  {because(endpoint.exposure, endpoint.evidence)}{tls}{off}"


def _callers(detail: Detail) -> Iterator[Fact]:
    row = detail.row
    schemes = shown(row.schemes)
    yield "authentication", row.auth if schemes == ABSENT_WORD else f"{row.auth} ({schemes})"
    yield "anonymous", f"{shown(row.unauthenticated)} of {shown(row.operations)} operations"
    yield (
        "exposure",
        row.exposure
        + (
            f" ({detail.deployment.exposure_evidence})"
            if detail.deployment.exposure_evidence
            else ""
        ),
    )
    yield from _access(detail)
    yield "consumers", _consumers(detail)


def _access(detail: Detail) -> Iterator[Fact]:
    """Yield what callers are asked for by every name, and what makes it so, a line each."""
    access = detail.access
    if access is None:
        yield "bypass", "? not known"
        return
    yield "client certificate", MTLS_WORDS.get(access.mtls, access.mtls)
    yield "bypass", "none to speak of" if access.bypass is None else access.bypass
    yield from (("", reason) for reason in access.reasons)
    if access.dangling != Dangling.UNKNOWN or access.dangling_reasons:
        yield "dangling name", access.dangling
        yield from (("", reason) for reason in access.dangling_reasons)


def _consumers(detail: Detail) -> str:
    """Return who is let in; that there may be more is said where nobody could see all of them."""
    known = is_known(detail.row.consumers)
    names = ", ".join(map(admitted, detail.consumers))
    if names:
        return names if known else f"{names}, and perhaps more: not all could be looked at"
    return shown(detail.row.consumers) if known else "? could not be looked at"


def _operations(item: Deployment, width: int) -> str:
    if not is_known(item.operations):
        return _section("Operations", "  ? could not be looked at\n")
    if not item.operations:
        return _section("Operations", "  none\n")
    addresses = {b.key: shown(b.address) for b in item.backends} if is_known(item.backends) else {}
    table = render_table(
        OPERATION_COLUMNS,
        [_operation(operation, addresses) for operation in item.operations],
        width=width - 2,
    )
    return _section("Operations", "".join(f"  {line}\n" for line in table.splitlines()))


def _operation(operation: Operation, addresses: dict[str, str]) -> list[str]:
    backend = operation.backend
    address = addresses.get(backend, backend) if isinstance(backend, str) else shown(backend)
    asks = "nothing (CORS preflight)" if operation.preflight else security_words(operation.security)
    return [operation.verb, operation.template, asks, rates_words(operation.rate_limits), address]


def _limits(item: Deployment) -> Iterator[str]:
    """Yield each limit once, with the policy that gives it and how many operations it is for."""
    for words, given, number in policies_words(known_or(item.operations, ())):
        yield f"{words}  {because(given or 'nobody says by what', number)}"


def security_words(security: Security) -> str:
    """Return what a caller must bring, in words: `jwt (https://issuer) scopes read`, `perhaps jwt`, `nothing`, `?`."""
    if not security.schemes:
        return {"none": "nothing", "unknown": "?"}.get(security.requirement, security.requirement)
    words = []
    for scheme in security.schemes:
        issuer = f" ({scheme.issuer})" if scheme.issuer else ""
        scopes = f" scopes {', '.join(scheme.scopes)}" if scheme.scopes else ""
        words.append(f"{scheme.kind}{issuer}{scopes}")
    prefix = {"optional": "optionally ", "unknown": "perhaps "}.get(security.requirement, "")
    return prefix + " and ".join(words)


def _backends(item: Deployment) -> Iterator[str]:
    if not is_known(item.backends):
        yield "? could not be looked at"
        return
    for backend in item.backends:
        yield f"{backend.kind}  {shown(backend.address)}" + (
            f"  via {backend.via}" if backend.via else ""
        )


def _protections(protections: Protections) -> Iterator[Fact]:
    for name in Protections.__struct_fields__:
        yield name.replace("_", " "), getattr(protections, name)


def _labels(item: Deployment) -> Iterator[Fact]:
    if not is_known(item.labels):
        yield "?", "could not be looked at"
        return
    yield from sorted(item.labels.items())


def _provenance(detail: Detail) -> Iterator[str]:
    for field, claims in sorted(said_of(detail).items()):
        for position, claim in enumerate(claims):
            value = (
                claim.value
                if isinstance(claim.value, str)
                else msgspec.json.encode(claim.value).decode()
            )
            lost = "" if position == 0 else "  (outranked)"
            yield f"{field} = {value}  {_who(claim)}{lost}"


def _who(claim: Claim) -> str:
    """Return who makes a claim, as a sentence goes on."""
    words = claim_words(claim)
    before = {"inferred": "inferred from ", "tag": "from "}.get(claim.method)
    return words if before is None else before + words.removeprefix(f"{claim.method} ")


def _history(detail: Detail) -> Iterator[str]:
    for change in detail.history:
        fields = ", ".join(item.field for item in change.fields)
        words = change_words(change) if change.kind == ChangeKind.HEALTH else change.reason
        yield f"{shown(change.at)}  {change.kind}  {words or fields}".rstrip()


def _facts(facts: Iterable[Fact]) -> str:
    return "".join(f"  {plain(name):<{LABEL_WIDTH}} {plain(value)}\n" for name, value in facts)


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"  {plain(line)}\n" for line in lines)


def _section(title: str, body: str) -> str:
    return f"{title}\n{body}" if body else ""
