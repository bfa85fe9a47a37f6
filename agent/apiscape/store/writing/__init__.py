"""What a run and a conclusion write, in batches that the generation fences."""

from __future__ import annotations
