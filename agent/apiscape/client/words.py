"""Values in words and glyphs, the same on every screen and in every command.

A state is always a glyph and a word; colour only repeats it. An absent value is an en dash, for a
stage may be called `-`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from apiscape.client.inventory import Detail, Difference, Link
from apiscape.client.names import DnsName
from apiscape.model.change import Change, FieldChange
from apiscape.model.codec import ready
from apiscape.model.deployment import Traffic
from apiscape.model.measured import TrafficCost
from apiscape.model.provenance import Claim, Confirmation
from apiscape.model.row import Row
from apiscape.model.surroundings import Consumer
from apiscape.model.values import Unknown, is_known
from apiscape.model.vocabulary import (
    Basis,
    ChangeKind,
    Dangling,
    Freshness,
    HealthState,
    Outcome,
    Presence,
    ReachState,
    Status,
    Switch,
)

_INWARD = {
    "declares": "declared by",
    "depends_on": "needed by",
    "exposes": "exposed by",
    "publishes": "published by",
}
"""What a link is called where it leads to a deployment."""

MOST_EVIDENCE = 3
"""Pieces of evidence that are told of a link; the others are counted."""

MOST_CLIENTS = 5
"""Clients of a consumer that are told by name in a line; the others are counted."""

UNKNOWN_WORD = "?"
ABSENT_WORD = "–"
CONFIRMED = ".confirmed"
"""Ends what a change calls the confirmation of a field."""

LONGEST_VALUE = 60
"""Characters of a changed value that are said in a sentence."""


class State(NamedTuple):
    """A word with the glyph and the tone that go with it."""

    glyph: str
    word: str
    tone: str

    @property
    def text(self) -> str:
        """Glyph and word."""
        return f"{self.glyph} {self.word}"


def _states(*rows: tuple[str, str, str]) -> Mapping[str, State]:
    return {word: State(glyph, word.replace("_", " "), tone) for word, glyph, tone in rows}


HEALTH = _states(
    (HealthState.HEALTHY, "✓", "good"),
    (HealthState.DEGRADED, "◐", "warn"),
    (HealthState.FAILING, "✗", "bad"),
    (HealthState.IDLE, "⏸", "muted"),
    (HealthState.UNKNOWN, "?", "muted"),
)
PRESENCE = _states(
    (Presence.PRESENT, "●", "text"),
    (Presence.MISSING, "∅", "bad"),
    (Presence.SUSPECT, "‼", "warn"),
    (Presence.SUPERSEDED, "↷", "muted"),
    (Presence.RETIRED, "†", "muted"),
)
FRESHNESS = _states(
    (Freshness.CURRENT, "●", "text"),
    (Freshness.NOT_OBSERVED, "◌", "warn"),
)
STATUS = _states(
    (Status.ACTIVE, "●", "text"),
    (Status.INACTIVE, "⏸", "muted"),
    (Status.FAILED, "✗", "bad"),
    (Status.UNKNOWN, "?", "muted"),
)
OUTCOME = _states(
    (Outcome.COMPLETE, "✓", "good"),
    (Outcome.PARTIAL, "◐", "warn"),
    (Outcome.FAILED, "✗", "bad"),
    (Outcome.ABSENT, "○", "muted"),
)
REACH = _states(
    (ReachState.VISITED, "✓", "good"),
    (ReachState.NOT_CONFIGURED, "○", "warn"),
    (ReachState.EXCLUDED, "–", "muted"),
    (ReachState.LOST, "✗", "bad"),
    (ReachState.UNSUPPORTED, "?", "warn"),
)
CHANGE = _states(
    (ChangeKind.APPEARED, "+", "good"),
    (ChangeKind.CHANGED, "~", "accent"),
    (ChangeKind.MISSING, "∅", "bad"),
    (ChangeKind.SUSPECT, "‼", "warn"),
    (ChangeKind.RETURNED, "↺", "good"),
    (ChangeKind.SUPERSEDED, "↷", "muted"),
    (ChangeKind.RETIRED, "†", "muted"),
    (ChangeKind.FORGOTTEN, "⌫", "muted"),
    (ChangeKind.HEALTH, "♡", "accent"),
    (ChangeKind.CONCLUDED, "∴", "accent"),
)
SWITCH = _states(
    (Switch.ENABLED, "✓", "good"),
    (Switch.PARTIAL, "◐", "warn"),
    (Switch.DISABLED, "–", "text"),
    (Switch.UNKNOWN, "?", "muted"),
)
DANGLES = _states(
    (Dangling.YES, "✗", "bad"),
    (Dangling.UNKNOWN, "?", "warn"),
    (Dangling.NO, "✓", "good"),
)
NEVER_RUN = State("○", "never run", "muted")
BASIS_WORDS: Mapping[str, str] = {
    Basis.NONE: "nothing measures it",
    Basis.CONFIGURED: "configured, no traffic source",
    Basis.REACHABLE: "reachable",
    Basis.SERVING: "serving",
}


def state_in(table: Mapping[str, State], word: str) -> State:
    """Return the state of a word; one of a newer version keeps its text and gets a `?`."""
    return table.get(word) or State("?", word.replace("_", " "), "muted")


def row_state(health: str, presence: str) -> State:
    """Return what the first column says: that it is gone, if it is, else how it fares."""
    if presence != Presence.PRESENT:
        return state_in(PRESENCE, presence)
    return state_in(HEALTH, health)


def is_not_observed(row: Row) -> bool:
    """Say whether the newest run could not see a row."""
    return row.freshness == Freshness.NOT_OBSERVED


def place_of(row: Row) -> str:
    """Return where a deployment is: account and region, or what its reach is called where nobody knows the account."""
    reach = row.scope.removeprefix(f"{row.source}/").removesuffix(f"/{row.product}")
    if row.account not in reach.split("/"):
        return reach
    return " · ".join(filter(None, [row.account, row.region]))


def admitted(consumer: Consumer) -> str:
    """Return who is let in, with its clients where they are known: `gold (2 clients: acme, zeta)`."""
    if not is_known(consumer.clients):
        return consumer.name
    told = [*consumer.clients[:MOST_CLIENTS], *(["…"] if consumer.clients[MOST_CLIENTS:] else [])]
    words = count(len(consumer.clients), "client") + (f": {', '.join(told)}" if told else "")
    return f"{consumer.name} ({words})"


def link_words(link: Link) -> str:
    """Return a link in a line: `exposed by tools (aws.agentcore.gateway · 1 · eu-west-1): as MCP tools`."""
    words = link.type.replace("_", " ")
    if not link.outward:
        words = _INWARD.get(link.type, f"{words}, from")
    about = " · ".join(filter(None, [link.kind, link.place]))
    named = f"{link.name} ({about})" if link.name else f"{link.uid} (nothing that was visited)"
    evidence = "; ".join(link.evidence[:MOST_EVIDENCE])
    more = len(link.evidence) - MOST_EVIDENCE
    rest = f" and {more:,} more" if more > 0 else ""
    return f"{words} {named}" + (f": {evidence}{rest}" if evidence else "")


def count(number: int, one: str, many: str | None = None) -> str:
    """Return `1 scope`, `1,204 scopes`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def shown(value: object) -> str:
    """Return a value for people: `?` for unknown, `–` for absent, commas between several."""
    if not is_known(value):
        return UNKNOWN_WORD
    if value is None or (isinstance(value, str | tuple | list) and not value):
        return ABSENT_WORD
    if isinstance(value, tuple | list):
        return ", ".join(map(shown, value))
    return next((say(value) for kind, say in SPOKEN if isinstance(value, kind)), str(value))


