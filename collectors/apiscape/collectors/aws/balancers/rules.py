"""What listeners and rules of a load balancer say: read from the answers. Pure.

Values of header and query conditions are dropped, for they may be what lets a caller in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from hashlib import blake2b

import msgspec

from apiscape.collectors.aws.balancers.tls import lowest_of
from apiscape.collectors.aws.picking import Item, count, flag, is_missing, items, part, text, texts
from apiscape.model.security import Scheme
from apiscape.model.values import Unknown
from apiscape.model.vocabulary import SchemeKind, Switch

HTTP, HTTPS = "HTTP", "HTTPS"
EVERY_PATH = "/*"
ANY = "ANY"
MOST_ADDRESSES = 5
"""Source addresses that are told; of the others only how many there are."""

DEFAULT = "default"
"""Priority of the rule that is tried last."""

NO_API = frozenset({"redirect", "fixed-response"})
"""Actions that the load balancer answers by itself."""

UNREAD = "under a condition that cannot be read"

_MODES = {"off": Switch.DISABLED, "passthrough": Switch.DISABLED, "verify": Switch.ENABLED}
_CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "source-ip": "SourceIpConfig",
    "http-header": "HttpHeaderConfig",
    "query-string": "QueryStringConfig",
}
_BESIDES = frozenset({"source-ip", "http-header", "query-string"})
"""Conditions of which two rules may ask for the very same."""


class Door(msgspec.Struct, frozen=True, gc=False):
    """A listener: where requests come in.

    Attributes:
        tls_min: `None` where no TLS is spoken.
        mtls: Whether it asks for a client certificate, and checks it.
        certificate: What callers must show then.
        notes: What else is to be said of client certificates.
    """

    protocol: str | None
    port: int | None
    tls_min: str | Unknown | None
    mtls: str
    certificate: Scheme | None = None
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The listener in words: `HTTPS:443`."""
        return f"{self.protocol or '?'}:{'?' if self.port is None else self.port}"

    @property
    def scheme(self) -> str:
        """Of its addresses."""
        return (self.protocol or HTTPS).casefold()


class Rule(msgspec.Struct, frozen=True, gc=False):
    """A rule of a listener.

    Attributes:
        door: The listener.
        words: Its place in words: `HTTPS:443 rule 10`.
        hosts, paths: Patterns as they are compared; a regular expression begins with `~ `. None is any.
        verbs: Methods; none is any.
        besides: What else a request must show, without values that may be secret.
        actions: As the answer has them.
        transforms: What is rewritten on the way.
        priority: The lowest is tried first; infinite for the default, `None` where it is not said.
        narrowed: A mark of each condition in `besides`: two rules have one in common only where they
            ask for the very same; of one that cannot be read it is like no other.
    """

    door: Door
    words: str
    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    verbs: tuple[str, ...]
    besides: tuple[str, ...]
    actions: tuple[Item, ...]
    transforms: tuple[str, ...] = ()
    priority: float | None = None
    narrowed: frozenset[object] = frozenset()

    @property
    def number(self) -> str:
        """What the listener calls the rule: `10`, or `default`."""
        return self.words.rpartition(" ")[2]

    @property
    def serves(self) -> bool:
        """Whether requests are sent on: a redirect or a fixed answer is no API."""
        kinds = [text(action, "Type") for action in self.actions]
        return not any(kind in NO_API for kind in kinds)


def read_door(listener: Item) -> Door:
    """Return a listener of `DescribeListeners`."""
    protocol = text(listener, "Protocol")
    if protocol == HTTP:
        return Door(protocol, count(listener, "Port"), None, Switch.DISABLED)
    mutual = part(listener, "MutualAuthentication")
    mode = text(mutual, "Mode")
    mtls = _MODES.get(mode or "", Switch.UNKNOWN)
    asked = mtls == Switch.ENABLED
    return Door(
        protocol=protocol,
        port=count(listener, "Port"),
        tls_min=lowest_of(text(listener, "SslPolicy")),
        mtls=mtls,
        certificate=_certificate(mutual) if asked else None,
        notes=tuple(_notes(mutual)),
    )


