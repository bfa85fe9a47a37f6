"""Text from gateways, made harmless for a terminal. Every edge that shows text goes through here.

A name may hold escape sequences, bidirectional overrides or zero-width characters. It is kept
as it is in the store and shown without them.
"""

from __future__ import annotations

import re

_HARMFUL = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0 with ESC, DEL, C1
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"  # invisible
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero-width, separators, bidirectional
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"  # fillers, variation selectors, annotations
    "\U000e0000-\U000e0fff"  # tags
    "\ud800-\udfff"  # lone surrogates
    "]"
)

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def plain(text: str) -> str:
    """Return text with every control, invisible and direction-changing character made visible."""
    return _HARMFUL.sub(REPLACEMENT, text)