def figure(value: float) -> str:
    """Return a measured number with the digits that say something: `0.04`, `0.4`, `12`, `12,400`."""
    if value and abs(value) < 0.1:  # noqa: PLR2004 - rounded to a tenth it would read as nothing
        return f"{value:.2g}"
    if value and abs(value) < 10:  # noqa: PLR2004 - below ten a decimal says something
        return f"{value:.1f}"
    return f"{value:,.0f}"


def moment(value: datetime) -> str:
    """Return a time in the local zone, to the minute."""
    return value.astimezone().strftime("%Y-%m-%d %H:%M")


SPOKEN: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (bool, lambda value: "yes" if value else "no"),
    (int, lambda value: f"{value:,}"),
    (float, figure),
    (datetime, moment),
)
"""How values of a type are said; the first that fits."""


def clock(value: datetime | None, now: datetime) -> str:
    """Return `14:02` today, `22 Sep 14:02` this year, `2025-09-22` before, `never`."""
    if value is None:
        return "never"
    local, today = value.astimezone(), now.astimezone().date()
    if local.date() == today:
        return local.strftime("%H:%M")
    return local.strftime("%d %b %H:%M" if _same_year(local.date(), today) else "%Y-%m-%d")


def day(value: object, now: datetime) -> str:
    """Return the time of today, the day of this year, the month of before: one short word."""
    if not isinstance(value, datetime):
        return shown(value)
    local, today = value.astimezone(), now.astimezone().date()
    if local.date() == today:
        return local.strftime("%H:%M")
    return local.strftime("%d %b" if _same_year(local.date(), today) else "%Y-%m")


