"""Keeps credentials out of text: those that this process knows, and what looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit

HIDDEN = "***"
SHORTEST = 8
"""Values that are shorter are not looked for: they would be found everywhere."""

_NAMES = (
    r"(?:passw(?:or)?d|pwd|passphrase|secret|token|signature|assertion"
    r"|(?:api|access|account|subscription|private)[-_]?key)[\w-]{0,64}|credential(?==)|\bsig(?==)"
)
_HEADERS = r"(?:authorization|cookie)"
_BEFORE = r"(?:\\?['\"])?\s*[=:]\s*"
"""What stands between a name and its value, however it was written down."""

_SECRET_VARIABLE = re.compile(
    r"(SECRET|TOKEN|PASSW|PASSPHRASE|CREDENTIAL|API_?KEY|PRIVATE_KEY|ACCOUNT_KEY|ACCESS_KEY)",
    re.IGNORECASE,
)
_LOOKS_LIKE = (
    (re.compile(r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|$)"), HIDDEN),
    # A header's value is hidden whole: to its closing quote, or to the end of the line.
    (re.compile(rf"(?i)({_HEADERS}{_BEFORE}b?\\?(['\"]))(?:(?!\\?\2).)+"), rf"\1{HIDDEN}"),
    (re.compile(rf"(?i)({_HEADERS}{_BEFORE})(?!b?\\?['\"])[^\n|]+"), rf"\1{HIDDEN} "),
    (re.compile(r"(?i)\b(AWS4-[A-Z0-9-]+\s+)[^\n|'\"]+"), rf"\1{HIDDEN}"),
    (
        re.compile(r"(?i)\b((?:bearer|basic|negotiate|sharedkey)[\s:]+)[\w.~+/=:-]{6,}"),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(?<=://)(?:[^\s/@'\":]*:[^\s@'\"]*|[^\s/@'\"]+)(?=@)"), HIDDEN),
    (re.compile(r"\b(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{16}\b"), HIDDEN),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?"), HIDDEN),
    (re.compile(r"\b(?:gh[pousr]_|github_pat_|ya29\.|xox[abprs]-)[\w.-]{10,}"), HIDDEN),
    (re.compile(rf"(?i)((?:{_NAMES}){_BEFORE}b?\\?(['\"]))(?:(?!\\?\2).)+"), rf"\1{HIDDEN}"),
    (re.compile(rf"(?i)((?:{_NAMES}){_BEFORE})(?!b?\\?['\"])[^\s'\"&,;}}]+"), rf"\1{HIDDEN}"),
)
"""What credentials look like, in the order in which they are looked for."""

_SECRET_NAME = re.compile(rf"(?i)(?:{_NAMES}|{_HEADERS}|credential)$")


class Redactor:
    """Hides secrets in texts.

    Args:
        secrets: Values that must not be shown.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({each for each in secrets if len(each) >= SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def hide(self, text: str) -> str:
        """Return a text without what may be a credential."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        for pattern, instead in _LOOKS_LIKE:
            text = pattern.sub(instead, text)
        return text


def is_secret(name: str) -> bool:
    """Say whether a field's name says that its value is a credential."""
    return _SECRET_NAME.search(name) is not None


def secrets_in(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of variables whose names say that they are secret, and the passwords in URLs of others."""
    found: list[str] = []
    for name, value in environment.items():
        if _SECRET_VARIABLE.search(name):
            found.append(value)
        else:
            found.extend(passwords_in(value))
    return tuple(found)


def passwords_in(text: str) -> tuple[str, ...]:
    """Return the password of a URL as it is written and as it is meant; nothing of any other text."""
    try:
        password = urlsplit(text).password if "://" in text else None
    except ValueError:
        password = None
    return tuple(dict.fromkeys((password, unquote(password)))) if password else ()
