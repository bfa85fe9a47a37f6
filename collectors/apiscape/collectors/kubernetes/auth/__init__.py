"""Ways of signing in to clusters that are a cloud's own."""

from __future__ import annotations