def _same_year(one: date, other: date) -> bool:
    return one.year == other.year


def duration(seconds: float) -> str:
    """Return `0.4 s`, `27 s`, `3 min`, `2 h 5 min`."""
    if seconds < 10:  # noqa: PLR2004 - below ten a decimal says something
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest} s"
    hours, minutes = divmod(minutes + (rest >= 30), 60)  # noqa: PLR2004 - half a minute rounds up
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def took(start: datetime, end: datetime | None) -> str:
    """Return `took 27 s`, `still running` where it has not ended."""
    if end is None:
        return "still running"
    return f"took {duration((end - start).total_seconds())}"


def age(value: datetime | None, now: datetime) -> str:
    """Return how long ago a time was: `3 d`, `never`."""
    if value is None:
        return "never"
    passed = now - value
    if passed >= timedelta(days=2):
        return f"{passed.days} d"
    return duration(max(passed.total_seconds(), 0.0))


def names_words(names: Iterable[DnsName]) -> str:
    """Return `12 names: 1 dangles, of 2 nobody can tell`."""
    held = [each.dangling for each in names]
    return dangling_words(count(len(held), "name"), held)


def dangling_words(total: str, held: Sequence[str]) -> str:
    """Return how many of a total dangle, and of how many nobody can tell, from their words."""
    dangling = sum(word == Dangling.YES for word in held)
    unknown = sum(word not in {Dangling.YES, Dangling.NO} for word in held)
    bad = f"{dangling:,} {'dangles' if dangling == 1 else 'dangle'}" if dangling else ""
    open_ = f"of {unknown:,} nobody can tell" if unknown else ""
    said = ", ".join(filter(None, [bad or ("none is known to dangle" if open_ else ""), open_]))
    return f"{total}: {said or 'none dangles'}" if held else total


def why_words(name: DnsName) -> str:
    """Return why a name is judged so, without the host that stands beside it."""
    reason = name.reason or ""
    hosts = (host.partition(" ")[0] for host in name.points_at)
    return next(
        (reason[len(host) + 1 :] for host in hosts if reason.startswith(f"{host} ")), reason
    )


def at_least(number: int, *, whole: bool) -> str:
    """Return a count, with `≥` where the listing did not end."""
    return f"{number:,}" if whole else f"≥ {number:,}"


def traffic_words(traffic: Traffic | Unknown, now: datetime) -> str:
    """Return `1,204 requests · 4xx 0.3 % · 5xx ? · p50 40 ms · p95 85 ms · over 15 min until 14:02, 3 min ago`.

    A figure that was not measured is `?`; of no request there is no share. Not every source wants p50 and p99,
    nor can every gateway tell itself from what is behind it: those have a word where they were measured.
    """
    if not is_known(traffic):
        return f"{UNKNOWN_WORD} not measured"
    requests = traffic.requests
    words = [f"{UNKNOWN_WORD} requests" if requests is None else count(requests, "request")]
    if requests != 0:
        words += [
            f"4xx {_share(traffic.errors_4xx, requests)}",
            f"5xx {_share(traffic.errors_5xx, requests)}",
            *_latencies(traffic),
        ]
    until = f"{clock(traffic.until, now)}, {age(traffic.until, now)} ago"
    return " · ".join([*words, f"over {duration(traffic.window_s)} until {until}"])


def _latencies(traffic: Traffic) -> Iterator[str]:
    told = {
        "p50": traffic.p50_ms,
        "p95": traffic.p95_ms,
        "p99": traffic.p99_ms,
        "backend p50": traffic.integration_p50_ms,
        "gateway itself": traffic.overhead_ms,
    }
    for name, value in told.items():
        if value is not None:
            yield f"{name} {figure(value)} ms"
        elif name == "p95":
            yield f"{name} {UNKNOWN_WORD}"