def read_rules(door: Door, rules: Iterable[Item]) -> Iterator[Rule]:
    """Yield the rules of `DescribeRules`, in their order."""
    for rule in rules:
        conditions = items(rule, "Conditions")
        unread = () if _is_whole(rule) else (UNREAD,)
        yield Rule(
            door=door,
            words=f"{door.words} rule {text(rule, 'Priority') or '?'}",
            hosts=tuple(host.casefold() for host in _patterns(conditions, "host-header")),
            paths=_patterns(conditions, "path-pattern"),
            verbs=_patterns(conditions, "http-request-method"),
            besides=(*_besides(conditions), *unread),
            actions=items(rule, "Actions"),
            transforms=tuple(_transforms(rule)),
            priority=_priority(rule),
            narrowed=frozenset((*_marks(conditions), *([object()] if unread else []))),
        )


def _is_whole(rule: Item) -> bool:
    """Say whether all conditions of a rule are conditions: one that is none asks for something all the same."""
    if is_missing(rule, "Conditions"):
        return True
    given = rule["Conditions"]
    return isinstance(given, list | tuple) and len(items(rule, "Conditions")) == len(given)


def _certificate(mutual: Item) -> Scheme:
    return Scheme(kind=SchemeKind.MTLS, location="tls", native_id=text(mutual, "TrustStoreArn"))


def _notes(mutual: Item) -> Iterator[str]:
    if text(mutual, "Mode") == "passthrough":
        yield "client certificates are passed on unchecked"
    if flag(mutual, "IgnoreClientCertificateExpiry") is True:
        yield "expired client certificates are taken"
    if text(mutual, "TrustStoreAssociationStatus") == "removed":
        yield "the trust store was taken away"


def _patterns(conditions: Iterable[Item], field: str) -> tuple[str, ...]:
    """Return the values of the conditions on one field; the old member repeats those of the new one."""
    found: dict[str, None] = {}
    for condition in conditions:
        if text(condition, "Field") != field:
            continue
        given = part(condition, _CONFIGS[field])
        for source in (given, condition):
            found.update(dict.fromkeys(filter(None, texts(source, "Values"))))
            found.update(dict.fromkeys(f"~ {each}" for each in texts(source, "RegexValues")))
    return tuple(found)


def _besides(conditions: Iterable[Item]) -> Iterator[str]:
    """Yield in words what a request must show besides host, path and method."""
    for condition in conditions:
        field = text(condition, "Field") or "?"
        given = part(condition, _CONFIGS.get(field, ""))
        if field == "http-header":
            yield f"with header {text(given, 'HttpHeaderName') or '?'}"
        elif field == "query-string":
            keys = dict.fromkeys(text(pair, "Key") or "any" for pair in items(given, "Values"))
            yield f"with query {', '.join(keys) or '?'}"
        elif field == "source-ip":
            yield f"from {_addresses(texts(given, 'Values') or texts(condition, 'Values'))}"
        elif field not in _CONFIGS:
            yield f"under a condition of kind {field}"
        elif not _patterns((condition,), field):
            yield f"under a condition of kind {field} that says no values"


def _priority(rule: Item) -> float | None:
    given = text(rule, "Priority") or ""
    if given == DEFAULT:
        return math.inf
    return float(given) if given.isascii() and given.isdigit() else None


def _marks(conditions: Iterable[Item]) -> Iterator[object]:
    """Yield a mark of each condition beside host, path and method; of its values no more than a digest."""
    for condition in conditions:
        if not tuple(_besides((condition,))):
            continue
        field = text(condition, "Field") or ""
        said = part(condition, _CONFIGS[field]) if field in _BESIDES else {}
        if not said:
            yield object()
            continue
        plain = msgspec.json.encode(said, enc_hook=str, order="deterministic")
        yield field, blake2b(plain, digest_size=16).digest()


def _addresses(ranges: tuple[str, ...]) -> str:
    told = ", ".join(ranges[:MOST_ADDRESSES]) or "?"
    more = len(ranges) - MOST_ADDRESSES
    return f"{told} and {more} more" if more > 0 else told


def _transforms(rule: Item) -> Iterator[str]:
    """Yield what is rewritten; by what expression stands in the rule alone."""
    for transform in items(rule, "Transforms"):
        yield text(transform, "Type") or "a transform of unknown kind"
