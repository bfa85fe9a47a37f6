"""Text from gateways, made harmless for a terminal. Every edge that shows text goes through here.

A name may hold escape sequences, bidirectional overrides or zero-width characters. It is kept
as it is in the store and shown without them.
"""

from __future__ import annotations

import re

_HARMFUL = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0 with ESC, DEL, C1
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # invisible
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero-width, separators, bidirectional
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"  # fillers, variation selectors, annotations
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # shorthand and musical controls
    "\U000e0000-\U000e0fff"  # tags
    "\ud800-\udfff"  # lone surrogates
    "]"
)

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def plain(text: str) -> str:
    """Return text with every control, invisible and direction-changing character made visible."""
    return _HARMFUL.sub(REPLACEMENT, text)


def escape(text: str) -> str:
    """Return JSON in which the same characters are escaped: it reads back as it was.

    A line feed stays: it stands between lines, for within strings it is escaped already.
    """
    return _HARMFUL.sub(_as_in_json, text)


def escape_yaml(text: str) -> str:
    """Return YAML in which the same characters are escaped; they may stand between double quotes only."""
    return _HARMFUL.sub(_as_in_yaml, text)


def _as_in_json(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    pairs = zip(units[::2], units[1::2], strict=True)
    return "\n" if found[0] == "\n" else "".join(f"\\u{high:02x}{low:02x}" for high, low in pairs)


def _as_in_yaml(found: re.Match[str]) -> str:
    return "\n" if found[0] == "\n" else f"\\U{ord(found[0]):08x}"


def is_plain(text: str) -> bool:
    """Say whether nothing in a text is harmful."""
    return _HARMFUL.search(text) is None
