"""Choices that look random and are always the same: each hangs on a seed and its own name only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import msgspec

T = TypeVar("T")


class Dice(msgspec.Struct, frozen=True, gc=False):
    """A source of choices; no choice depends on how many were made before."""

    seed: int

    def number(self, below: int, *name: object) -> int:
        """Choose a number from 0 to `below` - 1 for a name."""
        text = "\x1f".join(str(part) for part in (self.seed, *name))
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        return int.from_bytes(digest) % below

    def pick(self, options: Sequence[T], *name: object) -> T:
        """Choose one of the options for a name."""
        return options[self.number(len(options), *name)]

    def chance(self, percent: int, *name: object) -> bool:
        """Say yes in so many of a hundred names."""
        return self.number(100, *name) < percent
