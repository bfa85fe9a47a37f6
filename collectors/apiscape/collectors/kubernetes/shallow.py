"""JSON that is nested without end: cut where nobody reads any deeper, so that one object does not hide all others."""

from __future__ import annotations

import re

MAX_NESTING = 200
"""How deep what is kept may be; the schemas of the kinds that are read are far from it."""

CUT = b'"\xe2\x8b\xaf nested too deep \xe2\x8b\xaf"'
"""What stands in place of what was cut off."""

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
_OPENING, _CLOSING = frozenset({b"[", b"{"}), frozenset({b"]", b"}"})


def shallow(body: bytes) -> bytes:
    """Return JSON with `CUT` in place of each list and object that is nested deeper than `MAX_NESTING`.

    Never recurses, and never raises: of what is no JSON, something is left that is none either.
    """
    kept: list[bytes] = []
    depth = start = 0
    for token in _TOKEN.finditer(body):
        if token[0] in _OPENING:
            depth += 1
            if depth == MAX_NESTING + 1:
                kept += (body[start : token.start()], CUT)
        elif token[0] in _CLOSING:
            if depth == MAX_NESTING + 1:
                start = token.end()
            depth -= 1
    kept.append(body[start:] if depth <= MAX_NESTING else b"")
    return b"".join(kept)
