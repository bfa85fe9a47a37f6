"""What the annotations of a controller mean: the form of the tables in `controllers`, and how they are read. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from apiscape.collectors.kubernetes.exposed import PathType
from apiscape.collectors.kubernetes.ingress.guards import Guard
from apiscape.collectors.kubernetes.ingress.rating import Rates, rated
from apiscape.collectors.kubernetes.ingress.values import issuer_of, shown, split
from apiscape.model.security import Scheme
from apiscape.model.vocabulary import SchemeKind

OFF_WORDS = frozenset({"", "false", "off", "no", "none", "0"})
"""Values that say that something is not there."""


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """An annotation that says whether something is there.

    Attributes:
        key: Without the prefix of its controller.
        values: That say so, in small letters; with none any that is not one of `OFF_WORDS`.
    """

    key: str
    values: frozenset[str] = frozenset()


class Asks(msgspec.Struct, frozen=True, kw_only=True):
    """An annotation that asks callers for something.

    Attributes:
        key, values: As of a `Sign`.
        kind: A word of `SchemeKind`.
        location: Where the proof travels.
        is_issuer: Whether its value is the address of who says whether a proof holds.
        mode: Key that says how strictly.
        off, optional: Words of `mode` for not at all, and for not having to.
    """

    key: str
    kind: str
    values: frozenset[str] = frozenset()
    location: str | None = None
    is_issuer: bool = False
    mode: str | None = None
    off: frozenset[str] = frozenset({"off"})
    optional: frozenset[str] = frozenset({"optional", "optional_no_ca"})


class Redirect(msgspec.Struct, frozen=True, kw_only=True):
    """Whether plain requests are sent to https.

    Attributes:
        always: Key that says so whether a host has TLS or not.
        keys: That say whether, where a host has TLS.
        usual: Where none of them does; `None` where nobody can tell.
        values: That say so; with none any that is not one of `OFF_WORDS`.
        closed: What says that plain requests are not taken at all.
    """

    always: str | None = None
    keys: tuple[str, ...] = ()
    usual: bool | None = None
    values: frozenset[str] = frozenset()
    closed: tuple[Sign, ...] = ()


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """The annotations of a controller.

    Attributes:
        name: Of the controller, for people.
        controllers: What `spec.controller` of its classes begins with.
        classes: What classes are called by custom; a weaker guess, and only where there is no object of the class.
        prefixes: Before the keys.
        asks: What is asked of callers.
        elsewhere: Where else something may be asked of them that cannot be seen.
        elsewhere_off: The key that, when `false`, keeps that away.
        either: Key that, as `any`, lets in whoever passes one of the checks, and the keys of those
            checks that prove nothing.
        on, rates: Protections and what says that they are there; what limits callers.
        settled: Protections that are nowhere else: without a sign they are not there.
        redirect: Whether plain requests are sent to https.
        passthrough: What says that TLS is not ended here.
        plain_ports, secure_ports: Keys of the ports that are listened on, without TLS and with it.
        tls_min: Key of the lowest version of TLS (`1.2`).
        moved: Keys of where every request is sent away to, instead of to a backend.
        aliases: Keys of more hosts.
        own_path: How `ImplementationSpecific` is compared.
        regex: What says that paths are regular expressions.
        regex_prefix: What a path begins with that is one by itself.
        regex_prefix_key: Key of what paths begin with instead.
        server_names: Key of the names that alone are taken when TLS begins.
        methods, without_methods: Keys of the methods that alone are taken, and that are refused.
        grpc: What says that callers speak gRPC.
        tls: Keys that name certificates which are in no Secret.
        grpc_services: Key of the Services that speak gRPC.
        hiding: Keys of what may ask something that cannot be seen.
        snippets: Keys of configuration that may change everything.
        links: Keys whose values are what things are called elsewhere.
        retired: When the controller was given up, if it was.
    """

    name: str
    controllers: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    asks: tuple[Asks, ...] = ()
    elsewhere: str | None = None
    elsewhere_off: str | None = None
    either: tuple[str, ...] = ()
    on: Mapping[str, tuple[Sign, ...]] = msgspec.field(default_factory=dict)
    rates: tuple[Rates, ...] = ()
    settled: frozenset[str] = frozenset()
    redirect: Redirect = Redirect()
    passthrough: tuple[Sign, ...] = ()
    plain_ports: str | None = None
    secure_ports: str | None = None
    tls_min: str | None = None
    moved: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    own_path: str = PathType.OWN
    regex: tuple[Sign, ...] = ()
    regex_prefix: str | None = None
    regex_prefix_key: str | None = None
    server_names: str | None = None
    methods: str | None = None
    without_methods: str | None = None
    grpc: tuple[Sign, ...] = ()
    tls: tuple[str, ...] = ()
    grpc_services: str | None = None
    hiding: tuple[str, ...] = ()
    snippets: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    retired: str | None = None

    def find(self, said: Mapping[str, str], key: str) -> tuple[str, str] | None:
        """Return the full key and the value of an annotation, with whichever prefix; a key with a slash is full."""
        for full in (key,) if "/" in key else (prefix + key for prefix in self.prefixes):
            value = said.get(full)
            if value is not None:
                return full, value.strip()
        return None

    def holds(self, said: Mapping[str, str], signs: tuple[Sign, ...]) -> str | None:
        """Return the first annotation that says that something is there: `key is value`."""
        for sign in signs:
            found = self.find(said, sign.key)
            if found is not None and _is_on(found[1], sign.values):
                return f"{found[0]} is {shown(found[1])}"
        return None

    def words(self, said: Mapping[str, str], key: str | None) -> list[str]:
        """Return the words of an annotation that is a list: so many, and none that is too long for a name."""
        found = self.find(said, key) if key else None
        words = split(found[1]) if found else []
        return [word for word in words[:WORDS] if len(word) <= WORD_SIZE]

    def ports(self, said: Mapping[str, str], key: str | None) -> tuple[int, ...]:
        """Return the ports that an annotation lists."""
        told = (word for word in self.words(said, key) if word.isascii() and word.isdigit())
        return tuple(int(word) for word in told if len(word) <= PORT_DIGITS)

    def away(self, said: Mapping[str, str]) -> str | None:
        """Return where every request is sent away to, if it is."""
        found = (self.find(said, key) for key in self.moved)
        return next((f"{each[0]} is {shown(each[1])}" for each in found if each and each[1]), None)

    def cut(self, said: Mapping[str, str]) -> Iterator[str]:
        """Yield the annotations of which not every word is read."""
        lists = (self.server_names, self.methods, self.without_methods, self.grpc_services)
        for key in (*self.aliases, *lists, self.plain_ports, self.secure_ports):
            found = self.find(said, key) if key else None
            words = split(found[1]) if found is not None else []
            if found is not None and len(words) > WORDS:
                yield f"more than {WORDS} words of {found[0]}"
            if found is not None and any(len(word) > WORD_SIZE for word in words[:WORDS]):
                yield f"a word of {found[0]} that is longer than {WORD_SIZE} characters"


PORT_DIGITS = 5
WORDS, WORD_SIZE = 256, 253
"""Words of a list that are read, and the longest name of a host."""


def _is_on(value: str, values: frozenset[str]) -> bool:
    plain = value.casefold()
    return plain in values if values else plain not in OFF_WORDS


class _Asked(msgspec.Struct, frozen=True):
    scheme: Scheme
    words: str
    is_optional: bool


def annotated(dialect: Dialect, said: Mapping[str, str], place: str) -> Guard:
    """Return what annotations say of who may call and of what else stands there.

    Args:
        dialect: Of the controller.
        said: The annotations.
        place: Of which object, in words.
    """
    asked = list(_asked(dialect, said, place))
    loose = _loosely(dialect, said) if asked else None
    words = [each.words for each in asked] + ([f"{place}: {loose}"] if loose else [])
    on = frozenset(name for name, signs in dialect.on.items() if dialect.holds(said, signs))
    if any(each.scheme.kind == SchemeKind.MTLS and not each.is_optional for each in asked):
        on |= {"mtls"}
    snippets = [found[0] for key in dialect.snippets if (found := dialect.find(said, key))]
    return Guard(
        schemes=tuple(each.scheme for each in asked),
        evidence=tuple(words),
        is_optional=bool(asked) and (bool(loose) or all(each.is_optional for each in asked)),
        hidden=(
            *_elsewhere(dialect, said),
            *_hiding(dialect, said, place),
            *(f"{key} of {place}" for key in snippets),
        ),
        on=on,
        off=dialect.settled - on if not snippets else frozenset(),
        incomplete=tuple(f"{key} of {place} may change what holds" for key in snippets),
        limits=tuple(rated(dialect.rates, lambda key: dialect.find(said, key), place)),
    )


def _asked(dialect: Dialect, said: Mapping[str, str], place: str) -> Iterator[_Asked]:
    for asks in dialect.asks:
        found = dialect.find(said, asks.key)
        if found is None or not _is_on(found[1], asks.values):
            continue
        mode = dialect.find(said, asks.mode) if asks.mode else None
        strictness = mode[1].casefold() if mode else ""
        if strictness in asks.off:
            continue
        scheme = Scheme(
            kind=asks.kind,
            location=asks.location,
            issuer=issuer_of(found[1]) if asks.is_issuer else None,
            native_id=f"{place}: {found[0]}",
        )
        words = f"{place}: {found[0]} is {shown(found[1])}"
        if mode:
            words += f", {mode[0]} is {shown(mode[1])}"
        yield _Asked(scheme, words, strictness in asks.optional)


def _loosely(dialect: Dialect, said: Mapping[str, str]) -> str | None:
    """Return what lets in whoever passes a check that proves nothing."""
    if not dialect.either:
        return None
    key, *checks = dialect.either
    found = dialect.find(said, key)
    other = next((each for check in checks if (each := dialect.find(said, check))), None)
    if found is None or found[1].casefold() != "any" or other is None:
        return None
    return f"{found[0]} is any, and {other[0]} is one of them"


def _elsewhere(dialect: Dialect, said: Mapping[str, str]) -> Iterator[str]:
    if dialect.elsewhere is None:
        return
    found = dialect.find(said, dialect.elsewhere_off) if dialect.elsewhere_off else None
    if found is None or found[1].casefold() not in OFF_WORDS:
        yield dialect.elsewhere


def _hiding(dialect: Dialect, said: Mapping[str, str], place: str) -> Iterator[str]:
    for key in dialect.hiding:
        found = dialect.find(said, key)
        if found is not None and found[1]:
            yield f"{found[0]} of {place}"


def redirected(dialect: Dialect, said: Mapping[str, str], *, has_tls: bool) -> str | None:
    """Return why plain requests do not reach an API, if they do not or most likely do not."""
    told = dialect.redirect
    closed = dialect.holds(said, told.closed)
    if closed:
        return f"not taken: {closed}"
    always = dialect.holds(said, (Sign(key=told.always),)) if told.always else None
    if always or not has_tls:
        return f"sent to https: {always}" if always else None
    for key in told.keys:
        found = dialect.find(said, key)
        if found is not None:
            words = f"sent to https: {found[0]} is {shown(found[1])}"
            return words if _is_on(found[1], told.values) else None
    return f"sent to https: the default of {dialect.name}" if told.usual else None
