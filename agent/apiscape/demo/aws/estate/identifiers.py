"""Identifiers in the shapes AWS gives them, made from names so that every run makes the same."""

from __future__ import annotations

import hashlib

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"

#: Length of the identifiers of APIs, usage plans, VPC links and domains.
LONG = 10
#: Length of the identifiers of resources, deployments, stages and authorizers.
SHORT = 6


def identifier(*parts: object, length: int = LONG) -> str:
    """Make an identifier of lower-case letters and digits, starting with a letter."""
    text = "\x1f".join(str(part) for part in parts)
    number = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest())
    number, first = divmod(number, 26)
    characters = [_ALPHABET[10 + first]]
    for _ in range(length - 1):
        number, digit = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[digit])
    return "".join(characters)


def access_key(prefix: str, *parts: object) -> str:
    """Make an access key id: `AKIA` for lasting keys, `ASIA` for temporary ones, 20 characters."""
    return prefix + identifier(prefix, *parts, length=16).upper()
