"""What is asked of a store: rows, pages, facets, details, the log and any earlier day."""

from __future__ import annotations
