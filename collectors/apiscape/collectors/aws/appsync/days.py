"""When a schema is read again that may have changed without a word: AppSync says nowhere when one was changed."""

from __future__ import annotations

import hashlib
import zlib
from datetime import datetime

import msgspec

from apiscape.collectors.aws.picking import Item

LOOK_AGAIN_S = 86_400
"""How long a schema stands that may have changed without a word."""


def token_of(api_id: str, api: Item, now: datetime) -> str:
    """Return what changes with anything that the listing says of an API, and once a day.

    Each API has an hour of its own for it, so that not all schemas are read in one visit.
    """
    said = msgspec.json.encode(api, order="deterministic", enc_hook=str)
    digest = hashlib.sha256(said).hexdigest()[:32]
    day = int(now.timestamp() + zlib.crc32(api_id.encode()) % LOOK_AGAIN_S) // LOOK_AGAIN_S
    return f"{digest}@{day}"
