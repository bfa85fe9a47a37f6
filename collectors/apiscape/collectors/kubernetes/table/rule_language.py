"""The rule language of Traefik: which requests a router takes, in its second and third version. Pure.

After the documentation of Traefik (routers, rules). Matchers are joined by `&&`, `||`, `!` and
parentheses. What cannot be said of a path, method or host (headers, queries, client addresses) narrows
a rule, and is told by `is_narrowed`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import msgspec

MAX_LENGTH = 8_192
MAX_DEPTH = 32
MAX_CASES = 256

_TOKEN = re.compile(r'\s*(&&|\|\||!|\(|\)|,|`[^`]*`|"(?:[^"\\]|\\.)*"|[A-Za-z]+)')
_NAMED = re.compile(r"\{(\w+)(?::[^{}]*(?:\{[^{}]*\}[^{}]*)*)?\}")
_LITERAL_TAIL = re.compile(r"\\\.((?:[\w-]+\\\.)*[\w-]+)\$?$")
_ORDER = ("own", "prefix", "regex", "exact")


class NotARule(ValueError):
    """A text is no rule; says why, and never repeats more of it than a word."""


class Case(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One of the cases that a rule is for.

    Attributes:
        host: `None` for any, `*.example.com` for those below; empty for those that a pattern describes.
        path, path_type: `None` for any.
        is_narrowed: Whether more is asked of a request than is said here.
    """

    host: str | None = None
    path: str | None = None
    path_type: str | None = None
    method: str | None = None
    is_narrowed: bool = False


_ANY = Case()
_NARROWED = Case(is_narrowed=True)


def read_rule(text: str) -> tuple[Case, ...]:
    """Return the cases that a rule is for, in its order.

    Raises:
        NotARule: It cannot be read, is too long, too deep, or has too many cases.
    """
    if len(text) > MAX_LENGTH:
        raise NotARule(f"longer than {MAX_LENGTH} characters")
    reader = _Reader(list(_tokens(text)))
    cases = reader.any_of(0)
    if reader.rest:
        raise NotARule(f"{reader.rest[0][:20]} is not expected")
    return cases


def _tokens(text: str) -> Iterator[str]:
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None:
            raise NotARule(f"character {position + 1} is not expected")
        yield found[1]
        position = found.end()


class _Reader:
    """Reads a rule by recursive descent: `||` binds weakest, `!` strongest."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def rest(self) -> list[str]:
        """What is not read yet."""
        return self._tokens[self._at :]

    def any_of(self, depth: int) -> tuple[Case, ...]:
        """Return the cases of an alternative."""
        if depth > MAX_DEPTH:
            raise NotARule(f"nested deeper than {MAX_DEPTH}")
        cases = self._all_of(depth)
        while self._takes("||"):
            cases = _bounded((*cases, *self._all_of(depth)))
        return cases

    def _all_of(self, depth: int) -> tuple[Case, ...]:
        cases = self._one(depth)
        while self._takes("&&"):
            others = self._one(depth)
            if len(cases) * len(others) > MAX_CASES:
                raise NotARule(f"more than {MAX_CASES} cases")
            cases = tuple(_both(one, other) for one in cases for other in others)
        return cases

    def _one(self, depth: int) -> tuple[Case, ...]:
        if self._takes("!"):
            if depth >= MAX_DEPTH:
                raise NotARule(f"nested deeper than {MAX_DEPTH}")
            self._one(depth + 1)
            return (_NARROWED,)
        if self._takes("("):
            cases = self.any_of(depth + 1)
            self._must(")")
            return cases
        return self._matcher()

    def _matcher(self) -> tuple[Case, ...]:
        name = self._next("a matcher")
        if not name.isalpha():
            raise NotARule(f"{name[:20]} is no matcher")
        self._must("(")
        values: list[str] = []
        while not self._takes(")"):
            if values:
                self._must(",")
            values.append(_unquoted(self._next("a value")))
        if not values:
            raise NotARule(f"{name[:20]} has no value")
        reads = _MATCHERS.get(name.casefold())
        return _bounded(tuple(reads(each) for each in values)) if reads else (_NARROWED,)

    def _takes(self, token: str) -> bool:
        if self.rest[:1] != [token]:
            return False
        self._at += 1
        return True

    def _must(self, token: str) -> None:
        if not self._takes(token):
            raise NotARule(f"{token} is missing")

    def _next(self, what: str) -> str:
        if self._at >= len(self._tokens):
            raise NotARule(f"{what} is missing")
        self._at += 1
        return self._tokens[self._at - 1]


def _bounded(cases: tuple[Case, ...]) -> tuple[Case, ...]:
    if len(cases) > MAX_CASES:
        raise NotARule(f"more than {MAX_CASES} cases")
    return cases


def _unquoted(token: str) -> str:
    if token[:1] == "`":
        return token[1:-1]
    if token[:1] == '"':
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    raise NotARule(f"{token[:20]} is not in quotes")


def _both(one: Case, other: Case) -> Case:
    """Return the case of what both ask; of two that ask of the same, the narrower."""
    path = max(one, other, key=_narrowness)
    return Case(
        host=other.host if other.host is not None else one.host,
        path=path.path,
        path_type=path.path_type,
        method=other.method or one.method,
        is_narrowed=one.is_narrowed or other.is_narrowed or _ask_alike(one, other),
    )


def _narrowness(case: Case) -> tuple[int, int]:
    if case.path is None:
        return (-1, 0)
    return (_ORDER.index(case.path_type or "own"), len(case.path))


def _ask_alike(one: Case, other: Case) -> bool:
    return any(
        first is not None and second is not None and first != second
        for first, second in (
            (one.host, other.host),
            (one.path, other.path),
            (one.method, other.method),
        )
    )


def _host(value: str) -> Case:
    return Case(host=value.lower())


def _host_like(value: str) -> Case:
    r"""Return the case of hosts that a pattern describes: `{any:.+}.example.com`, `^.+\.example\.com$`."""
    head, *_ = named = _NAMED.sub("*", value).split(".", 1)
    if head == "*" and len(named) > 1 and not set("*{\\^$+[(") & set(named[1]):
        return Case(host=f"*.{named[1].lower()}", is_narrowed=True)
    if re.fullmatch(r"[\w.-]+", value):
        return Case(host=value.lower())
    tail = _LITERAL_TAIL.search(value)
    host = f"*.{tail[1].replace(chr(92), '').lower()}" if tail else ""
    return Case(host=host, is_narrowed=True)


def _path(value: str) -> Case:
    return _named_path(value, "exact")


def _prefix(value: str) -> Case:
    return _named_path(value, "prefix")


def _named_path(value: str, path_type: str) -> Case:
    """Return the case of a path; in the second version it may have named patterns, which stay named."""
    return Case(path=_NAMED.sub(lambda found: f"{{{found[1]}}}", value), path_type=path_type)


def _path_like(value: str) -> Case:
    return Case(path=value, path_type="regex")


def _method(value: str) -> Case:
    return Case(method=value.upper())


_MATCHERS: Mapping[str, Callable[[str], Case]] = {
    "host": _host,
    "hostheader": _host,
    "hostsni": lambda value: _ANY if value == "*" else _host(value),
    "hostregexp": _host_like,
    "hostsniregexp": _host_like,
    "path": _path,
    "pathprefix": _prefix,
    "pathregexp": _path_like,
    "method": _method,
}
"""What is said of requests by name; all other matchers narrow a rule."""
