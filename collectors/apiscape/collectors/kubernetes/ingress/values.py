"""Values of annotations: as lists, as evidence names them, and as addresses without credentials. Pure."""

from __future__ import annotations

from apiscape.collectors.specs import clean_address

SHOWN, ADDRESS_SIZE = 64, 2_048
"""Letters of a value that evidence names, and of the longest address that is kept."""


def split(value: str) -> list[str]:
    """Return the words of a list."""
    return [word.strip() for word in value.split(",") if word.strip()]


def shown(value: str) -> str:
    """Return a value as evidence names it: an address without credentials, never more than a few words."""
    plain = clean_address(value) if "://" in value else value
    return plain if len(plain) <= SHOWN else f"{plain[:SHOWN]}…"


def issuer_of(address: str | None) -> str | None:
    """Return an address of who says whether a proof holds, without credentials; nothing where it is none."""
    return clean_address(address) or None if address and len(address) <= ADDRESS_SIZE else None
