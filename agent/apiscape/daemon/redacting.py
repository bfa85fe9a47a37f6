"""Keeps credentials out of text: those that this process knows, and what looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

HIDDEN = "***"
SHORTEST = 8
"""Values that are shorter are not looked for: they would be found everywhere."""

_NAMES = (
    r"[\w-]*(?:passw(?:or)?d|passphrase|secret|token|api[-_]?key|access[-_]?key|signature)[\w-]*"
)
_SECRET_VARIABLE = re.compile(
    r"(SECRET|TOKEN|PASSW|PASSPHRASE|CREDENTIAL|API_?KEY|PRIVATE_KEY|ACCOUNT_KEY|ACCESS_KEY)",
    re.IGNORECASE,
)
_LOOKS_LIKE = (
    (re.compile(r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|$)"), HIDDEN),
    (re.compile(r"(?i)\b((?:bearer|basic)\s+)[\w.~+/=-]{6,}"), rf"\1{HIDDEN}"),
    (re.compile(r"(?<=://)[^\s/@'\"]*:[^\s/@'\"]*(?=@)"), HIDDEN),
    (re.compile(r"\b(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{16}\b"), HIDDEN),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?"), HIDDEN),
    (re.compile(rf"(?i)\b({_NAMES}['\"]?\s*[=:]\s*['\"]?)[^\s'\"&,;}}]+"), rf"\1{HIDDEN}"),
)


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


def secrets_in(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of variables whose names say that they are secret."""
    return tuple(value for name, value in environment.items() if _SECRET_VARIABLE.search(name))
