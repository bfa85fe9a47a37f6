"""The fields that a view may ask for: one table, read by parser, matcher, compiler and help."""

from __future__ import annotations

from difflib import get_close_matches
from enum import StrEnum

import msgspec

from apiscape.model.vocabulary import (
    Audience,
    Basis,
    Bypass,
    Confirmed,
    Dangling,
    Environment,
    Exposure,
    Freshness,
    HealthState,
    Lifecycle,
    Presence,
    Requirement,
    SchemeKind,
    Status,
    Style,
    Switch,
    TlsMode,
)
from apiscape.query.syntax import DIRECTIVES, Nothing


class Kind(StrEnum):
    """What a field holds, and so how it is tested."""

    TERM = "term"
    TEXT = "text"
    NUMBER = "number"
    TIME = "time"


class Field(msgspec.Struct, frozen=True, gc=False):
    """One field of the view language.

    Attributes:
        name: Canonical name, as views are printed.
        attribute: Attribute of `model.row.Row`, or of `model.row.Deep` where `deep`.
        kind: `term` compares whole values, `text` looks for a piece, `number` and `time` compare.
        deep: Only the store knows it: it can be asked for, not sorted by or shown.
        multi: The attribute is a tuple; a test holds if any element passes.
        aliases: Other names that are understood.
        words: The vocabulary that the values come from; open, other words are values too.
        summary: For help and reference.
    """

    name: str
    attribute: str
    kind: Kind
    summary: str
    deep: bool = False
    multi: bool = False
    aliases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def unknown_word(self) -> bool:
        """Whether the value `unknown` *is* the unknown value of this field."""
        return Nothing.UNKNOWN in self.words

    @property
    def none_word(self) -> bool:
        """Whether `field:none` also means rows that have the very word `none`."""
        return Nothing.NONE in self.words


def _words(vocabulary: type[StrEnum]) -> tuple[str, ...]:
    return tuple(word.value for word in vocabulary)


def _term(name: str, summary: str, *aliases: str, of: type[StrEnum] | None = None) -> Field:
    return Field(name, name, Kind.TERM, summary, aliases=aliases, words=_words(of) if of else ())


def _text(name: str, summary: str, *aliases: str) -> Field:
    return Field(name, name, Kind.TEXT, summary, aliases=aliases)


def _number(name: str, summary: str, *aliases: str) -> Field:
    return Field(name, name, Kind.NUMBER, summary, aliases=aliases)


def _time(name: str, summary: str, *aliases: str) -> Field:
    return Field(name, name, Kind.TIME, summary, aliases=aliases)


def _held_as(attribute: str, field: Field, *, deep: bool = False, multi: bool = False) -> Field:
    return msgspec.structs.replace(field, attribute=attribute, deep=deep, multi=multi)


def _modes(name: str, summary: str, vocabulary: type[StrEnum]) -> Field:
    """Return a field of several words: where one of them is unknown, the whole of it is, and not that word."""
    words = tuple(word for word in _words(vocabulary) if word != Nothing.UNKNOWN)
    return Field(name, name, Kind.TERM, summary, multi=True, words=words)


