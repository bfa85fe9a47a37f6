"""Values of the wrong type, and what they are read with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.aws.surface import UNSEEN_SURFACE, Detail

PLACE = Place("aws", "111122223333", "eu-west-1", "amazonaws.com")
KEYS = TagSettings()
BARE = Detail(UNSEEN_SURFACE)
NOW = datetime(2026, 11, 2, tzinfo=UTC)

ON, OFF, NOBODY_KNOWS = "enabled", "disabled", "unknown"
NO_TEXT: tuple[Any, ...] = (7, 0, True, False, 1.5, ["x"], [], {"a": 1}, {}, b"x")
NO_OBJECT: tuple[Any, ...] = (7, 0, True, False, "x", "", ["x"], [], b"x")
