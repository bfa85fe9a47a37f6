"""What is known of one deployment, in the order in which a person asks: how is it, whose is it, who gets in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from apiscape.client.guard_words import policies_words, tls_words
from apiscape.client.inventory import Detail
from apiscape.client.words import (
    ABSENT_WORD,
    BASIS_WORDS,
    HEALTH,
    PRESENCE,
    STATUS,
    SWITCH,
    UNKNOWN_WORD,
    claim_words,
    clock,
    count,
    is_not_observed,
    place_of,
    said_of,
    shown,
    state_in,
    traffic_words,
)
from apiscape.model.deployment import Deployment, Endpoint, Protections
from apiscape.model.projection import guarded
from apiscape.model.provenance import Claim
from apiscape.model.row import Row
from apiscape.model.surroundings import Access, FrontDoor
from apiscape.model.values import is_known, known_or
from apiscape.model.vocabulary import (
    Basis,
    Bypass,
    Dangling,
    Exposure,
    HealthState,
    Presence,
    Requirement,
    Switch,
    TlsMode,
)
from apiscape.tui.lines import BLANK, Line, Piece, field, line, pack, paragraph, title
from apiscape.tui.pages.scope import next_step

ASKED: Mapping[str, str] = {
    Requirement.NONE: "without",
    Requirement.OPTIONAL: "optional",
    Requirement.REQUIRED: "required",
}
"""What operations ask of a caller, after their number."""

RAISE_BASIS = "Configuration alone proves no health. A traffic source or probes would say more."


def head(row: Row, width: int) -> list[Line]:
    """Return the name, and below it where it is."""
    stage = f" {row.stage}" if row.stage and row.stage != "-" else ""
    place = paragraph(f"{row.product} · {place_of(row)}", width, "muted")
    return [line((row.name, "strong"), (stage, "accent")), *place]


def state(row: Row, now: datetime, width: int) -> list[Line]:
    """Return why its state is what it is: how it fares, whether it is there, whether it was seen."""
    glyph, word, tone = state_in(HEALTH, row.health)
    basis = BASIS_WORDS.get(row.basis, row.basis)
    lines = [line((f"{glyph} {word}", tone), (f" · {basis}", "muted"))]
    if row.health_reason:
        lines += paragraph(row.health_reason, width, "text", indent=2)
    elif row.health == HealthState.UNKNOWN and row.basis in {Basis.NONE, Basis.CONFIGURED}:
        lines += paragraph(RAISE_BASIS, width, "muted", indent=2)
    return lines + _presence(row, now, width)


def traffic(detail: Detail, now: datetime, width: int) -> list[Line]:
    """Return what its gateway counted, over which time, and how long ago."""
    tone = "text" if is_known(detail.traffic) else "muted"
    return field("traffic", traffic_words(detail.traffic, now), width, tone)


def _presence(row: Row, now: datetime, width: int) -> list[Line]:
    lines: list[Line] = []
    if row.presence != Presence.PRESENT:
        glyph, word, tone = state_in(PRESENCE, row.presence)
        since = f" since {clock(row.missing_since, now)}" if row.missing_since else ""
        lines.append(line((f"{glyph} {word}{since}", tone)))
    if row.presence == Presence.SUSPECT:
        words = f"Held by the mass-loss guard. If the loss is real: apiscape confirm {row.scope}"
        lines += paragraph(words, width, "muted", indent=2)
    if is_not_observed(row):
        words = f"◌ not observed since {clock(row.observed_at, now)}"
        lines.append(line((words, "warn")))
        why = "The newest run of its scope could not look. What is shown is what was last seen."
        lines += paragraph(why, width, "muted", indent=2)
    return lines


def facts(row: Row, width: int) -> list[Line]:
    """Return what the row alone says."""
    glyph, word, tone = state_in(STATUS, row.status)
    owners, owner_tone = _owners(row)
    exposed = "warn" if row.exposure == Exposure.INTERNET else "text"
    lines = [
        *field("owner", owners, width, owner_tone),
        *field("environment", shown_word(row.environment), width, _quiet(row.environment)),
        *field("lifecycle", shown_word(row.lifecycle), width, _quiet(row.lifecycle)),
        *field("audience", shown_word(row.audience), width, _quiet(row.audience)),
        *field("status", f"{glyph} {word}", width, tone),
        *field("exposure", shown_word(row.exposure), width, exposed),
        *field("style", shown_word(row.style), width, _quiet(row.style)),
    ]
    if is_known(row.classification):
        lines += field("classified", shown(row.classification), width)
    return lines + field("spec", shown_spec(row.spec), width, _quiet(shown(row.spec)))


def _owners(row: Row) -> tuple[str, str]:
    if not is_known(row.owners):
        return f"{UNKNOWN_WORD} nobody could look", "muted"
    return (shown(row.owners), "text") if row.owners else ("– nobody", "warn")


def access(held: Access | None, width: int) -> list[Line]:
    """Return what callers are asked for by every name, and why; whether there is more than its own nobody may know."""
    if held is None:
        return field("bypass", shown_word(Bypass.UNKNOWN), width, "muted")
    gone_around = "– none" if held.bypass is None else shown_word(held.bypass)
    lines = field("mTLS", shown_word(held.mtls), width, _quiet(held.mtls))
    tone = "bad" if held.bypass == Bypass.YES else _quiet(held.bypass or ABSENT_WORD)
    lines += field("bypass", gone_around, width, tone)
    lines += _reasons(held.reasons, width)
    if held.dangling == Dangling.UNKNOWN and not held.dangling_reasons:
        return lines
    tone = "bad" if held.dangling == Dangling.YES else _quiet(held.dangling)
    lines += field("dangling", shown_word(held.dangling), width, tone)
    return lines + _reasons(held.dangling_reasons, width)


def _reasons(said: Sequence[str], width: int) -> list[Line]:
    """Return reasons, each below the word that it is for."""
    return [each for reason in said for each in field("", reason, width, "muted")]


def front_door(door: FrontDoor, width: int) -> list[Line]:
    """Return what stands before it: its address, and what it has of its own."""
    parts = ["a name in DNS"] if door.is_name else list(_of_its_own(door))
    return [
        *paragraph(door.endpoint.url, width),
        *paragraph(" · ".join(parts), width, "muted", indent=2),
    ]


def _of_its_own(door: FrontDoor) -> Iterator[str]:
    until = door.certificate_not_after
    yield "no certificate of its own" if until is None else f"certificate until {shown(until)}"
    for state, noun in ((door.waf, "firewall"), (door.endpoint.mtls, "client certificates")):
        if state == Switch.UNKNOWN:
            yield f"{UNKNOWN_WORD} {noun}"
        elif state == Switch.ENABLED:
            yield noun
    if door.endpoint.enabled is False:
        yield "switched off"


def shown_word(word: str) -> str:
    """Return a word of a vocabulary; the unknown one with its glyph."""
    return f"{UNKNOWN_WORD} unknown" if word == "unknown" else word.replace("_", " ")


def shown_spec(spec: object) -> str:
    """Return what specification there is."""
    return (
        shown(spec)
        if is_known(spec) and spec is not None
        else f"{shown(spec)} " + ("none" if spec is None else "unknown")
    )


def _quiet(word: str) -> str:
    return "muted" if word in {"unknown", UNKNOWN_WORD, ABSENT_WORD} else "text"


def authentication(row: Row, item: Deployment | None, width: int) -> list[Line]:
    """Return what callers are asked for, counted per operation."""
    if item is None or not is_known(item.operations):
        asks = f"{shown_word(row.auth)} · {shown(row.operations)} operations"
        return field("auth", asks, width, "muted")
    counted = guarded(item.operations)
    words = Counter(each.security.requirement for each in counted) if is_known(counted) else {}
    open_to_all = words.get(Requirement.NONE, 0)
    parts = [f"{number} {ASKED.get(word, word)}" for word, number in sorted(words.items())]
    tone = "bad" if open_to_all and row.exposure == Exposure.INTERNET else "text"
    preflights = len(item.operations) - sum(words.values())
    note = f" (+ {count(preflights, 'preflight')})" if preflights else ""
    lines = field("operations", f"{len(item.operations) - preflights}{note}", width)
    lines += field("auth", " · ".join(parts) or ABSENT_WORD, width, tone)
    return lines + field("schemes", shown(row.schemes), width)


def endpoints(item: Deployment, width: int) -> list[Line]:
    """Return the addresses that callers type."""
    if not is_known(item.endpoints):
        return [title("endpoints"), *paragraph("? nobody could look", width, "muted")]
    lines = [title("endpoints", str(len(item.endpoints)))]
    for each in item.endpoints:
        lines += paragraph(each.url, width, "muted" if each.enabled is False else "text")
        lines += paragraph(_endpoint_note(each), width, "muted", indent=2)
    return lines if item.endpoints else [*lines, *paragraph("– none", width, "muted")]


def _endpoint_note(each: Endpoint) -> str:
    notes = [each.exposure, each.evidence or ""]
    notes.append("switched off" if each.enabled is False else "")
    notes.append("generated name" if each.generated_host is True else "")
    notes.append(tls_words(each))
    asks = each.mtls == Switch.ENABLED and each.tls_mode != TlsMode.MUTUAL
    notes.append("client certificate" if asks else "")
    return " · ".join(filter(None, notes))


def backends(item: Deployment, width: int) -> list[Line]:
    """Return where requests are sent on."""
    if not is_known(item.backends):
        return [title("backends"), *paragraph("? nobody could look", width, "muted")]
    lines = [title("backends", str(len(item.backends)))]
    for each in item.backends:
        via = f" via {each.via}" if each.via else ""
        lines += field(each.kind, f"{shown(each.address)}{via}", width)
    return lines if item.backends else [*lines, *paragraph("– none", width, "muted")]


def protections(guards: Protections, width: int) -> list[Line]:
    """Return what stands between callers and the backend."""
    states = [
        (state_in(SWITCH, getattr(guards, name)), name.replace("_", " "))
        for name in guards.__struct_fields__
    ]
    pieces = [Piece(f"{state.glyph} {name}   ", state.tone) for state, name in states]
    note = "✓ on  ◐ partly  – off  ? unknown"
    return [title("protections", note), *pack(pieces, width)]


def limits(item: Deployment, width: int) -> list[Line]:
    """Return each limit of rates once, with the policy that gives it; nothing where none is known."""
    told = list(policies_words(known_or(item.operations, ())))
    lines = [BLANK, title("limits", count(len(told), "limit"))] if told else []
    for words, given, number in told:
        lines += paragraph(words, width)
        lines += paragraph(" · ".join(filter(None, (given, number))), width, "muted", indent=2)
    return lines


def provenance(told: Mapping[str, tuple[Claim, ...]], width: int) -> list[Line]:
    """Return the values that did not come from the gateway itself, and who lost against them."""
    lines = [title("provenance")]
    for name, claims in sorted(told.items()):
        for rank, claim in enumerate(claims):
            said = f"{shown(claim.value)} — {claim_words(claim)}"
            lines += field(name if not rank else "", said, width, "text" if not rank else "muted")
    if len(lines) == 1:
        lines += paragraph("All of it as the gateway states it.", width, "muted")
    return lines


def times(row: Row, now: datetime, width: int) -> list[Line]:
    """Return when it was seen, first seen and changed."""
    moments = (
        ("last seen", row.observed_at),
        ("first seen", row.first_seen_at),
        ("changed", row.changed_at),
    )
    lines: list[Line] = []
    for name, value in moments:
        lines += field(name, clock(value, now), width)
    return lines


def summary(row: Row, detail: Detail | None, now: datetime, width: int) -> list[Line]:
    """Return the pane beside the grid: all of it in short."""
    item = detail.deployment if detail else None
    lines = [*head(row, width), BLANK, *state(row, now, width), BLANK]
    lines += traffic(detail, now, width) if detail else []
    lines += facts(row, width)
    lines += authentication(row, item, width)
    if item is None or detail is None:
        return [*lines, BLANK, *times(row, now, width)]
    lines += [BLANK, *endpoints(item, width), BLANK, *backends(item, width)]
    lines += [
        BLANK,
        *protections(item.protections, width),
        *limits(item, width),
        BLANK,
        *provenance(said_of(detail), width),
    ]
    if detail.gaps:
        lines += [BLANK, *gaps(detail, width)]
    return [*lines, BLANK, title("times"), *times(row, now, width), *identity(item, width)]


def gaps(detail: Detail, width: int) -> list[Line]:
    """Return the details that nobody could look at, with what would help."""
    lines = [title("not seen", count(len(detail.gaps), "gap"))]
    for gap in detail.gaps:
        asked = gap.error.permission if not gap.error.next_step else None
        why = f"needs {asked}" if asked else gap.error.message
        lines += paragraph(f"◌ {gap.detail}: {why}", width, "warn")
        step = next_step(gap.error, detail.row.scope.partition("/")[0])
        lines += paragraph(step, width, "accent", indent=2)
    return lines


def identity(item: Deployment, width: int) -> Sequence[Line]:
    """Return the names by which machines know it."""
    return [
        *field("native id", item.native_id, width, "muted"),
        *field("uid", item.uid, width, "muted"),
    ]