_TABLE = (
    _term("uid", "identity of the deployment"),
    _text("name", "name at the gateway"),
    _text("title", "title, as the gateway or the specification gives it"),
    _term("style", "how callers speak to it", of=Style),
    _term("provider", "who runs the gateway, such as aws"),
    _term("product", "product of the gateway, such as aws.apigateway.rest"),
    _term("source", "entry of the configuration"),
    _term("scope", "source, reach and product that a run visits as one"),
    _term("account", "account, subscription, project or cluster"),
    _term("region", "region, where the provider has them"),
    _text("gateway", "what serves it"),
    _term("environment", "what it is for", "env", of=Environment),
    _term("stage", "stage at the gateway"),
    _term("version", "version of the API"),
    _term("status", "what the gateway says of it", of=Status),
    _text("native_id", "identifier at the provider", "id"),
    _term("api", "uid of the API that it belongs to"),
    _held_as(
        "endpoints", _text("endpoint", "addresses that callers type", "url", "host"), multi=True
    ),
    _number("operations", "how many operations", "ops"),
    _number("unauthenticated", "operations that ask a caller for nothing", "anonymous"),
    _term("auth", "whether callers must say who they are", of=Requirement),
    _held_as("schemes", _term("scheme", "how callers say who they are", of=SchemeKind), multi=True),
    _term("exposure", "from where an address can be reached", of=Exposure),
    _term("bypass", "whether what a front door asks for can be gone around", of=Bypass),
    _term("dangling", "whether a name in DNS that leads here points at what is gone", of=Dangling),
    _term("audience", "for whom it is meant", of=Audience),
    _term("lifecycle", "phase of its life", of=Lifecycle),
    _term("classification", "how sensitive it is, as people say"),
    _held_as("owners", _term("owner", "who answers for it"), multi=True),
    _term("confirmation", "whether its owners were confirmed in time", of=Confirmed),
    _text("spec", "its specification"),
    _number("consumers", "how many consumers are let in"),
    _term("rate_limit", "whether all, some or none of its operations have a limit", of=Switch),
    _modes("tls", "who ends TLS at its addresses", TlsMode),
    _term("health", "how it fares", of=HealthState),
    _term("basis", "what the health verdict rests on", of=Basis),
    _held_as("health_reason", _text("reason", "why its health is what it is")),
    _term("presence", "whether the gateway still has it", of=Presence),
    _term("freshness", "whether the newest run over it saw it", of=Freshness),
    _held_as("observed_at", _time("observed", "when a run last saw it", "seen")),
    _held_as("first_seen_at", _time("first_seen", "when a run first saw it")),
    _held_as("changed_at", _time("changed", "when its facts last changed")),
    _held_as("missing_since", _time("missing", "since when listings lack it")),
    _number("requests", "requests in the measured window"),
    _held_as("errors_4xx", _number("4xx", "answers 4xx in the window, in percent")),
    _held_as("errors_5xx", _number("5xx", "answers 5xx in the window, in percent")),
    _held_as("p95_ms", _number("p95", "95th percentile of latency, in milliseconds")),
    _held_as("paths", _text("path", "paths of its operations"), deep=True, multi=True),
    _held_as("backends", _text("backend", "addresses behind it"), deep=True, multi=True),
    _held_as("labels", _term("tag", "tags: a key, or key=value", "label"), deep=True, multi=True),
)

FIELDS: dict[str, Field] = {field.name: field for field in _TABLE}
"""Every field by its canonical name, in the order of the reference."""

_NAMES: dict[str, Field] = {
    name: field for field in _TABLE for name in (field.attribute, *field.aliases, field.name)
}


def resolve(name: str) -> Field | None:
    """Return the field of a name, an alias or an attribute, in any case; `None` if there is none."""
    return _NAMES.get(name.casefold())


def nearest(name: str) -> list[str]:
    """Return the names that may stand before a colon and look most like `name`; at most three."""
    aliases = (alias for field in _TABLE for alias in field.aliases)
    return get_close_matches(name.casefold(), [*FIELDS, *aliases, *DIRECTIVES], n=3, cutoff=0.6)


def names_of(*kinds: Kind) -> str:
    """Return the names of the fields of these kinds as a phrase, in the order of the reference."""
    return ", ".join(field.name for field in _TABLE if field.kind in kinds)


def describe_fields() -> str:
    """Return the reference of the fields as a Markdown table."""
    lines = ["| field | also | holds | means | words |", "|---|---|---|---|---|"]
    lines.extend(_describe(field) for field in _TABLE)
    return "\n".join(lines) + "\n"


def _describe(field: Field) -> str:
    also = ", ".join(f"`{alias}`" for alias in field.aliases)
    holds = f"{field.kind}s" if field.multi else field.kind
    summary = f"{field.summary} (asked of the store)" if field.deep else field.summary
    words = ", ".join(f"`{word}`" for word in field.words)
    return f"| `{field.name}` | {also} | {holds} | {summary} | {words} |"
