"""The base of every struct of the model."""

from __future__ import annotations

import msgspec


class Entity(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An immutable value; equality is by content, fields of newer versions are ignored on decode.

    Fields are given by keyword; those without a default come first.
    """