def _share(errors: int | None, requests: int | None) -> str:
    """Return a count of errors as a share of all requests, in percent."""
    if errors is None or not requests:
        return UNKNOWN_WORD
    return f"{figure(100.0 * errors / requests)} %"


def traffic_cost_words(cost: TrafficCost) -> str:
    """Return `CloudWatch: about 1,440 metrics an hour, 0.35 USD a day at list price 0.01 USD per 1,000 metrics`."""
    cent = 0.01
    day = f"{cost.usd_per_day:,.2f}" if cost.usd_per_day >= cent else f"less than {cent}"
    return (
        f"{cost.service}: about {cost.metrics_per_hour:,.0f} metrics an hour, {day} USD a day "
        f"at list price {cost.usd_per_1000:g} USD per 1,000 metrics"
    )


def change_words(change: Change) -> str:
    """Return what a change comes to, in a line: why, else what moved; of health both."""
    return _in_line(change.kind, change.fields, change.reason)


def difference_words(difference: Difference) -> str:
    """Return what is otherwise on a later day, in a line."""
    return _in_line(difference.kind, difference.fields, difference.reason)


def _in_line(kind: str, fields: Sequence[FieldChange], reason: str | None) -> str:
    turn = health_words(fields) if kind == ChangeKind.HEALTH else None
    if turn is not None:
        return f"{turn}: {reason}" if reason else turn
    return reason or "; ".join(map(field_words, fields))


def health_words(fields: Iterable[FieldChange]) -> str | None:
    """Return `healthy → failing (serving)`; nothing where the state is not among the fields."""
    by_name = {each.field: each for each in fields}
    state, basis = by_name.get("health"), by_name.get("basis")
    if state is None:
        return None
    words = f"{_short_value(state.old)} → {_short_value(state.new)}"
    return words if basis is None else f"{words} ({_short_value(basis.new)})"


def field_words(change: FieldChange) -> str:
    """Return one changed field in words: `style rest → http`, or of a list what came and went; and who says so."""
    by = f" (by {change.said_by})" if change.said_by else ""
    if change.field.endswith(CONFIRMED):
        return f"{change.field} {_stood_for(change.old)} → {_stood_for(change.new)}"
    if isinstance(change.old or change.new, list | tuple):
        return f"{change.field} {_difference(change.old or (), change.new or ())}{by}"
    return f"{change.field} {_short_value(change.old)} → {_short_value(change.new)}{by}"


def claim_words(claim: Claim) -> str:
    """Return who makes a claim, how sure that is, who stands for it and why: `overlay owners.yaml:3, confirmed …`."""
    said = f"{METHOD_WORDS.get(claim.method, claim.method)} {claim.source or ''}".rstrip()
    if claim.confidence != 1:
        said += f", {claim.confidence:.0%} sure"
    confirmed = claim.confirmation
    if confirmed is not None:
        said += f", confirmed by {confirmation_words(confirmed)}"
    return f"{said} ({claim.note})" if claim.note else said


def confirmation_words(confirmed: Confirmation) -> str:
    """Return who stands for a claim, since when and until when: `Ada on 2026-09-01, due 2027-09-01`."""
    due = f", due {confirmed.due}" if confirmed.due else ""
    passed = " and not confirmed since" if confirmed.overdue else ""
    return f"{confirmed.by} on {confirmed.on}{due}{passed}"


def _stood_for(value: object) -> str:
    """Return who stands for a field, of a change; as it is where a newer agent says it otherwise."""
    if not is_known(value):
        return "by nobody"
    try:
        return f"by {confirmation_words(msgspec.convert(value, ready(Confirmation)))}"
    except msgspec.ValidationError:
        return _short_value(value)


def said_of(detail: Detail) -> Mapping[str, tuple[Claim, ...]]:
    """Return who says the fields of a deployment that did not come from the gateway alone."""
    return detail.provenance or detail.deployment.provenance  # older agents tell of facts alone


METHOD_WORDS = {"source": "gateway"}
"""Methods of provenance that people know by another word."""


def _difference(old: Iterable[object], new: Iterable[object]) -> str:
    """Return `+came -went`."""
    before, after = list(map(_short_value, old)), list(map(_short_value, new))
    came = [f"+{value}" for value in after if value not in before]
    went = [f"-{value}" for value in before if value not in after]
    return " ".join([*came, *went]) or "in another order"


def _short_value(value: object) -> str:
    if not is_known(value):
        return "unknown"
    if value is None:
        return ABSENT_WORD
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
